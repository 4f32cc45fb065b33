"""Rosbags recorded with rosbags' own writer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

STORE = get_typestore(Stores.ROS2_JAZZY)
STORAGE = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}
RECORDED = 1_700_000_000.0
"""When the first message was recorded, seconds."""


def header(stamp: float, frame_id: str = "front_camera") -> Any:
    sec = int(stamp)
    time = STORE.types["builtin_interfaces/msg/Time"](sec, round((stamp - sec) * 1e9))
    return STORE.types["std_msgs/msg/Header"](time, frame_id)


def image(stamp: float, picture: NDArray[np.uint8]) -> Any:
    height, width = picture.shape[:2]
    kind = STORE.types["sensor_msgs/msg/Image"]
    return kind(header(stamp), height, width, "rgb8", 0, width * 3, picture.reshape(-1))


def jpeg(stamp: float, picture: NDArray[np.uint8]) -> Any:
    _, data = cv2.imencode(".jpg", picture[..., ::-1])
    return STORE.types["sensor_msgs/msg/CompressedImage"](header(stamp), "rgb8; jpeg", data)


def record(
    folder: Path,
    topics: dict[str, Sequence[tuple[float, Any]]],
    storage: str = "mcap",
) -> Path:
    """Write each topic's messages; each comes with the seconds after `RECORDED` it was received."""
    with Writer(folder, version=9, storage_plugin=STORAGE[storage]) as writer:
        for topic, messages in topics.items():
            kind = messages[0][1].__msgtype__
            connection = writer.add_connection(topic, kind, typestore=STORE)
            for received, message in messages:
                data = STORE.serialize_cdr(message, kind)
                writer.write(connection, round((RECORDED + received) * 1e9), data)
    return folder
