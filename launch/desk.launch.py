"""The desk's side of two machines joined by Wi-Fi: commentator and page, http://127.0.0.1:8199

ros2 launch video_commentary desk.launch.py image_topic:=/camera/image_raw engine:=minicpmo

--show-args lists all arguments: every parameter of the nodes. The robot runs robot.launch.py.
"""

from __future__ import annotations

from launch import LaunchDescription

from video_commentary.ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Start the commentator, the bridge and, where asked for, the speaker."""
    return describe("desk")
