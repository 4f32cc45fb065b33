"""The settings of the memory node: a part of the table in settings.py."""

from __future__ import annotations

from dataclasses import dataclass

from .node_settings import NodeSettings
from .rules import setting


@dataclass(frozen=True)
class MemorySettings(NodeSettings):
    """Settings of the memory node."""

    memory_path: str = setting(
        "", "Database file; empty for one named after the node, in ~/.ros/video_commentary"
    )
    memory_days: float = setting(
        30.0, "Days after which entries are deleted", low=0.01, high=3650.0, live=True
    )
    memory_megabytes: int = setting(
        2000,
        "Size of the database above which the oldest entries are deleted, MB",
        low=16,
        high=1_000_000,
        live=True,
    )
    memory_thumbnails: bool = setting(True, "Keep a small picture with each entry")
    memory_topics: tuple[str, ...] = setting(
        ("/camera/image_raw",), "Image topics for these pictures and for clips, one per camera"
    )
    memory_commentator: str = setting(
        "commentator", "Name of the commentator to remember, with its namespace"
    )
    # clips
    clip_seconds: float = setting(
        20.0,
        "Seconds of each camera held for clips, before what they are kept for; 0 for no clips",
        low=0.0,
        high=300.0,
    )
    clip_after: float = setting(
        10.0, "Seconds for which a clip goes on after that", low=0.0, high=60.0, live=True
    )
    clip_on_alert: bool = setting(True, "Whether an alert makes a clip", live=True)
    clip_format: str = setting(
        "mcap",
        "mcap (a rosbag; the page gets an mp4 made of it when it is played) or mp4, compressed "
        "again as it is written",
        choices=("mcap", "mp4"),
    )
    clip_fps: float = setting(
        10.0, "Pictures a second in a clip, at most, chosen by header stamp", low=0.1, high=60.0
    )
    clip_max_side: int = setting(
        640,
        "Longer side, in pixels, to which raw images are scaled down for clips; JPEGs are kept as "
        "they come",
        low=64,
        high=7680,
    )
    clip_buffer_megabytes: int = setting(
        64, "Size above which the oldest pictures held are dropped, MB", low=1, high=4096
    )
    clip_folder: str = setting(
        "", "Folder of the clips; empty for one beside the database, named like it"
    )
    clip_disk_megabytes: int = setting(
        1000,
        "Size of all clips above which the oldest are deleted, MB",
        low=1,
        high=1_000_000,
        live=True,
    )
    # where the robot was
    memory_fixed_frames: tuple[str, ...] = setting(
        ("map", "odom"),
        "Frames in which entries say where the robot was, by /tf: the first that is joined to "
        "memory_robot_frame; empty for none",
    )
    memory_robot_frame: str = setting("base_link", "The robot's own frame")
    memory_fix_topic: str = setting(
        "/fix", "Topic of latitude and longitude (sensor_msgs/NavSatFix); empty for none"
    )
    places_file: str = setting(
        "", "YAML file of named places, for answers such as near the dock (docs/memory.md)"
    )
