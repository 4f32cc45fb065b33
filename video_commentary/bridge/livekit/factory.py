"""Creates the LiveKit participant that the environment configures."""

from __future__ import annotations

import os
from importlib.util import find_spec

from ...config.settings import BridgeSettings
from ..robot_gateway import RobotGateway
from .credentials import VARIABLES, RoomCredentials
from .participant import LiveKitOff, LiveKitParticipant
from .reconnect import LiveKitClient


def create_participant(gateway: RobotGateway, settings: BridgeSettings) -> LiveKitParticipant:
    """Return a client for the room of the environment, or LiveKitOff with the reason."""
    if not any(os.environ.get(name) for name in VARIABLES):
        return LiveKitOff()
    if find_spec("livekit") is None or find_spec("livekit.api") is None:
        return LiveKitOff("pip install livekit livekit-api")
    try:
        credentials = RoomCredentials.from_environment(
            os.environ,
            settings.livekit_room,
            settings.livekit_identity,
            settings.livekit_public_url,
        )
    except ValueError as error:
        return LiveKitOff(str(error))
    return LiveKitClient(
        credentials, gateway, video=settings.livekit_video, camera=settings.livekit_camera
    )
