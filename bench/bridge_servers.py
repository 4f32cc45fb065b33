"""The two servers of bench.bridge: bridge_servers shared|each PORT, until SIGINT."""

from __future__ import annotations

import asyncio
import sys
import threading
import time

import numpy as np
from fastapi import FastAPI, Response
from numpy.typing import NDArray

from test.bridge.fake_robot import FakeRobot
from video_commentary.bridge import web_server
from video_commentary.bridge.access import access_policy
from video_commentary.bridge.context import Context
from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import JpegFrame
from video_commentary.bridge.livekit.participant import LiveKitOff
from video_commentary.bridge.robot_gateway import RobotGateway
from video_commentary.bridge.streaming import Chunks, StreamResponse
from video_commentary.bridge.web_server import WebServer
from video_commentary.bridge.wire import BOUNDARY, mjpeg_part
from video_commentary.config.settings import BridgeSettings
from video_commentary.ros.images_out import encode_jpeg
from video_commentary.sources.scene import StreetScene

FPS = 15.0
QUALITY = 80
KEPT = 150


class Camera:
    """Gives frames that were drawn beforehand, in real time."""

    def __init__(self) -> None:
        scene = StreetScene(640, 480, FPS)
        self._frames = [scene.frame(90 + index)[0] for index in range(KEPT)]
        self.newest: tuple[int, NDArray[np.uint8]] = 0, self._frames[0]

    def run(self, gateway: RobotGateway | None) -> None:
        """Give frames for ever; with a gateway, compress each once for it."""
        begin, index = time.monotonic(), 0
        while True:
            index += 1
            time.sleep(max(0.0, begin + index / FPS - time.monotonic()))
            image = self._frames[index % KEPT]
            self.newest = index, image
            if gateway:
                gateway.add_frame(JpegFrame(encode_jpeg(image, QUALITY), time.time()))


async def compressed_each(camera: Camera) -> Chunks:
    """Yield parts, each frame compressed for this viewer only."""
    yield f"--{BOUNDARY}\r\n".encode()
    shown = 0
    while True:
        index, image = camera.newest
        if index == shown:
            await asyncio.sleep(0.005)
            continue
        shown = index
        jpeg = await asyncio.to_thread(encode_jpeg, image, QUALITY)
        yield mjpeg_part.__wrapped__(JpegFrame(jpeg, time.time()))


def baseline(context: Context, camera: Camera) -> FastAPI:
    """Return an app that serves pictures and nothing else."""
    app = FastAPI()

    @app.get("/api/mjpeg")
    async def mjpeg() -> Response:
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        return StreamResponse(context, "mjpeg", compressed_each(camera), kind)

    return app


def main() -> None:
    """Serve."""
    mode, port_number = sys.argv[1:]
    camera = Camera()
    settings = BridgeSettings(port=int(port_number))
    gateway = RobotGateway(
        FakeRobot(), FrameBuffer(settings.buffer_seconds, settings.buffer_megabytes * 1_000_000)
    )
    context = Context(gateway, settings, access_policy(settings, {}), LiveKitOff())
    if mode == "each":
        web_server.create_app = lambda context: baseline(context, camera)  # type: ignore[attr-defined]
    server = WebServer(context)
    film = threading.Thread(target=camera.run, args=[gateway if mode == "shared" else None])
    film.daemon = True
    film.start()
    time.sleep(1.0)
    print("serving", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
