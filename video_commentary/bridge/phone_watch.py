"""Goes back to the robot's own camera when the phone that was watched has left."""

from __future__ import annotations

import asyncio
import logging
import time

from .items import Situation
from .livekit.participant import LiveKitParticipant
from .robot_gateway import RobotGateway

NOTICE = "The device whose camera was watched has left: the robot's own camera is watched again."
_PERIOD = 0.5
"""Seconds between looks."""

LOG = logging.getLogger(__name__)


class PhoneWatch:
    """Looks whether a phone that is watched still has a camera in the room, or sends images.

    `notice` says that it has left; empty before, and while a phone is watched.
    """

    def __init__(self, gateway: RobotGateway, livekit: LiveKitParticipant, timeout: float) -> None:
        """Wait `timeout` seconds for it to come back."""
        self._gateway = gateway
        self._livekit = livekit
        self._timeout = timeout
        self._gone_at: float | None = None
        self.notice = ""

    async def run(self) -> None:
        """Watch until cancelled; a look that fails is logged, and the next is taken."""
        while True:
            try:
                await self.check(time.monotonic())
            except Exception:  # a watch that ends would not be missed until a phone leaves
                LOG.exception("could not look whether the phone that is watched is still there")
            await asyncio.sleep(_PERIOD)

    async def check(self, now: float) -> None:
        """Have the robot's camera watched if the phone has been gone for long; `now`: seconds."""
        situation = self._gateway.situation
        if not self._is_gone(situation):
            self._gone_at = None
            if situation.source == "phone":
                self.notice = ""
            return
        if self._gone_at is None:
            self._gone_at = now
        if now - self._gone_at < self._timeout:
            return
        self._gone_at = now  # if it fails, it is tried again
        reply = await self._gateway.robot.set_source("robot")
        if reply.success:
            self.notice = NOTICE

    def _is_gone(self, situation: Situation) -> bool:
        watched = situation.source == "phone"
        return watched and not self._livekit.camera and not situation.camera_fps
