"""One stay in a LiveKit room."""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from livekit import rtc

from ..robot_gateway import RobotGateway
from .access import Access
from .calls import answer_calls
from .picture import Picture
from .remote_camera import Eye
from .speech import SpeechTrack
from .words import Words

_JOIN_WITHIN = 15.0
_LEAVE_WITHIN = 1.0
_LOST = {
    rtc.DisconnectReason.DUPLICATE_IDENTITY: (
        "another participant joined under this name: give each bridge its own livekit_identity"
    ),
    rtc.DisconnectReason.PARTICIPANT_REMOVED: "was removed from the room",
    rtc.DisconnectReason.ROOM_DELETED: "the room was closed",
    rtc.DisconnectReason.SERVER_SHUTDOWN: "the LiveKit server is shutting down",
}

# When the library has ended itself at exit, a thread of it may still be on its way into Python and
# would abort the process. This runs after the library's own handler, which is registered later.
atexit.register(time.sleep, 0.2)

Note = Callable[[str, str, str], None]
"""Called with state, trouble and whose camera is taken."""


class Stay:
    """From joining to leaving; `run` does it all."""

    def __init__(
        self, access: Access, gateway: RobotGateway, video: bool, camera: str, note: Note
    ) -> None:
        """Make nothing yet. Arguments as LiveKit has them; `note` hears how it goes."""
        self._access = access
        self._room = rtc.Room()
        self._note = note
        self._state = "connected", ""
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._speech = SpeechTrack(gateway.hub, gateway.robot.now)
        self._words = Words(self._room, gateway.hub, self._speech)
        self._eye = Eye(self._room, camera, gateway.robot, self._tell)
        self._picture = Picture(self._room, gateway.display) if video else None
        self._gateway = gateway

    async def run(self) -> str:
        """Join, take part until the room is lost, leave; return why it was lost.

        Raise what the library raises.
        """
        self._room.on("disconnected", self._lost)
        self._room.on("reconnecting", self._reconnecting)
        self._room.on("reconnected", self._reconnected)
        try:
            await asyncio.wait_for(self._join(), _JOIN_WITHIN)
            self._tell()
            return await self._take_part()
        except asyncio.TimeoutError:
            return f"no answer within {_JOIN_WITHIN:.0f} s from LIVEKIT_URL"
        except rtc.ConnectError as error:
            return _explain(error.message)
        finally:
            await self._leave()

    async def _join(self) -> None:
        options = rtc.RoomOptions(auto_subscribe=False, dynacast=True)
        await self._room.connect(self._access.url, self._access.bridge_token(), options)
        answer_calls(self._room.local_participant, self._gateway)
        await self._speech.publish(self._room.local_participant)

    async def _take_part(self) -> str:
        """Return why the room was lost; raise what went wrong in any part."""
        parts: list[Coroutine[Any, Any, None]] = [
            self._speech.run(),
            self._words.run(),
            self._eye.run(),
        ]
        if self._picture is not None:
            parts.append(self._picture.run())
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(part) for part in parts]
        try:
            await asyncio.wait([self._gone, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            return self._gone.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _leave(self) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._room.disconnect(), _LEAVE_WITHIN)
        await self._speech.close()

    def _tell(self) -> None:
        self._note(*self._state, self._eye.identity)

    def _lost(self, reason: rtc.DisconnectReason.ValueType) -> None:
        if not self._gone.done():
            name = rtc.DisconnectReason.Name(reason).lower().replace("_", " ")
            self._gone.set_result(_LOST.get(reason, f"lost the LiveKit room ({name})"))

    def _reconnecting(self) -> None:
        self._state = "away", "lost the LiveKit server; trying to reach it again"
        self._tell()

    def _reconnected(self) -> None:
        self._state = "connected", ""
        self._tell()


def _explain(message: str) -> str:
    """Say what to do about a refused connection."""
    if "401" in message or "nauthorized" in message or "invalid" in message.lower():
        return "LiveKit refuses the key: check LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
    return f"can't join the LiveKit room at LIVEKIT_URL ({message})"
