"""What the routes share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..config.settings import BridgeSettings
from .access import Access
from .limits import Clients
from .robot_gateway import RobotGateway
from .wire import dots


class Pass(Protocol):
    """What lets one person into the LiveKit room."""

    @property
    def token(self) -> str:
        """What opens the room, for a while."""
        ...

    @property
    def url(self) -> str:
        """Where the LiveKit server is."""
        ...

    @property
    def room(self) -> str:
        """The room's name."""
        ...

    @property
    def robot(self) -> str:
        """The bridge's name in the room."""
        ...

    @property
    def identity(self) -> str:
        """The person's name there."""
        ...

    @property
    def expires(self) -> int:
        """For how many seconds the token opens the room."""
        ...


class LiveKit(Protocol):
    """The participant in a LiveKit room."""

    @property
    def camera(self) -> str:
        """Whose camera is taken; empty for nobody's."""
        ...

    async def start(self) -> None:
        """Join, and go on trying; return at once."""
        ...

    async def stop(self) -> None:
        """Leave."""
        ...

    def token(self, identity: str) -> Pass:
        """Return a short-lived pass for a person.

        Raise ValueError for a bad identity, RuntimeError where there is no room.
        """
        ...

    def status(self) -> tuple[str, str]:
        """Return off, connecting, connected or away; and what to do, empty when well."""
        ...


NO_LIVEKIT = "off: set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET to join a room"


@dataclass(eq=False)
class Context:
    """One bridge. `closing` is set when it ends, so that streams do."""

    gateway: RobotGateway
    settings: BridgeSettings
    access: Access
    livekit: LiveKit | None
    clients: Clients
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def livekit_status(self) -> tuple[str, str]:
        """Return the participant's state, and what to do."""
        return self.livekit.status() if self.livekit else ("off", NO_LIVEKIT)

    def status(self) -> dict[str, Any]:
        """Return what GET /api/status does."""
        gateway, situation = self.gateway, self.gateway.situation
        report = situation.report
        return {
            "dots": dots(situation, self.livekit_status()),
            "state": report.state,
            "detail": situation.commentator_trouble or report.detail,
            "engine": report.engine,
            "voice": report.voice,
            "speaks": report.speaks,
            "profile": report.profile,
            "instruction": report.instruction,
            "enabled": report.enabled,
            "source": situation.source,
            "phone": self.livekit.camera if self.livekit else "",
            "cameras": list(report.cameras),
            "camera": situation.camera,
            "camera_fps": round(situation.camera_fps, 2),
            "display_delay": round(gateway.display.held, 3),
            "measured_delay": round(gateway.display.delay.target, 3),
            "words_delay": round(report.words_delay, 3),
            "sound_delay": round(report.sound_delay, 3),
            "cycle_time": round(report.cycle_time, 3),
            "words_per_second": round(gateway.journal.words_per_second(gateway.robot.now()), 2),
            "comments": report.comments,
            "silent": report.silent,
            "cancelled": report.cancelled,
            "engine_errors": report.engine_errors,
            "frames_dropped": report.frames_dropped,
            "clients": {kind: count for kind, count in self.clients.now.items() if count},
            "now": gateway.robot.now(),
        }
