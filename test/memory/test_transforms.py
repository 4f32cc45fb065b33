from __future__ import annotations

import math

import pytest

from video_commentary.memory.transforms import MAX_FRAMES, Quaternion, Transform, TransformTree


def turned(degrees: float, axis: str = "z") -> Quaternion:
    half = math.radians(degrees) / 2
    x, y, z = (math.sin(half) * (each == axis) for each in "xyz")
    return x, y, z, math.cos(half)


def at(x: float, y: float, z: float = 0.0, degrees: float = 0.0, axis: str = "z") -> Transform:
    return Transform((x, y, z), turned(degrees, axis))


def tree(*edges: tuple[str, str, Transform], static: bool = False) -> TransformTree:
    it = TransformTree()
    for parent, child, transform in edges:
        it.set(parent, child, transform, static)
    return it


def found(it: TransformTree, target: str, source: str) -> tuple[float, ...]:
    chain = it.find(target, source)
    assert chain
    return (*chain.transform.translation, math.degrees(chain.transform.yaw))


def test_a_chain_is_composed_from_the_root() -> None:
    robot = tree(("map", "odom", at(10, 0, 0, 90)), ("odom", "base_link", at(2, 1, 0.5, 45)))
    assert found(robot, "map", "base_link") == pytest.approx((9, 2, 0.5, 135))
    assert found(robot, "odom", "base_link") == pytest.approx((2, 1, 0.5, 45))
    assert found(robot, "map", "map") == (0, 0, 0, 0)


def test_the_way_back_and_across_a_common_frame() -> None:
    robot = tree(
        ("base_link", "left", at(1, 0.5)),
        ("base_link", "right", at(1, -0.5, 0, 90)),
        ("odom", "base_link", at(5, 5, 0, 30)),
    )
    assert found(robot, "left", "right") == pytest.approx((0, -1, 0, 90))
    assert found(robot, "right", "left") == pytest.approx((1, 0, 0, -90))
    there, back = found(robot, "odom", "left"), robot.find("left", "odom")
    assert back
    x, y, z = back.transform.inverse().translation
    assert (x, y, z) == pytest.approx(there[:3])


def test_tilted_frames_are_turned_in_space() -> None:
    robot = tree(("map", "a", at(0, 0, 0, 90, "y")), ("a", "b", at(1, 0, 0, 90, "x")))
    assert found(robot, "map", "b")[:3] == pytest.approx((0, 0, -1))
    tilted = tree(("map", "a", at(0, 0, 0, 60)), ("a", "b", at(0, 0, 0, 20, "y")))
    assert found(tilted, "map", "b")[3] == pytest.approx(60)


def test_the_newest_transform_and_parent_count() -> None:
    robot = tree(("map", "base_link", at(1, 1)), ("map", "base_link", at(2, 2)))
    assert found(robot, "map", "base_link") == (2, 2, 0, 0)
    robot.set("odom", "base_link", at(3, 3), False)
    assert robot.find("map", "base_link") is None
    assert found(robot, "odom", "base_link") == (3, 3, 0, 0)


def test_what_it_is_made_of_is_known() -> None:
    robot = tree(("map", "odom", at(1, 0)), ("odom", "base_link", at(1, 0)), static=True)
    robot.set("base_link", "arm", at(0, 0), False)
    chain, arm = robot.find("map", "base_link"), robot.find("map", "arm")
    assert chain and arm
    assert chain.static and chain.parents == {"base_link": "odom", "odom": "map"}
    assert not arm.static and arm.parents == {"arm": "base_link", **chain.parents}


def test_loops_and_frames_that_nothing_joins_lead_nowhere() -> None:
    loop = tree(
        ("a", "b", at(1, 0)), ("b", "a", at(1, 0)), ("x", "x", at(1, 0)), ("", "y", at(1, 0))
    )
    for target, source in (("map", "a"), ("map", "x"), ("y", "x"), ("a", "nowhere")):
        assert loop.find(target, source) is None
    assert loop.find("b", "a") is not None


def test_frames_are_bounded() -> None:
    many = tree(*((f"p{i}", f"c{i}", at(i, 0)) for i in range(MAX_FRAMES + 1)))
    assert many.find(f"p{MAX_FRAMES}", f"c{MAX_FRAMES}") is None
    many.set("p0", "c0", at(7, 0), False)
    assert found(many, "p0", "c0")[0] == 7


@pytest.mark.parametrize(
    ("translation", "rotation"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
        ((math.nan, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)),
        ((0.0, 0.0, 0.0), (0.0, math.inf, 0.0, 1.0)),
    ],
)
def test_numbers_that_are_no_transform_are_refused(
    translation: tuple[float, float, float], rotation: Quaternion
) -> None:
    with pytest.raises(ValueError, match="no transform"):
        Transform(translation, rotation)


def test_a_rotation_is_made_one() -> None:
    assert Transform((0, 0, 0), (0, 0, 3, 3)).yaw == pytest.approx(math.pi / 2)
