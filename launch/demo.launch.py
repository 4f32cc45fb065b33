"""Publish a video, or a test scene, as a camera and comment on it: http://127.0.0.1:8199

ros2 launch video_commentary demo.launch.py source:=/path/to/video.mp4 speaker:=true

--show-args lists all arguments: every parameter of the nodes. In another terminal,
`ros2 run video_commentary say watch` shows the comments as they grow.
"""

from __future__ import annotations

from launch import LaunchDescription

from video_commentary.ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Start the source, the commentator, the bridge and, where asked for, the others."""
    return describe("demo")
