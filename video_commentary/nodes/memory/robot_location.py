"""Where the robot is, by the topics of its localization: /tf, /tf_static and a fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import NavSatFix, NavSatStatus

from ...config.memory_settings import MemorySettings
from ...core.location import GeoFix, Location, location_words
from ...core.stamp import Stamp
from ...memory.location_history import LocationHistory
from ...memory.named_places import NamedPlaces
from ...memory.pose_tracker import PoseTracker
from ...memory.transforms import Transform

try:
    from tf2_msgs.msg import TFMessage
except ImportError:
    TFMessage = None

# A lost transform is followed by the next one, so it is not worth sending again over Wi-Fi.
_TF = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
_TF_STATIC = QoSProfile(
    depth=100,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
_FIX = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)


class RobotLocation:
    """Subscribes what the settings name, and remembers the last half minute of it."""

    def __init__(
        self, node: Node, settings: MemorySettings, places: NamedPlaces, now: Callable[[], Stamp]
    ) -> None:
        """`now`: this machine's time."""
        self._now = now
        self._places = places
        fixed = tuple(filter(None, settings.memory_fixed_frames))
        self._tracker = PoseTracker(fixed, settings.memory_robot_frame)
        self._fixes: LocationHistory[GeoFix] = LocationHistory()
        if fixed and TFMessage is None:
            node.get_logger().warning(
                "tf2_msgs is not installed, so entries carry no place on a map: sudo apt install "
                "ros-$ROS_DISTRO-tf2-msgs, or make setup"
            )
        elif fixed:
            # Raw: reading every message of a robot with many joints would cost much of a core.
            node.create_subscription(TFMessage, "/tf", self._on_tf, _TF, raw=True)
            node.create_subscription(TFMessage, "/tf_static", self._on_static, _TF_STATIC)
        if settings.memory_fix_topic:
            node.create_subscription(NavSatFix, settings.memory_fix_topic, self._on_fix, _FIX)

    def find(self, time: Stamp) -> Location | None:
        """Return where the robot was at a time of the last half minute; None if unknown."""
        pose, fix = self._tracker.find(time), self._fixes.find(time)
        if pose is None and fix is None:
            return None
        location = Location(pose=pose, fix=fix)
        return replace(location, name=self._places.name(location))

    @property
    def words(self) -> str:
        """Where it is now, for people; empty if unknown."""
        location = self.find(self._now())
        return location_words(location) if location else ""

    def _on_tf(self, data: bytes) -> None:
        if self._tracker.wants(data, self._now()):
            self._take(deserialize_message(data, TFMessage), static=False)

    def _on_static(self, message: Any) -> None:
        self._take(message, static=True)

    def _take(self, message: Any, static: bool) -> None:
        transforms = []
        for each in message.transforms:
            moved, turned = each.transform.translation, each.transform.rotation
            try:
                transform = Transform(
                    (moved.x, moved.y, moved.z), (turned.x, turned.y, turned.z, turned.w)
                )
            except ValueError:
                continue  # a robot's odometry may send zeros before it knows better
            transforms.append((each.header.frame_id, each.child_frame_id, transform))
        self._tracker.add(transforms, static, self._now())

    def _on_fix(self, message: NavSatFix) -> None:
        time = self._now()
        if message.status.status == NavSatStatus.STATUS_NO_FIX or not self._fixes.wants(time):
            return
        try:
            fix = GeoFix(latitude=message.latitude, longitude=message.longitude)
        except ValueError:
            return  # receivers without a fix may send NaN
        self._fixes.add(time, fix)
