"""A local camera (Video4Linux) as a source."""

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2
import numpy as np

from .reader import SourceError, SourceFrame


class DeviceReader:
    """Reads /dev/video<n>, at the size and rate nearest to those asked for."""

    live = True

    def __init__(self, path: str, width: int, height: int, fps: float) -> None:
        self._path = path
        self._size = width, height
        self._fps = fps
        self._capture: cv2.VideoCapture | None = None
        self._start = 0.0

    @property
    def description(self) -> str:
        """The device's path."""
        return self._path

    def open(self) -> None:
        """Open the camera. Raise SourceError."""
        if not Path(self._path).exists():
            raise SourceError(
                f"{self._path}: no such camera; `ls /dev/video*` lists the cameras "
                "(in a container, pass it in with --device)"
            )
        if not os.access(self._path, os.R_OK | os.W_OK):
            raise SourceError(
                f"{self._path}: not allowed; `sudo usermod -aG video $USER`, then log in again"
            )
        capture = cv2.VideoCapture(self._path, cv2.CAP_V4L2)
        if not capture.isOpened():
            raise SourceError(
                f"{self._path}: can't be opened; is it a camera, and does another program use it? "
                f"(`fuser {self._path}` shows which)"
            )
        # Over USB, MJPG reaches the full rate; uncompressed frames might get 5 a second.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        capture.set(cv2.CAP_PROP_FPS, self._fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._capture = capture
        self._start = time.monotonic()

    def read(self) -> SourceFrame:
        """Return the next frame. Raise SourceError if there is none."""
        assert self._capture is not None
        ok, image = self._capture.read()
        if not ok:
            raise SourceError(f"{self._path}: the camera gives no frames; is it plugged in?")
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
        return SourceFrame(time.monotonic() - self._start, rgb)

    def close(self) -> None:
        """Release the camera."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
