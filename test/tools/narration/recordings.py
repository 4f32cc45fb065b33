"""Recordings and engines for the tests of narrations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from test.fakes import FORMAT, FakeEngine, frame, tone
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.engine import Request
from video_commentary.core.prompting import Profile
from video_commentary.core.stamp import from_seconds, to_seconds
from video_commentary.tools.narration.footage import Shot
from video_commentary.tools.narration.journal import AnswerJournal
from video_commentary.tools.narration.recorder import RecordingEngine
from video_commentary.tools.narration.stage import Stage
from video_commentary.tools.narration.track import SpeechFile

PROFILES = {"commentator": Profile("commentator", "You are a commentator.", ())}
SETTINGS = replace(CommentatorSettings(), image_topics=("recording",))


def image(time: float) -> NDArray[np.uint8]:
    """Return a picture that differs from that of any other time."""
    return frame(time).image


class Recording:
    """Pictures at 10 fps; `stamps` replace the times as the camera's own."""

    path = Path("recording")
    has_sound = False
    identity: dict[str, object] = {}  # noqa: RUF012

    def __init__(self, seconds: float, stamps: list[float] | None = None) -> None:
        self.duration = seconds
        self._times = [i / 10 for i in range(round(seconds * 10))]
        self._stamps = stamps or self._times

    def shots(self) -> Iterator[Shot]:
        for time, stamp in zip(self._times, self._stamps, strict=True):
            yield Shot(time, from_seconds(stamp), "camera", partial(image, time))


def says_what_it_sees(request: Request) -> list[object]:
    """Name the frames, and sound for 0.7 s."""
    stamps = " ".join(f"{to_seconds(f.stamp):.1f}" for f in request.frames)
    return [f"Frames {stamps}. ", tone(0.7), f"After {len(request.prompt.recent)}."]


def speaker(**options: Any) -> FakeEngine:
    return FakeEngine(says_what_it_sees, voice=FORMAT, **options)


def make_stage(
    recording: Recording,
    engine: FakeEngine,
    folder: Path,
    real_time: bool = False,
    questions: Sequence[tuple[float, str]] = (),
    **settings: Any,
) -> Stage:
    """Return a narration that keeps its journal in `folder`."""
    recorder = RecordingEngine(engine, AnswerJournal(folder, {}), real_time, lambda _: None)
    chosen = replace(SETTINGS, **settings)
    return Stage(recording, recorder, chosen, PROFILES, SpeechFile(), lambda _: None, questions)


def write_movie_with_sound(path: Path, seconds: float, sound_from: float = 0.0) -> Path:
    """Write 64x48 pixels at 10 fps with a tone of a quarter of full scale from `sound_from` on."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("aac", rate=44_100, layout="mono")
        for i in range(round(seconds * 10)):
            picture = av.VideoFrame.from_ndarray(image(i / 10)[:48], "rgb24")
            picture.pts, picture.time_base = i, Fraction(1, 10)
            out.mux(video.encode(picture))
        t = np.arange(round(sound_from * 44_100), round(seconds * 44_100)) / 44_100
        wave = (0.25 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
        for first in range(0, len(wave) // 1024 * 1024, 1024):
            block = av.AudioFrame.from_ndarray(wave[None, first : first + 1024], "fltp", "mono")
            block.sample_rate = 44_100
            block.pts = first + round(sound_from * 44_100)
            block.time_base = Fraction(1, 44_100)
            out.mux(audio.encode(block))
        for stream in (video, audio):
            out.mux(stream.encode(None))
    return path


def sound_of(path: Path) -> NDArray[np.float32]:
    """Return the left channel of a file's sound at 48 kHz."""
    with av.open(str(path)) as container:
        parts = [f.to_ndarray()[0] for f in container.decode(audio=0)]
    return np.concatenate(parts).astype(np.float32)


def loudness(wave: NDArray[np.float32], start: float, end: float) -> float:
    """Return the effective value between two times in seconds, at 48 kHz."""
    part = wave[round(start * 48_000) : round(end * 48_000)]
    return float(np.sqrt(np.mean(np.square(part))))
