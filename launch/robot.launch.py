"""The robot's side of two machines joined by Wi-Fi: its camera, and the commentator's speech.

ros2 launch video_commentary robot.launch.py source:=/dev/video0

Without source:= only the speaker is started; start the camera's driver with the profile for lossy
links then (docs/network.md). speaker:=false where there is no sound card. --show-args lists all
arguments. The desk runs desk.launch.py.
"""

from __future__ import annotations

from launch import LaunchDescription

from video_commentary.ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Start the source, where one is asked for, and the speaker."""
    return describe("robot")
