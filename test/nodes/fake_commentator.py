"""The commentator node with an engine that follows a script: fake_commentator SCRIPT VOICE."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator

from test.fakes import FORMAT, FakeEngine, FakeVoice
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.announcing_engine import AnnouncingEngine
from video_commentary.core.audio import Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, EngineError, Request
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.facts import Claim, FrameFacts, NormalizedBox, Observation
from video_commentary.core.frames import Frame
from video_commentary.core.stamp import Stamp, to_seconds
from video_commentary.core.voice import Voice
from video_commentary.nodes.commentator.node import CommentatorNode
from video_commentary.ros.running import run
from video_commentary.voices.neural import NeuralVoice
from video_commentary.voices.speaking import SpeakingEngine
from video_commentary.wiring import Assembly

CALLS = itertools.count(1)


def one_of_the_first(number: int) -> bool:
    """Return whether this call is one of the first `number`, in which the faults still hold."""
    return next(CALLS) <= number


def aloud(request: Request) -> str:
    """Return what came of a question's sound."""
    if request.question_sound is None:
        return ""
    format, peak = request.question_sound.format, request.question_sound.samples.max()
    seconds = request.question_sound.duration
    return f" aloud, {seconds:.1f} s of {format.rate} Hz, {format.channels} channel, peak {peak}"


def says(request: Request) -> list[object]:
    if request.prompt.question:
        return ["You ", "asked: ", request.prompt.question + aloud(request)]
    wanted = request.prompt.instruction or "all"
    cameras = " and ".join(sorted({frame.camera for frame in request.frames}))
    claims = seen(request.frames[-1]).events
    words = [f"{len(request.frames)} frames ", "of ", cameras]
    return [*words, Delta(f", {wanted}.", claims=claims)]


def long(request: Request) -> list[object]:
    if request.prompt.instruction:
        return says(request)
    return [f"word{i} " for i in range(400)]


def slow(request: Request) -> list[object]:
    time.sleep(1.0)
    return says(request)


def raises(request: Request) -> list[object]:
    broken = ["half ", EngineError("the engine broke: repair it")]
    return broken if one_of_the_first(2) else says(request)


def refuses(request: Request) -> list[object]:
    wrong = EngineError("the prompt is too long: lower max_tokens", retry=False)
    return [wrong] if one_of_the_first(1) else says(request)


def hangs(request: Request) -> list[object]:
    return [threading.Event()] if one_of_the_first(1) else says(request)


def nothing(request: Request) -> list[object]:
    return [] if one_of_the_first(5) else says(request)


SCRIPTS: dict[str, Callable[[Request], list[object]]] = {
    script.__name__: script for script in (says, long, slow, raises, refuses, hangs, nothing)
}


class Misconfigured(FakeEngine):
    """Can't be loaded at the first try, and not before something is changed."""

    def load(self) -> None:
        if one_of_the_first(1):
            raise EngineError("server_url is empty: name a server", retry=False)


class SlowToLoad(FakeEngine):
    """Turns out to have a voice of its own once it is loaded, after some seconds."""

    def load(self) -> None:
        time.sleep(4.0)
        self.voice = FORMAT


class Hears(FakeEngine):
    """Says what it has heard: how many samples a second, of which format, and how late."""

    hears = True
    heard = "nothing"

    def hear(self, pcm: Pcm, stamp: Stamp) -> None:
        if pcm.samples.max() == 31_000:
            raise EngineError("too loud: turn the microphone down")
        late = to_seconds(time.time_ns() - stamp)
        self.heard = f"{pcm.format.rate} Hz, {pcm.format.channels} channels, {late:.1f} s ago"

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        if request.prompt.question:
            yield Delta(f"asked{aloud(request)}", last=True)
        else:
            yield Delta(f"heard {self.heard}", last=True)


LOADS: dict[str, type[FakeEngine]] = {
    "misconfigured": Misconfigured,
    "speaks_itself": SlowToLoad,
    "hears": Hears,
}


def seen(frame: Frame) -> FrameFacts:
    """Return a person on the left who comes in with each frame."""
    box = NormalizedBox(left=0.25, top=0.125, right=0.5, bottom=0.75)
    person = Observation(
        camera=frame.camera, stamp=frame.stamp, box=box, name="person", track=7, score=0.5
    )
    enters = Claim(kind="enters", who="person", where="left", count=1, evidence=(person,))
    return FrameFacts(camera=frame.camera, stamp=frame.stamp, things=(person,), events=(enters,))


def assemble(settings: CommentatorSettings) -> Assembly:
    """Put the scripted engine in the place of a real one."""
    script, voice = sys.argv[1:3]
    if script == "absent":
        raise EngineError("the engine needs torch, which is not installed: pip install torch")
    kind = LOADS.get(script, FakeEngine)
    engine = kind(SCRIPTS.get(script, says), delay=0.01, facts=seen)
    killed = RuntimeError("the voice was killed") if voice == "dies" else None
    spoken: Voice = NeuralVoice() if voice == "neural" else FakeVoice(fails=killed)
    announcing = AnnouncingEngine(engine)
    speaking = None if voice == "none" else SpeakingEngine(announcing, spoken)
    guarded = EngineGuard(speaking or announcing, settings.engine_timeout)
    return Assembly(guarded, engine, speaking, "text only, for a test")


if __name__ == "__main__":
    run(lambda: CommentatorNode(assemble))
