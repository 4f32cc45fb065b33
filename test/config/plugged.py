"""An engine plug-in that no package installs."""

from __future__ import annotations

from dataclasses import dataclass

from test.fakes import FakeEngine
from video_commentary.config.rules import setting
from video_commentary.engines.registry import EnginePlugin


@dataclass(frozen=True)
class ProbeSettings:
    probe_gain: int = setting(1, "Gain", low=1, high=9)


PLUGIN = EnginePlugin("probe", ProbeSettings, lambda _settings, _options: FakeEngine())
CHOICE = f"{__name__}:PLUGIN"
