"""What is missing of a camera's images, with cameras that keep their period and such that don't."""

from __future__ import annotations

import random
from statistics import mean

import pytest

from video_commentary.core.stamp import NANOSECONDS, from_seconds
from video_commentary.core.stamp_gaps import ENOUGH, StampGaps


def camera(
    lost: float, fps: float = 15.0, jitter: float = 0.0, images: int = 400, seed: int = 1
) -> StampGaps:
    chance = random.Random(seed)
    gaps = StampGaps()
    for index in range(images):
        if chance.random() >= lost:
            gaps.add(from_seconds(1000 + index / fps + chance.gauss(0, jitter)))
    return gaps


@pytest.mark.parametrize("fps", [0.5, 15.0, 60.0])
@pytest.mark.parametrize("lost", [0.0, 0.1, 0.33, 0.6])
def test_lost_images_show_as_gaps(lost: float, fps: float) -> None:
    found = [camera(lost, fps, seed=seed).missing for seed in range(20)]
    assert mean(found) == pytest.approx(lost, abs=0.03)
    assert max(found) - min(found) < 0.35


def test_a_camera_that_keeps_its_period_badly_loses_nothing() -> None:
    assert camera(0.0, jitter=0.008).missing < 0.1


def test_a_rate_that_changes_is_the_new_rate_before_long() -> None:
    gaps = camera(0.0, fps=30.0)
    for index in range(60):
        gaps.add(from_seconds(2000 + index / 15))
    assert gaps.missing == 0.0


def test_a_camera_that_slows_down_a_lot_after_losses_loses_nothing() -> None:
    gaps = camera(0.5)
    for index in range(ENOUGH + 5):
        gaps.add(from_seconds(2000 + 2 * index))
    assert gaps.missing == 0.0


def test_an_outage_is_not_loss() -> None:
    gaps = StampGaps()
    for index in [*range(40), *range(200, 240)]:
        gaps.add(from_seconds(index / 15))
    assert gaps.missing == 0.0


def test_nothing_is_said_too_early_nor_after_a_jump_backwards() -> None:
    gaps = StampGaps()
    for arrived in range(ENOUGH):  # every third image is missing
        gaps.add((arrived + arrived // 2) * NANOSECONDS // 15)
    assert gaps.missing == 0.0
    gaps.add((ENOUGH + ENOUGH // 2) * NANOSECONDS // 15)
    assert gaps.missing == pytest.approx(1 / 3, abs=0.05)
    gaps = camera(0.5)
    assert gaps.missing > 0.3
    gaps.add(0)
    assert gaps.missing == 0.0
