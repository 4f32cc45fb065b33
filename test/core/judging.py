"""A fake engine that judges, and cameras whose watches it judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from test.core.stage import TOPIC
from test.fakes import FakeEngine, frame
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.cancel import CancelToken
from video_commentary.core.clock import VirtualClock
from video_commentary.core.engine import Judgement, Request
from video_commentary.core.frames import Frame
from video_commentary.core.scene_monitor import SceneMonitor
from video_commentary.core.stamp import from_seconds
from video_commentary.core.watch_judge import WatchJudge
from video_commentary.core.watches import Alert, WatchList
from video_commentary.wiring import watch_compiler

FALL, WAVE = "tell me when a person falls", "somebody waves"


class JudgingFake(FakeEngine):
    """Judges each condition as `opinion` says of it: probability, None or an exception."""

    def __init__(self, opinion: Callable[[str], object] = lambda _: 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.opinion = opinion
        self.judged: list[tuple[Request, list[str]]] = []

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        assert self.inside == 0, "engines are not reentrant"
        self.judged.append((request, list(conditions)))
        for condition in conditions:
            if cancel.cancelled:
                return
            said = self.opinion(condition)
            if isinstance(said, Exception):
                raise said
            assert said is None or isinstance(said, (float, Judgement))
            yield Judgement(said) if isinstance(said, float) else said


class Scene:
    """Cameras of 2 fps, watches and their judge, on a clock that the pictures move."""

    def __init__(
        self, *conditions: str, cameras: Sequence[str] = (TOPIC,), cooldown: float = 0.0
    ) -> None:
        self.engine = JudgingFake(self.opinion)
        self.said: dict[str, object] = {}
        self.clock = VirtualClock(100.0, iter(()))
        settings = CommentatorSettings(image_topics=tuple(cameras))
        self.monitor = SceneMonitor(settings, self.engine)
        self.watches = WatchList(watch_compiler(), has_facts=False, engine_judges=True)
        for condition in conditions:
            self.watches.add(condition, cooldown=cooldown)
        self.alerts: list[tuple[Alert, Frame]] = []
        self.judge = WatchJudge(
            self.engine,
            self.monitor,
            self.watches,
            self.clock,
            lambda alert, frame: self.alerts.append((alert, frame)),
            threshold=0.6,
        )

    def opinion(self, condition: str) -> object:
        return self.said.get(condition, 0.0)

    def see(self, seconds: float, seed: int | None = 0, shift: float = 0.0) -> None:
        """Show pictures for so long; those of one `seed` are alike, None changes with each."""
        for _ in range(round(seconds * 2)):
            self.clock.spend(0.5)
            stamp = self.clock.now() + shift
            for topic in self.monitor._cameras:
                use = self.monitor.use(topic, from_seconds(stamp))
                self.monitor.add(topic, frame(stamp, topic, seed), use)
            if self.judge.due():
                self.judge.run(CancelToken())

    @property
    def asked(self) -> list[list[str]]:
        return [conditions for _, conditions in self.engine.judged]

    @property
    def texts(self) -> list[str]:
        return [alert.text for alert, _ in self.alerts]
