"""Keep what a commentator says and sees in a database, and answer questions about the past.

ros2 launch video_commentary memory.launch.py memory_days:=7 memory_topics:=/front/image_raw

--show-args lists all arguments: every parameter of the node. demo.launch.py and desk.launch.py can
start it too.
"""

from __future__ import annotations

from launch import LaunchDescription

from video_commentary.ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Start the memory."""
    return describe("memory")
