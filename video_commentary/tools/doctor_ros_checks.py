"""What doctor checks of ROS: that it imports, and our interfaces."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from ..config.paths import PACKAGE, source_tree
from .doctor_finding import Finding, absent, present

_OTHERS = {
    "audio_common_msgs": "",
    "vision_msgs": "",
    "tf2_msgs": "the memory knows no places on a map (docs/memory.md)",
}
"""Packages of messages that not every distribution brings, and what is lost without one.

Nothing of this package runs without those that name no loss.
"""


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
    for package, loss in _OTHERS.items():
        try:
            import_module(f"{package}.msg")
        except ImportError:
            distro = os.environ.get("ROS_DISTRO")
            name = f"ros-{distro}-{package.replace('_', '-')}"
            fix = f"sudo apt install {name}" if distro else "make setup"
            missing = f"{package} is missing" + (f": {loss}" if loss else "")
            return absent("interfaces", missing, fix, needed=not loss)
    *others, last = _OTHERS
    return present("interfaces", f"built, {', '.join(others)} and {last} too")
