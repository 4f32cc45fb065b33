"""LiveKit is off unless it is configured, and says what is missing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from video_commentary.bridge.livekit.credentials import VARIABLES
from video_commentary.bridge.livekit.factory import create_participant
from video_commentary.bridge.livekit.participant import LiveKitOffError, LiveKitParticipant
from video_commentary.config.settings import BridgeSettings

from .robot import RecordingRobot, gateway_to

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def created(public_url: str = "", identity: str = "robot") -> LiveKitParticipant:
    settings = BridgeSettings(livekit_public_url=public_url, livekit_identity=identity)
    return create_participant(gateway_to(RecordingRobot()), settings)


def test_without_settings_it_is_off_and_names_them() -> None:
    state, reason = created().status
    assert state == "off"
    assert all(name in reason for name in VARIABLES)


def test_off_says_what_is_missing_and_gives_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://localhost:7880")
    off = created()
    assert off.status == ("off", "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET too")
    with pytest.raises(LiveKitOffError, match="LiveKit is off: set LIVEKIT_API_KEY"):
        off.room_token("ann")
    asyncio.run(off.start())
    asyncio.run(off.stop())
    assert off.camera == ""


def test_with_all_settings_it_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(VARIABLES, ("ws://localhost:7880", "key", "s" * 32), strict=True):
        monkeypatch.setenv(name, value)
    client = created(public_url="wss://robot.example")
    assert client.status == ("connecting", "")
    assert client.room_token("ann").url == "wss://robot.example"
    assert created(identity="two words").status.state == "off"


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://localhost:7880")
    monkeypatch.setattr("video_commentary.bridge.livekit.factory.find_spec", lambda _: None)
    assert created().status == ("off", "pip install livekit livekit-api")


def test_the_library_is_imported_only_when_joining() -> None:
    code = (
        "import sys, video_commentary.bridge.livekit.factory; "
        "assert 'livekit' not in sys.modules, 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
