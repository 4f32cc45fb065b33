"""One session in a LiveKit room."""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from livekit import rtc

from ..robot_gateway import RobotGateway
from .audio_track import AudioTrack
from .credentials import RoomCredentials
from .participant import LiveKitStatus
from .remote_camera import RemoteCamera
from .remote_microphones import RemoteMicrophones
from .rpc import register_rpc_methods
from .transcription import Transcription
from .video_track import VideoTrack

_JOIN_TIMEOUT = 15.0
_LEAVE_TIMEOUT = 1.0
_CONNECTED = LiveKitStatus("connected", "")
_REASONS = {
    rtc.DisconnectReason.DUPLICATE_IDENTITY: (
        "another participant joined under this name: give each bridge its own livekit_identity"
    ),
    rtc.DisconnectReason.PARTICIPANT_REMOVED: "was removed from the room",
    rtc.DisconnectReason.ROOM_DELETED: "the room was closed",
    rtc.DisconnectReason.SERVER_SHUTDOWN: "the LiveKit server is shutting down",
}

# After the library has shut itself down at exit, one of its threads may still be about to enter
# Python, which would abort the process. Handlers run in reverse order: the library registers its
# own later, so this one runs after it.
atexit.register(time.sleep, 0.2)

OnChange = Callable[[LiveKitStatus, str], None]
"""Called with the status and the identity whose camera is taken."""


class RoomSession:
    """Joins a room, takes part and leaves; `run` does all of it."""

    def __init__(
        self,
        credentials: RoomCredentials,
        gateway: RobotGateway,
        video: bool,
        camera: str,
        on_change: OnChange,
    ) -> None:
        """Prepare; `video` and `camera` as in LiveKitClient."""
        self._credentials = credentials
        self._room = rtc.Room()
        self._on_change = on_change
        self._status = _CONNECTED
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._audio = AudioTrack(gateway.broadcast, gateway.robot.now)
        self._transcription = Transcription(self._room, gateway.broadcast, self._audio)
        self._camera = RemoteCamera(self._room, camera, gateway.robot, self._changed)
        self._microphones = RemoteMicrophones(self._room, gateway.robot)
        self._video = VideoTrack(self._room, gateway.display) if video else None
        self._gateway = gateway

    async def run(self) -> str:
        """Join, take part until the connection is lost, leave; return why it was lost.

        Exceptions of the library are passed on.
        """
        self._room.on("disconnected", self._disconnected)
        self._room.on("reconnecting", self._reconnecting)
        self._room.on("reconnected", self._reconnected)
        try:
            await asyncio.wait_for(self._join(), _JOIN_TIMEOUT)
            self._changed()
            return await self._take_part()
        except asyncio.TimeoutError:
            return f"no answer within {_JOIN_TIMEOUT:.0f} s from LIVEKIT_URL"
        except rtc.ConnectError as error:
            return _explain(error.message)
        finally:
            await self._leave()

    async def _join(self) -> None:
        options = rtc.RoomOptions(auto_subscribe=False, dynacast=True)
        await self._room.connect(self._credentials.url, self._credentials.bridge_token(), options)
        register_rpc_methods(self._room.local_participant, self._gateway)
        await self._audio.publish(self._room.local_participant)

    async def _take_part(self) -> str:
        """Return why the connection was lost; raise what a part raises."""
        parts: list[Coroutine[Any, Any, None]] = [
            self._audio.run(),
            self._transcription.run(),
            self._camera.run(),
            self._microphones.run(),
        ]
        if self._video is not None:
            parts.append(self._video.run())
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(part) for part in parts]
        try:
            await asyncio.wait([self._ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            return self._ended.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _leave(self) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._room.disconnect(), _LEAVE_TIMEOUT)
        await self._audio.close()

    def _changed(self) -> None:
        self._on_change(self._status, self._camera.identity)

    def _disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        if not self._ended.done():
            name = rtc.DisconnectReason.Name(reason).lower().replace("_", " ")
            self._ended.set_result(_REASONS.get(reason, f"lost the LiveKit room ({name})"))

    def _reconnecting(self) -> None:
        self._status = LiveKitStatus("away", "lost the LiveKit server; trying to reach it again")
        self._changed()

    def _reconnected(self) -> None:
        self._status = _CONNECTED
        self._changed()


def _explain(message: str) -> str:
    """Return what to do about a refused connection."""
    if "401" in message or "nauthorized" in message or "invalid" in message.lower():
        return "LiveKit refuses the key: check LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
    return f"can't join the LiveKit room at LIVEKIT_URL ({message})"
