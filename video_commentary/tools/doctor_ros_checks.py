"""What doctor checks of ROS: that it imports, our interfaces, and which cameras publish."""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module

from ..config.paths import PACKAGE, source_tree
from .doctor_finding import Finding, absent, present, tool_command

_IMAGES = {"sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"}


def ros() -> Finding:
    """Return which ROS this Python has."""
    try:
        import rclpy
    except ImportError as error:
        fix = "make setup" if source_tree() else "source /opt/ros/<distro>/setup.bash"
        return absent("ROS 2", f"rclpy does not import: {error}", fix, needed=True)
    sourced = os.environ.get("ROS_DISTRO")
    origin = sourced or f"from wheels in {sys.prefix}"
    middleware = rclpy.get_rmw_implementation_identifier()
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    return present("ROS 2", f"{origin}, {middleware}, domain {domain}")


def interfaces() -> Finding:
    """Return whether our messages and services are built."""
    fix = "make setup" if source_tree() else f"colcon build --packages-select {PACKAGE}"
    try:
        import_module(f"{PACKAGE}.msg")
        import_module(f"{PACKAGE}.srv")
    except ImportError as error:
        return absent("interfaces", f"not built: {error}", fix, needed=True)
    try:
        import_module("audio_common_msgs.msg")
    except ImportError:
        distro = os.environ.get("ROS_DISTRO")
        fix = f"sudo apt install ros-{distro}-audio-common-msgs" if distro else "make setup"
        return absent("interfaces", "audio_common_msgs is missing", fix, needed=True)
    return present("interfaces", "built, audio_common_msgs too")


def cameras(seconds: float) -> Finding:
    """Look for `seconds` and name the image topics that have a publisher."""
    try:
        import rclpy
    except ImportError:
        return absent("cameras", "not checked: no ROS", "", needed=False)
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("doctor", context=context, use_global_arguments=False)
    try:
        time.sleep(seconds)
        topics = sorted(
            name
            for name, types in node.get_topic_names_and_types()
            if _IMAGES & set(types) and node.count_publishers(name)
        )
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)
    if topics:
        return present("cameras", ", ".join(topics))
    fix = f"start a camera, or a test scene: {tool_command('run source')}"
    return absent("cameras", f"no image topic within {seconds:.0f} s", fix, needed=False)
