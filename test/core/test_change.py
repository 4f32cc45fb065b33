from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from video_commentary.core.change import ChangeDetector, Intensity, cells, drift
from video_commentary.core.frames import Frame
from video_commentary.core.stamp import from_seconds

VIDEO = Path(__file__).parents[3] / "shared/media/vtest.avi"
Image = NDArray[np.uint8]


def scene(height: int = 480, width: int = 640) -> NDArray[np.float64]:
    random = np.random.default_rng(1)
    blocks = random.uniform(20, 200, (height // 16 + 1, width // 16 + 1, 3))
    return blocks.repeat(16, 0).repeat(16, 1)[:height, :width]


def noisy(picture: NDArray[np.float64], seed: int, sigma: float = 2.0) -> Image:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def frame(image: Image, number: int) -> Frame:
    return Frame(image, from_seconds(number * 0.5), "camera", number)


@pytest.mark.parametrize("sigma", [0.0, 2.0, 8.0])
@pytest.mark.parametrize("size", [(480, 640), (720, 1280), (333, 517)])
def test_sensor_noise_is_no_change(sigma: float, size: tuple[int, int]) -> None:
    detector, picture = ChangeDetector(), scene(*size)
    detector.observe(frame(noisy(picture, 0, sigma), 0))
    for number in range(1, 12):
        change = detector.observe(frame(noisy(picture, number, sigma), number))
        assert change.intensity is Intensity.NONE
        assert change.box is None


def test_exposure_drift_is_no_change() -> None:
    detector, picture = ChangeDetector(), scene()
    for number in range(20):
        gain, offset = 0.6 + 0.03 * number, 0.5 * number
        change = detector.observe(frame(noisy(picture * gain + offset, number), number))
        assert number == 0 or change.intensity is Intensity.NONE


@pytest.mark.parametrize("colour", [(10, 10, 10), (200, 150, 120), (250, 250, 250)])
def test_a_hand_is_a_brief_change_and_is_found(colour: tuple[int, int, int]) -> None:
    detector, picture = ChangeDetector(), np.full((480, 640, 3), 90.0)
    for number in range(4):
        detector.observe(frame(noisy(picture, number), number))
    picture[200:220, 400:420] = colour
    change = detector.observe(frame(noisy(picture, 4), 4))
    assert change.intensity is Intensity.BRIEF
    assert change.score > 2
    assert change.box == pytest.approx((400 / 640, 200 / 480, 420 / 640, 220 / 480), abs=0.03)
    # The mean over the whole picture, which missed it, is far below its threshold of 2.
    assert np.abs(picture - 90).mean() < 0.5


def test_what_changed_is_known_afterwards() -> None:
    detector, picture = ChangeDetector(), scene()
    detector.observe(frame(noisy(picture, 0), 0))
    picture[100:300, 100:300] = 0
    assert detector.observe(frame(noisy(picture, 1), 1)).intensity is Intensity.NORMAL
    assert detector.observe(frame(noisy(picture, 2), 2)).intensity is Intensity.NONE


def test_small_steps_add_up() -> None:
    detector, picture = ChangeDetector(), np.full((480, 640, 3), 100.0)
    detector.observe(frame(noisy(picture, 0, 1.0), 0))
    found = []
    for number in range(1, 10):
        picture[200:240, 300:340] += 2
        found.append(detector.observe(frame(noisy(picture, number, 1.0), number)).intensity)
    assert found[0] is Intensity.NONE
    assert max(found) is not Intensity.NONE


def test_a_lamp_and_a_cut_are_changes_of_the_whole() -> None:
    detector, picture = ChangeDetector(), scene()
    detector.observe(frame(noisy(picture, 0), 0))
    assert detector.observe(frame(noisy(picture * 0.5, 1), 1)).intensity is Intensity.NORMAL
    cut = detector.observe(frame(noisy(picture[::-1, ::-1] * 0.5, 2), 2))
    assert cut.intensity is Intensity.NORMAL
    assert cut.box is not None
    assert cut.box[2] - cut.box[0] > 0.9


def test_the_first_frame_another_size_and_a_jump_backwards_start_over() -> None:
    detector, picture = ChangeDetector(), noisy(scene(), 0)
    assert detector.observe(frame(picture, 5)).intensity is Intensity.NORMAL
    assert detector.observe(frame(picture, 6)).intensity is Intensity.NONE
    assert detector.observe(frame(picture[::2, ::2], 7)).intensity is Intensity.NORMAL
    assert detector.observe(frame(picture[::2, ::2], 1)).intensity is Intensity.NORMAL


def test_a_higher_threshold_sees_less() -> None:
    before = np.full((480, 640, 3), 90.0)
    after = before.copy()
    after[200:220, 400:420] += 12

    def intensity(threshold: float) -> Intensity:
        detector = ChangeDetector(threshold)
        detector.observe(frame(noisy(before, 0, 1.0), 0))
        return detector.observe(frame(noisy(after, 1, 1.0), 1)).intensity

    assert intensity(0.5) is Intensity.BRIEF
    assert intensity(10.0) is Intensity.NONE


@given(height=st.integers(1, 60), width=st.integers(1, 900), level=st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_any_size_and_level(height: int, width: int, level: int) -> None:
    detector = ChangeDetector()
    image = np.full((height, width, 3), level, np.uint8)
    detector.observe(frame(image, 0))
    assert detector.observe(frame(image, 1)).intensity is Intensity.NONE
    other = detector.observe(frame(255 - image, 2))
    assert np.isfinite(other.score)
    assert cells(image).mean() == pytest.approx(level)


@given(gain=st.floats(0.5, 1.2), offset=st.floats(-10, 10), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_drift_is_found_beside_what_moves(gain: float, offset: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    before = random.uniform(40, 180, (60, 80, 3)).astype(np.float32)
    after = (before * gain + offset).astype(np.float32)
    after[:20] = random.uniform(0, 255, (20, 80, 3))
    assert drift(before, after) == pytest.approx((gain, offset), abs=0.6)


@pytest.mark.skipif(not VIDEO.exists(), reason="needs ../shared/media/vtest.avi")
def test_every_half_second_of_walking_people_is_a_change() -> None:
    import cv2

    capture, detector = cv2.VideoCapture(str(VIDEO)), ChangeDetector()
    found = []
    for number in range(300):
        _, image = capture.read()
        if number % 5 == 0:
            rgb = np.asarray(image, np.uint8)[:, :, ::-1]
            found.append(detector.observe(Frame(rgb, from_seconds(number / 10), "camera", number)))
    assert all(change.intensity is not Intensity.NONE for change in found)
    # The lawn in the lower left corner is empty all the time.
    boxes = [change.box for change in found[1:] if change.box]
    assert np.median([box[3] for box in boxes]) < 0.8
