"""One narration from the command line: watch, write, and say how it goes."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

import av.error
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ...config.profiles import load_profiles
from ...config.settings import CommentatorSettings
from ...core.control import Control
from ...core.engine import Engine, EngineError
from ...core.prompting import Profile
from ...recording.captions import jsonl, readable, srt, vtt
from ...wiring import assemble
from .footage import Footage, FootageError
from .journal import AnswerJournal
from .movie import Parts, write_movie
from .opening import open_footage
from .recorder import RecordingEngine
from .stage import Stage
from .track import SpeechFile

TEXTS = {".srt": srt, ".vtt": vtt, ".jsonl": jsonl}


@dataclass(frozen=True, kw_only=True)
class NarrationOrder:
    """What to narrate, and how."""

    source: Path
    output: Path
    settings: CommentatorSettings
    topic: str = ""
    real_time: bool = False
    burn: bool = False

    @property
    def journal(self) -> Path:
        """The folder that keeps what an interrupted narration has done."""
        return self.output.with_name(self.output.name + ".part")


class Job:
    """Runs one order; says on the console what goes wrong."""

    def __init__(self, order: NarrationOrder) -> None:
        self._order = order
        self._console = Console(stderr=True)

    def run(self) -> int:
        """Return the exit status."""
        try:
            return self._run()
        except (FootageError, EngineError, ValueError, OSError, av.error.FFmpegError) as error:
            self._say(str(error))
            return 1
        except KeyboardInterrupt:
            self._say("stopped; run the same command to continue")
            return 130

    def _run(self) -> int:
        order = self._order
        footage = open_footage(order.source, order.topic, self._choose)
        profiles = load_profiles(order.settings.profiles_file)
        Control(order.settings, profiles)  # raises before the engine is loaded if they are bad
        assembly = assemble(order.settings)
        # Without EngineGuard, whose threads know nothing of virtual time.
        engine = assembly.speaking or assembly.inner
        began = time.monotonic()
        with self._console.status("loading the engine"):
            engine.load()
        self._say(f"{engine.description}; {assembly.voice()}")
        with closing(engine):
            return self._narrate(footage, engine, profiles, began)

    def _narrate(
        self, footage: Footage, engine: Engine, profiles: dict[str, Profile], began: float
    ) -> int:
        order = self._order
        conditions = {
            "footage": footage.identity,
            "settings": asdict(order.settings),
            "real_time": order.real_time,
        }
        journal = AnswerJournal(order.journal, conditions)
        if journal.resumed:
            self._say(f"going on after {len(journal.answers)} answers of an earlier run")
        recorder = RecordingEngine(engine, journal, order.real_time, self._say)
        with closing(SpeechFile()) as track:
            with self._progress("watching", footage.duration) as progress:
                stage = Stage(footage, recorder, order.settings, profiles, track, progress)
                with _stopping(stage.stop):
                    complete = stage.run()
            self._write(footage, stage)
        if complete:
            journal.remove()
        self._report(stage, complete, time.monotonic() - began)
        return 0 if complete else 1 if stage.failure else 130

    def _write(self, footage: Footage, stage: Stage) -> None:
        """Write the output whole, or not at all."""
        order = self._order
        captions = readable(stage.captions, stage.reached)
        half = order.output.with_name(f".{order.output.name}.writing")
        kind = order.output.suffix.lower()
        try:
            if kind in TEXTS:
                half.write_text(TEXTS[kind](captions), encoding="utf-8")
            elif kind == ".wav":
                stage.track.write_wav(half)
            else:
                parts = Parts(footage, captions, stage.track, stage.reached, order.burn)
                with self._progress("writing", stage.reached) as progress:
                    write_movie(half, parts, progress)
            half.replace(order.output)
        finally:
            half.unlink(missing_ok=True)

    def _report(self, stage: Stage, complete: bool, took: float) -> None:
        if stage.trouble:
            self._say(f"only part could be read: {stage.trouble}")
        if stage.failure:
            self._say(stage.failure)
        output, count = self._order.output, len(stage.captions)
        speed = stage.reached / took if took else 0.0
        self._say(
            f"{output}: {count} comments on {stage.reached:.1f} s, made in {took:.1f} s "
            f"({speed:.1f} times real time)"
        )
        if not complete:
            self._say("not finished: run the same command to continue")

    def _say(self, text: str) -> None:
        self._console.print(f"narrate: {text}", highlight=False, markup=False, soft_wrap=True)

    def _choose(self, topics: list[str]) -> str:
        listed = "\n".join(f"  {number}  {name}" for number, name in enumerate(topics, 1))
        if not sys.stdin.isatty():
            raise FootageError(f"several image topics: choose one with --topic\n{listed}")
        self._say(f"several image topics:\n{listed}")
        while True:
            answer = input(f"which one, 1 to {len(topics)}? ")
            if answer.isdigit() and 1 <= int(answer) <= len(topics):
                return topics[int(answer) - 1]

    @contextmanager
    def _progress(self, what: str, seconds: float) -> Iterator[Callable[[float], None]]:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        nobody = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=nobody) as bar:
            task = bar.add_task(what, total=seconds or None)
            yield lambda reached: bar.update(task, completed=reached)


@contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the watching; a second one ends everything."""
    asked: SimpleQueue[bool] = SimpleQueue()

    def on_signal(number: int, _frame: object) -> None:
        asked.put(True)
        signal.signal(number, signal.default_int_handler)

    def wait() -> None:
        while asked.get():
            stop()

    # Not in the handler: the interrupted code may hold the locks that stopping takes.
    waiting = threading.Thread(target=wait, name="stopping", daemon=True)
    waiting.start()
    before = {n: signal.signal(n, on_signal) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        asked.put(False)
        waiting.join()
