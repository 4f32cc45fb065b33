from __future__ import annotations

from collections.abc import Iterator

import pytest

from test.mjpeg_camera import mjpeg_camera


@pytest.fixture
def camera() -> Iterator[str]:
    """The address of an MJPEG camera, without the path that says how it behaves."""
    with mjpeg_camera() as address:
        yield address
