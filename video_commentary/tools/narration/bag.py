"""A camera's topic in a rosbag to narrate: mcap, sqlite3 or ROS 1, without a ROS installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.typesys import Stores, get_typestore

from ...core.stamp import NANOSECONDS
from ...ros.images import ImageError, decode, to_rgb
from .footage import FootageError, Rgb, Shot, identity

_KINDS = {"sensor_msgs/msg/Image": to_rgb, "sensor_msgs/msg/CompressedImage": decode}


class BagFootage:
    """One image topic. A picture's time is when it was recorded, its stamp the camera's own."""

    has_sound = False

    def __init__(self, path: Path, topic: str, choose: Callable[[list[str]], str]) -> None:
        """Look into the bag. Raise FootageError."""
        # A file inside a ROS 2 bag's folder means the folder; a single file means itself.
        inside = path.suffix in (".mcap", ".db3") and (path.parent / "metadata.yaml").exists()
        self.path = path.parent if inside else path
        try:
            with self._open() as reader:
                topics = {c.topic: c.msgtype for c in reader.connections if c.msgtype in _KINDS}
                self.duration = reader.duration / 1e9 if reader.message_count else 0.0
        except Exception as error:  # a damaged bag makes its readers raise anything
            raise self._explained(error) from error
        self.topic = _chosen(path, topics, topic, choose)
        self._convert = _KINDS[topics[self.topic]]

    @property
    def identity(self) -> dict[str, object]:
        """What distinguishes this bag and topic from others."""
        return identity(self.path) | {"topic": self.topic}

    def shots(self) -> Iterator[Shot]:
        """Yield every picture of the topic. Raise FootageError."""
        start: int | None = None
        try:
            with self._open() as reader:
                mine = [c for c in reader.connections if c.topic == self.topic]
                for connection, received, data in reader.messages(mine):
                    message: Any = reader.deserialize(data, connection.msgtype)
                    start = received if start is None else start
                    header = message.header.stamp
                    stamp = header.sec * NANOSECONDS + header.nanosec
                    camera = message.header.frame_id or self.topic
                    image = partial(self._image, message)
                    time = (received - start) / 1e9
                    yield Shot(time, stamp or received, camera, image)
        except Exception as error:
            raise self._explained(error) from error

    def _image(self, message: Any) -> Rgb:
        try:
            return self._convert(message)
        except ImageError as error:
            raise FootageError(f"{self.path}, {self.topic}: {error}") from error

    def _open(self) -> AnyReader:
        # Older bags carry no definitions of their messages; these have not changed since.
        return AnyReader([self.path], default_typestore=get_typestore(Stores.ROS2_HUMBLE))

    def _explained(self, error: Exception) -> FootageError:
        known = isinstance(error, (AnyReaderError, OSError))
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        return FootageError(
            f"{self.path}: not a rosbag that can be read ({reason}); "
            "`ros2 bag reindex` repairs one that was not closed"
        )


def _chosen(
    path: Path, topics: dict[str, str], topic: str, choose: Callable[[list[str]], str]
) -> str:
    names = sorted(topics)
    if not names:
        raise FootageError(f"{path}: no sensor_msgs/Image or CompressedImage in it")
    if topic and topic not in topics:
        raise FootageError(f"{path}: no image topic {topic}; there is {', '.join(names)}")
    return topic or (names[0] if len(names) == 1 else choose(names))
