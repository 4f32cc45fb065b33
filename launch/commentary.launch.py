"""Comment on a robot's camera.

ros2 launch video_commentary commentary.launch.py image_topic:=/front/image_raw \
    instruction:="Talk about the people only" namespace:=robot1 params_file:=my.yaml

--show-args lists all arguments: every parameter of the commentator. To remap, include this file
in a group with SetRemap; to use several robots, give each its namespace.
"""

from __future__ import annotations

from launch import LaunchDescription

from video_commentary.ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Start the commentator; it configures and activates itself."""
    return describe("commentator")
