"""Image messages to RGB arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # messages from a bag have the same fields without a ROS installation
    from sensor_msgs.msg import CompressedImage, Image

Array = NDArray[Any]
Rgb = NDArray[np.uint8]


class ImageError(Exception):
    """An image that can't be read; the message says what is wrong and what is accepted."""


def _color(code: int) -> Callable[[Array], Array]:
    return lambda pixels: cv2.cvtColor(pixels, code)


def _high_byte(pixels: Array) -> Array:
    return (pixels >> 8).astype(np.uint8)


def _deep_bayer(code: int) -> Callable[[Array], Array]:
    return lambda pixels: cv2.cvtColor(_high_byte(pixels), code)


_GRAY = _color(cv2.COLOR_GRAY2RGB)

# ROS names a Bayer pattern by the first two pixels of the first and of the second row. OpenCV's
# old names are shifted by one pixel: rggb is its BayerBG.
_BAYER = {
    "bayer_rggb": cv2.COLOR_BayerBG2RGB,
    "bayer_bggr": cv2.COLOR_BayerRG2RGB,
    "bayer_gbrg": cv2.COLOR_BayerGR2RGB,
    "bayer_grbg": cv2.COLOR_BayerGB2RGB,
}

_ENCODINGS: dict[str, tuple[type, int, Callable[[Array], Array]]] = {
    "rgb8": (np.uint8, 3, lambda pixels: pixels),
    "bgr8": (np.uint8, 3, _color(cv2.COLOR_BGR2RGB)),
    "rgba8": (np.uint8, 4, _color(cv2.COLOR_RGBA2RGB)),
    "bgra8": (np.uint8, 4, _color(cv2.COLOR_BGRA2RGB)),
    "mono8": (np.uint8, 1, _GRAY),
    "8UC1": (np.uint8, 1, _GRAY),
    "8UC3": (np.uint8, 3, _color(cv2.COLOR_BGR2RGB)),
    "mono16": (np.uint16, 1, lambda pixels: _GRAY(_high_byte(pixels))),
    "rgb16": (np.uint16, 3, _high_byte),
    "bgr16": (np.uint16, 3, lambda pixels: _high_byte(pixels)[..., ::-1]),
    "yuv422": (np.uint8, 2, _color(cv2.COLOR_YUV2RGB_UYVY)),
    "uyvy": (np.uint8, 2, _color(cv2.COLOR_YUV2RGB_UYVY)),
    "yuv422_yuy2": (np.uint8, 2, _color(cv2.COLOR_YUV2RGB_YUY2)),
    "yuyv": (np.uint8, 2, _color(cv2.COLOR_YUV2RGB_YUY2)),
    **{f"{name}8": (np.uint8, 1, _color(code)) for name, code in _BAYER.items()},
    **{f"{name}16": (np.uint16, 1, _deep_bayer(code)) for name, code in _BAYER.items()},
}
"""dtype, channels and conversion to RGB of each encoding (sensor_msgs/image_encodings.hpp)."""


def to_rgb(message: Image) -> Rgb:
    """Return the picture as uint8 [H, W, 3], without row padding. Raise ImageError.

    Encodings that are not in the table are left to cv_bridge if it is installed.
    """
    known = _ENCODINGS.get(message.encoding)
    if known is None:
        return _by_cv_bridge(message)
    dtype, channels, convert = known
    pixels = _pixels(message, np.dtype(dtype), channels)
    try:
        return np.ascontiguousarray(convert(pixels))
    except cv2.error as error:  # for example an odd width, if two pixels share their colour
        raise ImageError(
            f"{message.width}x{message.height} {message.encoding} can't be converted: {error.err}"
        ) from None


def _pixels(message: Image, dtype: np.dtype[Any], channels: int) -> Array:
    row = message.width * channels * dtype.itemsize
    step = message.step or row
    data = np.frombuffer(message.data, np.uint8)
    if not message.width or not message.height:
        raise ImageError("the image has no pixels: width or height is 0")
    if step < row or len(data) < step * (message.height - 1) + row:
        raise ImageError(
            f"the image is cut short: {message.width}x{message.height} {message.encoding} with "
            f"step {message.step} needs {max(step, row) * message.height} bytes, not {len(data)}"
        )
    padded = (
        np.zeros(step * message.height, np.uint8) if len(data) < step * message.height else data
    )
    if padded is not data:
        padded[: len(data)] = data
    rows = padded[: step * message.height].reshape(message.height, step)[:, :row]
    order = dtype.newbyteorder(">" if message.is_bigendian else "<")
    pixels = np.ascontiguousarray(rows).view(order).astype(dtype, copy=False)
    shape = (message.height, message.width, channels)
    return pixels.reshape(shape[:2] if channels == 1 else shape)


def _by_cv_bridge(message: Image) -> Rgb:
    advice = f"publish one of: {', '.join(sorted(_ENCODINGS))}"
    try:
        from cv_bridge import CvBridge  # not in the wheels; broken by another major of numpy
    except Exception as error:  # noqa: BLE001 - an ABI mismatch can raise anything
        raise ImageError(
            f"encoding {message.encoding!r} is unknown, and cv_bridge can't be loaded ({error}); "
            f"{advice}"
        ) from None
    try:
        return np.ascontiguousarray(CvBridge().imgmsg_to_cv2(message, "rgb8"))
    except Exception as error:  # noqa: BLE001 - cv_bridge raises KeyError and cv2.error too
        raise ImageError(
            f"encoding {message.encoding!r}: cv_bridge can't convert it to rgb8 ({error}); {advice}"
        ) from None


_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"


def is_whole_jpeg(data: Any) -> bool:
    """Return whether bytes (an array of uint8) begin and end as a JPEG does."""
    return bool(data[:2].tobytes() == _SOI and data[-64:].tobytes().rstrip(b"\0").endswith(_EOI))


def decode(message: CompressedImage) -> Rgb:
    """Return a JPEG's or PNG's picture as uint8 [H, W, 3]. Raise ImageError."""
    data = np.frombuffer(message.data, np.uint8)
    if "compressedDepth" in message.format:
        raise ImageError("compressedDepth carries distances, not a picture: choose a color topic")
    if data[:2].tobytes() == _SOI and not is_whole_jpeg(data):
        # OpenCV would silently fill the missing part with gray.
        raise ImageError(f"a JPEG of {len(data)} bytes is cut short: its end is missing")
    try:
        picture = decode_jpeg(data)
    except cv2.error as error:
        raise ImageError(f"the image can't be decoded: {error.err}") from None
    if picture is None:
        raise ImageError(
            f"{len(data)} bytes of format {message.format!r} can't be decoded as JPEG or PNG"
        )
    return picture


def decode_jpeg(data: bytes | NDArray[np.uint8]) -> Rgb | None:
    """Return a JPEG or PNG as uint8 RGB, shape [H, W, 3]; None if it can't be decoded."""
    if not len(data):
        return None
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def shrink(image: Rgb, max_side: int) -> Rgb:
    """Return the picture with a longer side of at most `max_side` pixels, by area averaging."""
    height, width = image.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
