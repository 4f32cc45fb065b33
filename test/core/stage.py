"""A commentator with a camera and a scripted engine, on a virtual clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from test.fakes import FORMAT, FakeEngine, Schedule, frame, tone
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.announcing_engine import AnnouncingEngine
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.clock import CameraClock, VirtualClock
from video_commentary.core.comment import Comment
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.pacing import Playout
from video_commentary.core.prompting import Profile
from video_commentary.core.scene_monitor import SceneMonitor, Use
from video_commentary.core.stamp import Stamp, from_seconds, to_seconds

PROFILES = {name: Profile(name, f"You are a {name}.", ()) for name in ("commentator", "sports")}
TOPIC = "/camera/image_raw"


class Stage:
    """A commentator with a camera of 2 fps, run on a virtual clock."""

    def __init__(
        self,
        engine: FakeEngine,
        still: bool = False,
        camera_ahead: float = 0.0,
        **settings: Any,
    ) -> None:
        """`camera_ahead`: seconds by which the camera's clock is ahead of ours."""
        self.engine = engine
        self.settings = replace(CommentatorSettings(), **settings)
        self.schedule = Schedule()
        self.start = 1000.0
        self.clock = VirtualClock(self.start, self.schedule)
        self.control = Control(self.settings, PROFILES)
        self.playout = Playout(OUTPUT_FORMAT)
        self.scene = SceneMonitor(self.settings, engine)
        self.published: list[tuple[float, Comment]] = []
        self.camera_ahead = camera_ahead
        camera_clock = CameraClock(self.clock, lambda: from_seconds(-camera_ahead))
        self.commentator = Commentator(
            AnnouncingEngine(engine),
            self.scene,
            self.control,
            self.playout,
            camera_clock,
            self._publish,
        )
        self.still = still
        self.stop = threading.Event()

    def _publish(self, comment: Comment) -> None:
        self.published.append((self.clock.now() - self.start, comment))

    def film(self, seconds: float) -> None:
        for i in range(round(seconds * 2)):
            self.at(i / 2, self._seeing(self.start + self.camera_ahead + i / 2))

    def _seeing(self, stamp: float) -> Callable[[], None]:
        return lambda: self.see(stamp)

    def see(self, stamp: float) -> None:
        use = self.scene.use(TOPIC, from_seconds(stamp))
        self.scene.add(TOPIC, frame(stamp, seed=0 if self.still else None), use)
        if use is not Use.NONE:
            self.commentator.on_frame(use is Use.KEEP)

    def at(self, when: float, action: Callable[[], object]) -> None:
        self.schedule.at(self.start + when, action)

    def tune(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)
        self.control.tune(self.settings)

    def steer(self, instruction: str) -> None:
        self.tune(instruction=instruction)

    def seconds(self, stamp: Stamp | None) -> float:
        """Return a stamp as seconds since the start."""
        assert stamp is not None
        return to_seconds(stamp) - self.start

    def end(self) -> None:
        self.stop.set()
        self.control.interrupt()

    def run(self, seconds: float) -> None:
        self.film(seconds)
        self.at(seconds, self.end)
        self.commentator.run(self.stop)

    @property
    def final(self) -> list[tuple[float, Comment]]:
        return [(when, comment) for when, comment in self.published if comment.final]

    @property
    def texts(self) -> list[str]:
        return [comment.text for _, comment in self.final if not comment.silent]


def speaking(text: str, seconds: float) -> FakeEngine:
    return FakeEngine(lambda _: [f"{text} ", tone(seconds)], voice=FORMAT)
