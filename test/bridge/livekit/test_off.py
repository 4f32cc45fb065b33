"""LiveKit is off unless it is asked for, and says what is missing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from video_commentary.bridge.livekit import LiveKit, Off, from_environment
from video_commentary.bridge.livekit.access import VARIABLES
from video_commentary.config.settings import BridgeSettings

from .robot import RecordingRobot, gateway_to

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def made(public_url: str = "", identity: str = "robot") -> LiveKit | Off | None:
    settings = BridgeSettings(livekit_public_url=public_url, livekit_identity=identity)
    return from_environment(gateway_to(RecordingRobot()), settings)


def test_nothing_set_is_nothing_wanted() -> None:
    assert made() is None


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://localhost:7880")
    off = made()
    assert isinstance(off, Off)
    assert off.status() == ("off", "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET too")
    with pytest.raises(RuntimeError, match="LiveKit is off: set LIVEKIT_API_KEY"):
        off.token("ann")
    asyncio.run(off.start())
    asyncio.run(off.stop())


def test_all_set_is_a_participant(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(VARIABLES, ("ws://localhost:7880", "key", "s" * 32), strict=True):
        monkeypatch.setenv(name, value)
    on = made(public_url="wss://robot.example")
    assert isinstance(on, LiveKit)
    assert on.status() == ("connecting", "")
    assert on.token("ann").url == "wss://robot.example"
    assert isinstance(made(identity="two words"), Off)


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://localhost:7880")
    monkeypatch.setattr("video_commentary.bridge.livekit.off.find_spec", lambda _: None)
    off = made()
    assert off is not None
    assert off.status() == ("off", "pip install livekit livekit-api")


def test_the_library_is_imported_when_joining_only() -> None:
    code = (
        "import sys, video_commentary.bridge.livekit as l; "
        "assert l.from_environment and 'livekit' not in sys.modules, 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
