from __future__ import annotations

import gc
from base64 import b64decode

import cv2
import numpy as np

from test.engines.server.asking import request
from test.fakes import frame
from video_commentary.core.frames import Frame
from video_commentary.engines.server.chat import JpegUrls, messages


def picture(url: str) -> tuple[int, int]:
    data = np.frombuffer(b64decode(url.removeprefix("data:image/jpeg;base64,")), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert image is not None
    return int(image.shape[1]), int(image.shape[0])


def test_what_stays_comes_first_and_frames_oldest_first() -> None:
    jpegs = JpegUrls(448, 80)
    asked = request()
    system, user = messages(asked, jpegs)
    assert system == {"role": "system", "content": asked.prompt.system}
    kinds = [part["type"] for part in user["content"]]
    assert kinds == ["image_url"] * 4 + ["text"]
    urls = [part["image_url"]["url"] for part in user["content"][:4]]
    assert urls == [jpegs.url(f) for f in asked.frames]


def test_frames_that_two_requests_share_are_the_same_bytes() -> None:
    jpegs = JpegUrls(448, 80)
    first = messages(request(), jpegs)[1]["content"][1:4]
    second = messages(request(start=1), jpegs)[1]["content"][:3]
    assert first == second
    assert jpegs.encoded == 5


def test_frames_are_sent_as_large_as_set_and_never_enlarged() -> None:
    large = Frame(np.zeros((300, 600, 3), np.uint8), 0, "camera", 0)
    assert picture(JpegUrls(448, 80).url(large)) == (448, 224)
    assert picture(JpegUrls(1000, 80).url(large)) == (600, 300)


def test_a_lower_quality_is_smaller() -> None:
    it = frame(0.0)
    assert len(JpegUrls(448, 20).url(it)) < 0.7 * len(JpegUrls(448, 90).url(it))


def test_colors_come_out_as_they_went_in() -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    url = JpegUrls(448, 95).url(Frame(red, 0, "camera", 0))
    data = np.frombuffer(b64decode(url.split(",")[1]), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert image is not None
    blue, _, red_back = image[16, 16]
    assert red_back > 240
    assert blue < 15


def test_a_frame_that_is_gone_is_forgotten() -> None:
    jpegs = JpegUrls(448, 80)
    it = frame(0.0)
    jpegs.url(it)
    del it
    gc.collect()
    assert len(jpegs._urls) == 0
