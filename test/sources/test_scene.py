from __future__ import annotations

import zipfile
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.config.paths import models_dir
from video_commentary.core.change import ChangeDetector, Intensity
from video_commentary.core.frames import Frame
from video_commentary.core.stamp import from_seconds
from video_commentary.sources.frame_counter import read_index
from video_commentary.sources.scene import ACTORS, CYCLE, StreetScene

FPS = 10.0


@pytest.fixture(scope="module")
def scene() -> StreetScene:
    scene = StreetScene(640, 480, FPS)
    scene.open()
    return scene


def test_every_frame_follows_from_its_index(scene: StreetScene) -> None:
    other = StreetScene(640, 480, FPS)
    for index in (300, 70, 0):
        np.testing.assert_array_equal(other.frame(index)[0], scene.frame(index)[0])


def test_reads_in_order_with_times_and_a_clock() -> None:
    scene = StreetScene(320, 240, FPS, clock=True)
    scene.open()
    for index in range(5):
        frame = scene.read()
        assert frame.time == index / FPS
        assert frame.image is not None and frame.image.shape == (240, 320, 3)
        assert read_index(frame.image) == index


def test_every_actor_appears_once(scene: StreetScene) -> None:
    seen = [scene.frame(index)[1] for index in range(int(CYCLE * FPS))]
    for actor in ACTORS:
        there = np.array([actor.name in names for names in seen], int)
        assert (np.diff(there) == 1).sum() == 1 and (np.diff(there) == -1).sum() == 1
    assert seen[0] == seen[-1] == ()


def test_is_still_until_the_first_actor(scene: StreetScene) -> None:
    detector = ChangeDetector()
    changes = {}
    for second in (n / 2 for n in range(18)):
        image, _ = scene.frame(int(second * FPS))
        changes[second] = detector.observe(Frame(image, from_seconds(second), "", 0)).intensity
    assert all(changes[second] is Intensity.NONE for second in changes if 0.5 <= second < 5.5)
    assert all(changes[second] is not Intensity.NONE for second in changes if second >= 6.5)


def test_light_goes_down_and_comes_back(scene: StreetScene) -> None:
    bright, dark, again = (scene.frame(int(s * FPS))[0].mean() for s in (50, 54, 58))
    assert dark < 0.6 * bright
    assert again == pytest.approx(bright, rel=0.01)


@pytest.mark.parametrize("size", [(64, 64), (1280, 720)])
def test_draws_at_any_size(size: tuple[int, int]) -> None:
    scene = StreetScene(*size, FPS)
    for second in (0, 8, 22, 38):
        assert scene.frame(int(second * FPS))[0].shape == (size[1], size[0], 3)


def test_the_detector_recognizes_people_and_car(scene: StreetScene) -> None:
    detect = _detector()
    people = [detect(scene.frame(int(second * FPS))[0]) for second in np.arange(7, 15, 0.5)]
    assert np.mean([max(found.get("person", [0])) >= 0.5 for found in people]) >= 0.8
    pairs = [detect(scene.frame(int(second * FPS))[0]) for second in np.arange(36, 41, 0.5)]
    assert all(len([s for s in found.get("person", []) if s >= 0.5]) == 2 for found in pairs)
    cars = [detect(scene.frame(int(second * FPS))[0]) for second in np.arange(21, 23.5, 0.5)]
    assert np.mean([max(found.get("car", [0])) >= 0.5 for found in cars]) >= 0.8
    assert detect(scene.frame(0)[0]) == {}


def _detector() -> Callable[[NDArray[np.uint8]], dict[str, list[float]]]:
    """Return a function from an image to the scores above 0.35, by label."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    model = models_dir() / "builtin" / "efficientdet_lite0.tflite"
    if not model.exists():
        pytest.skip("no detector here: `fetch_model builtin` gets it")
    labels = zipfile.ZipFile(model).read("labelmap.txt").decode().splitlines()
    interpreter = litert.Interpreter(str(model), num_threads=2)
    interpreter.allocate_tensors()
    outputs = {out["name"]: out["index"] for out in interpreter.get_output_details()}

    def detect(image: NDArray[np.uint8]) -> dict[str, list[float]]:
        square = np.full((1, 320, 320, 3), 127, np.uint8)
        square[0, :240] = cv2.resize(image, (320, 240), interpolation=cv2.INTER_AREA)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], square)
        interpreter.invoke()
        kinds = interpreter.get_tensor(outputs["StatefulPartitionedCall:2"])[0]
        scores = interpreter.get_tensor(outputs["StatefulPartitionedCall:1"])[0]
        found: dict[str, list[float]] = {}
        for kind, score in zip(kinds, scores, strict=True):
            if score >= 0.35:
                found.setdefault(labels[int(kind)], []).append(float(score))
        return found

    return detect
