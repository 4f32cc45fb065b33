"""LiveKit from the environment, or why not."""

from __future__ import annotations

import os
from importlib.util import find_spec

from ...config.settings import BridgeSettings
from ..robot_gateway import RobotGateway
from .access import VARIABLES, Access, Guest
from .keeper import LiveKit


class Off:
    """Stands where a participant would be, and says what to set or install."""

    camera = ""

    def __init__(self, why: str) -> None:
        """Say `why` to all who ask."""
        self._why = why

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    def status(self) -> tuple[str, str]:
        """Return "off" and what to do."""
        return "off", self._why

    def token(self, identity: str) -> Guest:
        """Raise RuntimeError."""
        raise RuntimeError(f"LiveKit is off: {self._why} (no token for {identity[:64]!r})")


def from_environment(gateway: RobotGateway, settings: BridgeSettings) -> LiveKit | Off | None:
    """Return the participant that the environment asks for; None where it asks for none."""
    if not any(os.environ.get(name) for name in VARIABLES):
        return None
    if find_spec("livekit") is None or find_spec("livekit.api") is None:
        return Off("pip install livekit livekit-api")
    try:
        access = Access.from_environment(
            os.environ,
            settings.livekit_room,
            settings.livekit_identity,
            settings.livekit_public_url,
        )
    except ValueError as error:
        return Off(str(error))
    return LiveKit(access, gateway, video=settings.livekit_video, camera=settings.livekit_camera)
