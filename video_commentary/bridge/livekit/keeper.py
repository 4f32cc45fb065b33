"""Keeps the bridge in its LiveKit room."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

from ...core.backoff import Backoff
from ..robot_gateway import RobotGateway
from .access import Access, Guest

_LEAVE_WITHIN = 1.5
_SETTLED = 30.0
"""Seconds after which a stay counts as a success: the next try after it comes soon again."""


class LiveKit:
    """Joins between `start` and `stop`, again with growing waits whenever the room is lost.

    It works on a thread and event loop of its own: whatever the library does there, the web
    server goes on.
    """

    def __init__(
        self, access: Access, gateway: RobotGateway, video: bool = False, camera: str = ""
    ) -> None:
        """Publish the robot's camera if `video`; take the one of `camera`, empty for the first."""
        self._access = access
        self._gateway = gateway
        self._video = video
        self._wanted_camera = camera
        self._status = "connecting", ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[None] | None = None
        self.camera = ""

    async def start(self) -> None:
        """Begin to join; returns at once."""
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._keep())
        self._thread = threading.Thread(
            target=self._work, args=(self._loop, self._task), name="livekit", daemon=True
        )
        self._thread.start()

    async def stop(self) -> None:
        """Leave the room, so that the others see it at once, and end the thread."""
        if self._loop is None or self._thread is None or self._task is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        await asyncio.to_thread(self._thread.join, _LEAVE_WITHIN)
        self._thread = None

    def status(self) -> tuple[str, str]:
        """Return connecting, connected or away, and what is wrong; empty when all is well."""
        return self._status

    def token(self, identity: str) -> Guest:
        """Return what a guest of that name needs to join. Raise ValueError for a bad name."""
        return self._access.guest(identity)

    @staticmethod
    def _work(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(asyncio.wait([task]))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    async def _keep(self) -> None:
        logging.getLogger("livekit").setLevel(logging.ERROR)  # warns of each of its own retries
        backoff = Backoff()
        while True:
            began = time.monotonic()
            why = await self._stay()
            self.camera = ""
            if time.monotonic() - began > _SETTLED:
                backoff.reset()
            wait = backoff.failed()
            self._status = "away", f"{why}; next try in {wait:.0f} s"
            await asyncio.sleep(wait)
            self._status = "connecting", why

    async def _stay(self) -> str:
        """Join and stay as long as it goes; return why it ended."""
        try:
            from .stay import Stay

            stay = Stay(self._access, self._gateway, self._video, self._wanted_camera, self._note)
            return await stay.run()
        except Exception as error:  # noqa: BLE001 - the library raises plain ones too
            return f"LiveKit failed ({type(error).__name__}: {error})"

    def _note(self, state: str, trouble: str, camera: str) -> None:
        self._status = state, trouble
        self.camera = camera
