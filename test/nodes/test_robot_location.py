"""Where the robot is, by topics of this process: over DDS."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import NavSatFix, NavSatStatus
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from test.nodes.graph import Probe, probe
from video_commentary.config.memory_settings import MemorySettings
from video_commentary.core.location import GeoFix, Location, PlanarPose
from video_commentary.memory.named_places import NamedPlace, NamedPlaces
from video_commentary.nodes.memory import robot_location
from video_commentary.nodes.memory.robot_location import RobotLocation

DOCK = NamedPlace(Location(name="the dock", pose=PlanarPose(frame="map", x=9, y=2, yaw=0)), 1.5)
STATIC = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        yield it


def transforms(*edges: tuple[str, str, float, float, float]) -> TFMessage:
    """Return edges: parent, child, x, y and the yaw in degrees."""
    return TFMessage(transforms=[edge(*each) for each in edges])


def edge(parent: str, child: str, x: float, y: float, degrees: float) -> TransformStamped:
    half = math.radians(degrees) / 2
    rotation = Quaternion(z=math.sin(half), w=math.cos(half))
    transform = Transform(translation=Vector3(x=x, y=y), rotation=rotation)
    header = Header(frame_id=parent)
    return TransformStamped(header=header, child_frame_id=child, transform=transform)


def located(graph: Probe, settings: MemorySettings) -> RobotLocation:
    def now() -> int:
        return int(graph.node.get_clock().now().nanoseconds)

    return RobotLocation(graph.node, settings, NamedPlaces((DOCK,)), now)


def test_transforms_and_a_fix_say_where_it_is(graph: Probe) -> None:
    static = graph.node.create_publisher(TFMessage, "/tf_static", STATIC)
    static.publish(transforms(("map", "odom", 10.0, 0.0, 90.0)))  # before it listens
    it = located(graph, MemorySettings())
    assert it.words == ""
    broken = edge("map", "base_link", 1.0, 1.0, 0.0)
    broken.transform.rotation = Quaternion(w=0.0)
    joints = transforms(*((f"link{i}", f"joint{i}", 1.0, 0.0, 0.0) for i in range(20)))
    odometry = transforms(("odom", "base_link", 2.0, 1.0, 45.0))
    none = NavSatFix(status=NavSatStatus(status=NavSatStatus.STATUS_NO_FIX), latitude=7.0)
    fix = NavSatFix(latitude=52.5163, longitude=13.3777)

    def publish(message: Any, topic: str) -> None:
        graph.publish(type(message), topic, message, True)

    def known() -> Location | None:
        publish(TFMessage(transforms=[broken]), "/tf")
        publish(joints, "/tf")
        publish(odometry, "/tf")
        publish(none, "/fix")
        publish(NavSatFix(latitude=math.nan), "/fix")
        publish(fix, "/fix")
        graph.spin(0.1)
        found = it.find(int(graph.now() * 1e9))
        return found if found and found.name and found.fix else None

    found = graph.until(known, what="a location")
    assert found.name == "the dock"
    assert found.fix == GeoFix(latitude=52.5163, longitude=13.3777)
    assert found.pose.frame == "map"
    assert (found.pose.x, found.pose.y) == pytest.approx((9, 2))
    assert math.degrees(found.pose.yaw) == pytest.approx(135)
    assert it.words == "near the dock, at 9.0, 2.0 m on the map"


def test_without_tf2_msgs_it_says_so_and_takes_the_fix(
    graph: Probe, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(robot_location, "TFMessage", None)
    it = located(graph, MemorySettings(memory_fix_topic="/gps/fix"))
    assert "tf2_msgs is not installed" in capfd.readouterr().err
    fix = NavSatFix(latitude=1.0, longitude=2.0)

    def known() -> str:
        graph.publish(NavSatFix, "/gps/fix", fix, reliable=False)
        return it.words

    assert graph.until(known, what="a fix") == "at 1.00000° N, 2.00000° E"


def test_nothing_is_subscribed_where_the_settings_name_nothing(graph: Probe) -> None:
    located(graph, MemorySettings(memory_fixed_frames=("",), memory_fix_topic=""))
    assert {"/tf", "/tf_static", "/fix"}.isdisjoint(
        subscription.topic_name for subscription in graph.node.subscriptions
    )
