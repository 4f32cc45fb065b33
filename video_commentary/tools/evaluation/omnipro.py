"""Run OmniPro's online evaluation: omnipro CHECKOUT FOLDER [name:=value ...]

CHECKOUT: a copy of the benchmark's repository with its data in data/. Its own evaluator drives the
engine by begin, observe and end, at 1 frame a second, and writes FOLDER/<task>.jsonl, which its
scripts/compute_online_metrics.py takes. Samples that are there already are left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...config.profiles import load_profiles
from ...config.settings import CommentatorSettings
from ...core.control import Control
from ...core.engine import Engine, EngineError
from ...core.prompting import Profile
from ...core.stamp import from_seconds
from ..narration.footage import Shot
from ..narration.journal import AnswerJournal
from ..narration.recorder import RecordingEngine
from ..narration.stage import Stage
from ..narration.track import SpeechFile
from ..offline import command_line, settings_of
from .running import assembled

TICK = 1.0
"""Seconds between two frames of a session."""


class FrameFeed:
    """A recording whose pictures are handed in one by one, by another thread than reads them."""

    path = Path("stream")
    duration = 0.0

    def __init__(self) -> None:
        self.identity: dict[str, object] = {}
        self._shots: SimpleQueue[Shot | None] = SimpleQueue()
        self._wanted = threading.Event()
        self._ended = False

    def put(self, shot: Shot | None) -> None:
        """Hand in the next picture, None after the last; return when another is wanted."""
        self._wanted.clear()
        self._shots.put(shot)
        if not self._ended:
            self._wanted.wait()

    def end(self) -> None:
        """Let `put` return: there is no reader any more."""
        self._ended = True
        self._wanted.set()

    def shots(self) -> Iterator[Shot]:
        """Yield every picture as it comes."""
        while (shot := self._shots.get()) is not None:
            yield shot
            self._wanted.set()


class CommentarySession:
    """The commentary cycle as OmniPro drives a model: `begin`, `observe` once a second, `end`.

    A comment on the frame of one second is handed out with the next one. Engines are loaded once;
    every session is a separate camera.
    """

    accepts_audio = False
    native_fps = 1.0 / TICK

    def __init__(
        self, engine: Engine, settings: CommentatorSettings, profiles: Mapping[str, Profile]
    ) -> None:
        """Comment with an engine that is loaded."""
        self._engine = engine
        self._settings = settings
        self._profiles = dict(profiles)
        self._sessions = 0
        self._feed: FrameFeed | None = None
        self._thread: threading.Thread | None = None
        self._stage: Stage | None = None
        self._first: float | None = None
        self._taken = 0
        self._failure = ""

    def name(self) -> str:
        """Return the engine's name, for the table of results."""
        return f"video_commentary {self._settings.engine}"

    def begin(self, instruction: str, task_meta: Mapping[str, Any]) -> None:
        """Open a session; what is asked for becomes the commentator's instruction."""
        del task_meta
        self._sessions += 1
        self._stage, self._first, self._taken, self._failure = None, None, 0, ""
        self._feed = FrameFeed()
        settings = replace(self._settings, instruction=instruction)
        self._thread = threading.Thread(
            target=self._comment, args=(self._feed, settings), name="omnipro", daemon=True
        )
        self._thread.start()

    def observe(
        self,
        frame: NDArray[np.uint8] | None,
        t_sec: float,
        history: Sequence[Mapping[str, Any]],
        audio_chunk: NDArray[np.float32] | None = None,
    ) -> str | None:
        """Take in an RGB frame, uint8 [H, W, 3]; return what was said since the one before.

        Raise EngineError, also if the evaluator could not read the frame.
        """
        del history, audio_chunk
        if self._feed is None:
            raise EngineError("observe was called outside a session: call begin first")
        if frame is None:
            raise EngineError(f"no frame at {t_sec} s: the evaluator could not read the video")
        self._first = t_sec if self._first is None else self._first
        time = t_sec - self._first
        self._feed.put(Shot(time, from_seconds(time), f"camera {self._sessions}", lambda: frame))
        if self._failure:
            raise EngineError(self._failure)
        captions = self._stage.captions[self._taken :] if self._stage else []
        self._taken += len(captions)
        return " ".join(caption.text for caption in captions) or None

    def end(self) -> None:
        """Close the session."""
        if self._feed is not None and self._thread is not None:
            self._feed.put(None)
            self._thread.join()
        self._feed = self._thread = None

    def _comment(self, feed: FrameFeed, settings: CommentatorSettings) -> None:
        try:
            with TemporaryDirectory() as folder, closing(SpeechFile()) as track:
                journal = AnswerJournal(Path(folder) / "journal", {})
                recorder = RecordingEngine(self._engine, journal, False, lambda _: None)
                self._stage = Stage(feed, recorder, settings, self._profiles, track, lambda _: None)
                self._stage.run()
                self._failure = self._stage.failure or self._stage.trouble
        except Exception as error:  # noqa: BLE001 - handed to the thread that observes
            self._failure = f"{type(error).__name__}: {error}"
        finally:
            feed.end()


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit status."""
    options = _parser().parse_intermixed_args(command_line(words))
    checkout, folder = options.checkout.absolute(), options.folder.absolute()
    if not (checkout / "evaluators" / "online_evaluator.py").is_file():
        print(f"omnipro: {checkout} is no copy of OmniPro's repository", file=sys.stderr)
        return 2
    try:
        settings = settings_of(options.settings)
        profiles = load_profiles(settings.profiles_file)
        Control(settings, profiles)  # refuses bad settings before the engine is loaded
    except ValueError as error:
        print(f"omnipro: {error}", file=sys.stderr)
        return 2
    os.chdir(checkout)  # its paths are relative to it
    sys.path.insert(0, str(checkout))
    engine = assembled(settings)
    try:
        base = import_module("models.streaming_base").StreamingModel
        evaluator = import_module("evaluators.online_evaluator").OnlineEvaluator
        load = import_module("utils.io").load_benchmark
        samples = load(str(checkout / "data" / "benchmark.json"), options.task)
        engine.load()
    except (ImportError, OSError, EngineError) as error:
        print(f"omnipro: {error}", file=sys.stderr)
        return 1
    model = type("StreamingCommentary", (CommentarySession, base), {})
    with closing(engine):
        run = evaluator(model=model(engine, settings, profiles), fps=1.0 / TICK)
        run.evaluate(samples[: options.limit], output_dir=str(folder))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="omnipro", description=__doc__)
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT", help="OmniPro's repository")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="for the predictions")
    parser.add_argument("settings", nargs="*", metavar="name:=value", help="such as engine:=server")
    parser.add_argument("--task", action="append", metavar="NAME", help="only this; repeatable")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N samples")
    return parser


if __name__ == "__main__":
    sys.exit(main())
