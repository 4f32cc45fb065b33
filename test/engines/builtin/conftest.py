"""Drawn scenes, and an engine that gets frames as the commentator gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.config.paths import models_dir
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Limits, Request
from video_commentary.core.facts import Claim, FrameFacts
from video_commentary.core.frames import Frame, FrameWindow, StampSampler
from video_commentary.core.prompting import Profile, build_prompt
from video_commentary.core.stamp import from_seconds
from video_commentary.engines.builtin.detector import Detection, ObjectDetector
from video_commentary.engines.builtin.engine import MODEL_FILE, BuiltinEngine

Image = NDArray[np.uint8]
PROFILE = Profile(
    "all", "", ("people", "vehicles", "animals", "things", "motion", "counts", "light", "camera")
)


@pytest.fixture(scope="session")
def model() -> Path:
    """The detector's weights; skips without them."""
    path = models_dir() / MODEL_FILE
    if not path.is_file():
        pytest.skip("no detector weights: run fetch_model builtin")
    return path


@pytest.fixture(scope="session", autouse=True)
def detections() -> Iterator[dict[tuple[tuple[int, ...], bytes], list[Detection]]]:
    """What the detector found in each image so far: many tests show it the same drawn scene."""
    known: dict[tuple[tuple[int, ...], bytes], list[Detection]] = {}
    detect = ObjectDetector.detect

    def remembered(detector: ObjectDetector, image: Image) -> list[Detection]:
        key = image.shape, sha256(image.tobytes()).digest()
        if key not in known:
            known[key] = detect(detector, image)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ObjectDetector, "detect", remembered)
        yield known


@pytest.fixture(scope="session")
def landscape() -> Image:
    """An image full of corners, 960 by 720: a camera sees parts of it."""
    random = np.random.default_rng(3)
    image = random.integers(70, 180, (720 // 24, 960 // 24, 3)).repeat(24, 0).repeat(24, 1)
    return np.clip(image + random.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


class Narration:
    """Gives an engine frames at the pace of their stamps, and asks for comments."""

    def __init__(self, engine: BuiltinEngine, profile: Profile = PROFILE) -> None:
        self.engine = engine
        self.profile = profile
        self.instruction = ""
        self.said: list[tuple[float, str]] = []
        self.facts: list[FrameFacts] = []
        self.claims: list[tuple[Claim, ...]] = []
        self.last_claims: tuple[Claim, ...] = ()
        self.window = FrameWindow(32, 4, 2)
        self._keep, self._look = StampSampler(2.0), StampSampler(engine.look_fps)
        self._gate = float("-inf")

    def show(self, frames: Iterable[tuple[float, Image]]) -> list[str]:
        """Return the comments on these frames."""
        before = len(self.said)
        for index, (stamp, image) in enumerate(frames):
            if self.said and stamp < self.said[-1][0]:
                self._gate = float("-inf")
            exact = from_seconds(stamp)
            kept, looked = self._keep.take(exact), self._look.take(exact)
            if not (kept or looked):
                continue
            frame = Frame(image, exact, "camera", index)
            if facts := self.engine.look(frame):
                self.facts.append(facts)
            if kept:
                self.window.add(frame)
            if kept and stamp >= self._gate:
                text = self.ask("")
                if text:
                    self.said.append((stamp, text))
                    self.claims.append(self.last_claims)
                    self._gate = stamp + len(text) / 14 + 1
        return [text for _, text in self.said[before:]]

    def ask(self, question: str, tokens: int = 64) -> str:
        """Return the answer to a question, or the next comment if it is empty."""
        frames = self.window.select()
        recent = [text for _, text in self.said[-3:]]
        prompt = build_prompt(self.profile, self.instruction, question, recent, frames)
        request = Request(frames, prompt, Limits(tokens), speak=False)
        deltas = list(self.engine.comment(request, CancelToken()))
        assert deltas[-1].last
        assert not any(delta.last for delta in deltas[:-1])
        self.last_claims = tuple(claim for delta in deltas for claim in delta.claims)
        return "".join(delta.text for delta in deltas)


@pytest.fixture
def blind() -> Narration:
    """An engine without its detector."""
    engine = BuiltinEngine(None)
    engine.load()
    return Narration(engine)


@pytest.fixture
def seeing(model: Path) -> Narration:
    """An engine with its detector."""
    engine = BuiltinEngine(model)
    engine.load()
    return Narration(engine)


@pytest.fixture(scope="session")
def video(media: Path) -> Callable[..., list[tuple[float, Image]]]:
    """Read a video of ../shared/media: (stamp, image) at some 10 frames a second."""

    def read(name: str, seconds: float = 1e9) -> list[tuple[float, Image]]:
        import cv2

        capture = cv2.VideoCapture(str(media / name))
        rate, frames, index = capture.get(cv2.CAP_PROP_FPS), [], 0
        step = max(1, round(rate / 10))
        while index / rate < seconds:
            ok, image = capture.read()
            if not ok:
                break
            if index % step == 0:
                rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
                frames.append((index / rate, np.asarray(rgb, np.uint8)))
            index += 1
        return frames

    return read
