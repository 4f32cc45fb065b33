from __future__ import annotations

import array
import builtins
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image

from video_commentary.ros.images import ImageError, decode, shrink, to_rgb

H, W = 24, 32
RGB = np.zeros((H, W, 3), np.uint8)
RGB[:12, :16] = (200, 30, 40)
RGB[:12, 16:] = (20, 180, 60)
RGB[12:, :16] = (40, 50, 220)
RGB[12:, 16:] = (128, 128, 128)
GRAY = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)


def message(encoding: str, pixels: NDArray[Any], pad: int = 0, big: bool = False) -> Image:
    rows: NDArray[Any] = pixels.reshape(H, -1)
    if big:
        rows = rows.astype(rows.dtype.newbyteorder(">"))
    data: NDArray[np.uint8] = np.ascontiguousarray(rows).view(np.uint8).reshape(H, -1)
    data = np.pad(data, ((0, 0), (0, pad)), constant_values=77)
    return Image(
        height=H,
        width=W,
        encoding=encoding,
        step=data.shape[1],
        is_bigendian=int(big),
        data=array.array("B", data.tobytes()),
    )


def mosaic(pattern: str) -> NDArray[np.uint8]:
    """Return what a sensor with this 2x2 pattern sees of the picture."""
    out = np.zeros((H, W), np.uint8)
    for i, color in enumerate(pattern):
        y, x = divmod(i, 2)
        out[y::2, x::2] = RGB[y::2, x::2, "rgb".index(color)]
    return out


def yuv422(order: str) -> NDArray[np.uint8]:
    """Return ITU-R BT.601 limited range 4:2:2 in the byte order given, as cameras send it."""
    yuv = cv2.cvtColor(RGB, cv2.COLOR_RGB2YUV_I420)
    y = yuv[:H]
    u = yuv[H : H + H // 4].reshape(H // 2, W // 2).repeat(2, 0)
    v = yuv[H + H // 4 :].reshape(H // 2, W // 2).repeat(2, 0)
    planes = {"y": y[:, 0::2], "Y": y[:, 1::2], "u": u, "v": v}
    return np.stack([planes[c] for c in order], axis=-1).reshape(H, W * 2).astype(np.uint8)


CASES: dict[str, tuple[NDArray[Any], NDArray[np.uint8], int]] = {
    "rgb8": (RGB, RGB, 0),
    "bgr8": (RGB[..., ::-1], RGB, 0),
    "rgba8": (np.dstack([RGB, GRAY]), RGB, 0),
    "bgra8": (np.dstack([RGB[..., ::-1], GRAY]), RGB, 0),
    "mono8": (GRAY, np.dstack([GRAY] * 3), 0),
    "mono16": (GRAY.astype(np.uint16) * 257, np.dstack([GRAY] * 3), 0),
    "rgb16": (RGB.astype(np.uint16) * 257, RGB, 0),
    "bgr16": (RGB[..., ::-1].astype(np.uint16) * 257, RGB, 0),
    "yuv422_yuy2": (yuv422("yuYv"), RGB, 6),
    "yuyv": (yuv422("yuYv"), RGB, 6),
    "yuv422": (yuv422("uyvY"), RGB, 6),
    "uyvy": (yuv422("uyvY"), RGB, 6),
    "bayer_rggb8": (mosaic("rggb"), RGB, 6),
    "bayer_bggr8": (mosaic("bggr"), RGB, 6),
    "bayer_gbrg8": (mosaic("gbrg"), RGB, 6),
    "bayer_grbg8": (mosaic("grbg"), RGB, 6),
    "bayer_rggb16": (mosaic("rggb").astype(np.uint16) * 257, RGB, 6),
}


def same(got: NDArray[np.uint8], wanted: NDArray[np.uint8], tolerance: int) -> None:
    """Compare away from the edges between the fields, where interpolation mixes colors."""
    assert got.shape == (H, W, 3)
    assert got.dtype == np.uint8
    for y in (6, 18):
        for x in (8, 24):
            assert np.abs(got[y, x].astype(int) - wanted[y, x].astype(int)).max() <= tolerance


@pytest.mark.parametrize("pad", [0, 5, 64])
@pytest.mark.parametrize("encoding", CASES)
def test_every_encoding_gives_the_picture_also_with_padded_rows(encoding: str, pad: int) -> None:
    pixels, wanted, tolerance = CASES[encoding]
    pad += pad % pixels.dtype.itemsize
    same(to_rgb(message(encoding, pixels, pad)), wanted, tolerance)


@pytest.mark.parametrize("encoding", ["mono16", "rgb16", "bayer_rggb16"])
def test_big_endian_pixels_are_swapped(encoding: str) -> None:
    pixels, wanted, tolerance = CASES[encoding]
    pixels = (pixels & 0xFF00).astype(pixels.dtype)
    same(to_rgb(message(encoding, pixels, big=True)), wanted, tolerance + 1)


def test_the_last_row_may_lack_its_padding() -> None:
    padded = message("rgb8", RGB, pad=10)
    padded.data = padded.data[:-10]
    same(to_rgb(padded), RGB, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": array.array("B", b"\0" * 100)}, "cut short"),
        ({"step": 10}, "cut short"),
        ({"width": 0}, "no pixels"),
    ],
)
def test_a_broken_message_is_refused(change: dict[str, Any], words: str) -> None:
    broken = message("rgb8", RGB)
    for name, value in change.items():
        setattr(broken, name, value)
    with pytest.raises(ImageError, match=words):
        to_rgb(broken)


@pytest.mark.parametrize("encoding", ["uyvy", "yuyv"])
def test_an_odd_width_of_shared_colours_is_refused(encoding: str) -> None:
    odd = message(encoding, CASES[encoding][0])
    odd.width = W - 1
    with pytest.raises(ImageError, match=f"31x24 {encoding} can't be converted"):
        to_rgb(odd)


def test_an_unknown_encoding_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_cv_bridge(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "cv_bridge":
            raise ImportError("not installed")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_cv_bridge)
    with pytest.raises(ImageError, match=r"'hsv9'.*publish one of: .*bgr8"):
        to_rgb(message("hsv9", RGB))


def compressed(extension: str, format: str) -> CompressedImage:
    data = cv2.imencode(extension, RGB[..., ::-1])[1].tobytes()
    return CompressedImage(format=format, data=array.array("B", data))


@pytest.mark.parametrize(("extension", "tolerance"), [(".jpg", 25), (".png", 0)])
def test_compressed_images_are_decoded(extension: str, tolerance: int) -> None:
    same(decode(compressed(extension, "rgb8; jpeg compressed bgr8")), RGB, tolerance)


def test_a_truncated_jpeg_is_refused_not_filled_with_gray() -> None:
    cut = compressed(".jpg", "jpeg")
    cut.data = cut.data[: len(cut.data) // 2]
    with pytest.raises(ImageError, match="cut short"):
        decode(cut)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG broken"])
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="can't be decoded as JPEG or PNG"):
        decode(CompressedImage(format="jpeg", data=array.array("B", data)))


def test_depth_is_refused_with_advice() -> None:
    with pytest.raises(ImageError, match="color topic"):
        decode(CompressedImage(format="16UC1; compressedDepth", data=array.array("B", b"x")))


def test_large_pictures_are_shrunk_and_small_ones_left() -> None:
    big = np.zeros((2160, 3840, 3), np.uint8)
    assert shrink(big, 1280).shape == (720, 1280, 3)
    assert shrink(RGB, 1280) is RGB
