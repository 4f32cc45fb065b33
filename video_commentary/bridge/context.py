"""What the routes share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from ..config.settings import BridgeSettings
from .access import AccessPolicy
from .limits import Clients
from .livekit.participant import LiveKitParticipant
from .phone_watch import PhoneWatch
from .robot_gateway import RobotGateway
from .wire import health_json, status_json


@dataclass(eq=False)
class Context:
    """One bridge. `closing` is set when it ends, which ends all streams."""

    gateway: RobotGateway
    settings: BridgeSettings
    access: AccessPolicy
    livekit: LiveKitParticipant
    clients: Clients = field(init=False)
    phone_watch: PhoneWatch = field(init=False)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Make what the settings limit."""
        self.clients = Clients(self.settings.max_clients)
        self.phone_watch = PhoneWatch(self.gateway, self.livekit, self.settings.phone_timeout)

    def status(self) -> dict[str, Any]:
        """Return what GET /api/status does."""
        gateway, situation = self.gateway, self.gateway.situation
        report = situation.report
        return {
            "health": health_json(situation, self.livekit.status),
            **status_json(report),
            "detail": situation.commentator_trouble or report.detail,
            "source": situation.source,
            "phone": self.livekit.camera,
            "listens": situation.listens,
            "notice": self.phone_watch.notice,
            "camera": situation.camera,
            "camera_fps": round(situation.camera_fps, 2),
            "display_delay": round(gateway.display.current_delay, 3),
            "clock_offset": round(gateway.display.clock_correction, 3),
            "measured_delay": round(gateway.display.delay.target, 3),
            "words_per_second": round(gateway.history.words_per_second(gateway.display.now()), 2),
            "clients": {kind: count for kind, count in self.clients.now.items() if count},
            "now": gateway.robot.now(),
        }
