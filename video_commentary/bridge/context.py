"""What the routes share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from ..config.settings import BridgeSettings
from .access import AccessPolicy
from .limits import Clients
from .livekit.participant import LiveKitParticipant
from .robot_gateway import RobotGateway
from .wire import dots


@dataclass(eq=False)
class Context:
    """One bridge. `closing` is set when it ends, which ends all streams."""

    gateway: RobotGateway
    settings: BridgeSettings
    access: AccessPolicy
    livekit: LiveKitParticipant
    clients: Clients = field(init=False)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Count the clients against the limit of the settings."""
        self.clients = Clients(self.settings.max_clients)

    def status(self) -> dict[str, Any]:
        """Return what GET /api/status does."""
        gateway, situation = self.gateway, self.gateway.situation
        report = situation.report
        return {
            "dots": dots(situation, self.livekit.status),
            "state": report.state,
            "detail": situation.commentator_trouble or report.detail,
            "engine": report.engine,
            "voice": report.voice,
            "speaks": report.speaks,
            "profile": report.profile,
            "instruction": report.instruction,
            "enabled": report.enabled,
            "source": situation.source,
            "phone": self.livekit.camera,
            "cameras": list(report.cameras),
            "camera": situation.camera,
            "camera_fps": round(situation.camera_fps, 2),
            "display_delay": round(gateway.display.current_delay, 3),
            "measured_delay": round(gateway.display.delay.target, 3),
            "words_delay": round(report.words_delay, 3),
            "sound_delay": round(report.sound_delay, 3),
            "cycle_time": round(report.cycle_time, 3),
            "words_per_second": round(gateway.history.words_per_second(gateway.robot.now()), 2),
            "comments": report.comments,
            "silent": report.silent,
            "cancelled": report.cancelled,
            "engine_errors": report.engine_errors,
            "frames_dropped": report.frames_dropped,
            "clients": {kind: count for kind, count in self.clients.now.items() if count},
            "now": gateway.robot.now(),
        }
