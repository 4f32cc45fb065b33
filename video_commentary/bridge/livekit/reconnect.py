"""Joins the LiveKit room, and joins it again whenever the connection is lost."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

from ...core.backoff import Backoff
from ..robot_gateway import RobotGateway
from .credentials import RoomCredentials
from .participant import LiveKitStatus, RoomToken

_LEAVE_TIMEOUT = 1.5
_STABLE_AFTER = 30.0
"""Seconds of a session after which the wait before the next attempt is short again."""


class LiveKitClient:
    """A LiveKitParticipant that rejoins with growing waits between `start` and `stop`.

    It runs on its own thread and event loop, so that nothing the library does there can
    block the web server.
    """

    def __init__(
        self,
        credentials: RoomCredentials,
        gateway: RobotGateway,
        video: bool = False,
        camera: str = "",
    ) -> None:
        """Publish the robot's camera if `video`; take the camera of `camera`, empty for any."""
        self._credentials = credentials
        self._gateway = gateway
        self._video = video
        self._wanted_camera = camera
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[None] | None = None
        self.status = LiveKitStatus("connecting", "")
        self.camera = ""

    async def start(self) -> None:
        """Start joining and return at once."""
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._stay_connected())
        self._thread = threading.Thread(
            target=self._run, args=(self._loop, self._task), name="livekit", daemon=True
        )
        self._thread.start()

    async def stop(self) -> None:
        """Leave the room, so that the others see it at once, and end the thread."""
        if self._loop is None or self._thread is None or self._task is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        await asyncio.to_thread(self._thread.join, _LEAVE_TIMEOUT)
        self._thread = None

    def room_token(self, identity: str) -> RoomToken:
        """Return a token for a guest. Raise ValueError for a bad identity."""
        return self._credentials.guest_token(identity)

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(asyncio.wait([task]))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    async def _stay_connected(self) -> None:
        logging.getLogger("livekit").setLevel(logging.ERROR)  # warns of each of its own retries
        backoff = Backoff()
        while True:
            began = time.monotonic()
            reason = await self._join()
            self.camera = ""
            if time.monotonic() - began > _STABLE_AFTER:
                backoff.reset()
            wait = backoff.failed()
            self.status = LiveKitStatus("away", f"{reason}; next try in {wait:.0f} s")
            await asyncio.sleep(wait)
            self.status = LiveKitStatus("connecting", reason)

    async def _join(self) -> str:
        """Join and stay until the session ends; return why it ended."""
        try:
            from .session import RoomSession

            session = RoomSession(
                self._credentials,
                self._gateway,
                self._video,
                self._wanted_camera,
                self._on_change,
            )
            return await session.run()
        except Exception as error:  # noqa: BLE001 - the library raises plain ones too
            return f"LiveKit failed ({type(error).__name__}: {error})"

    def _on_change(self, status: LiveKitStatus, camera: str) -> None:
        self.status = status
        self.camera = camera
