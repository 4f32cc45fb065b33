"""A clip as a rosbag of one MCAP file, with the messages as the topics carry them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ament_index_python import get_package_share_directory
from audio_common_msgs.msg import AudioDataStamped
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage

from video_commentary.msg import Commentary

from ..core.audio import OUTPUT_FORMAT, from_bytes
from ..core.clip import ClipContents, ClipPicture, ClipSound, ClipWords
from ..core.stamp import Stamp
from .image_topic import COMPRESSED
from .images_out import to_compressed
from .messages import audio, audio_info, audio_stamped, comment, commentary
from .time import from_stamp, to_stamp

if TYPE_CHECKING:  # it takes a while to import, and most memories write no clip soon
    from rosbags.typesys.store import Typestore

_COMMENTS, _SOUND, _SOUND_INFO = "commentary_events", "audio_stamped", "audio_info"


class ClipBagError(Exception):
    """The bag can't be read, or is no clip."""


def write_clip_bag(folder: Path, contents: ClipContents, commentator: str) -> Path:
    """Write a rosbag2 folder, which must not exist; return the MCAP file in it.

    The topics are the camera's with /compressed, and those of the commentator called
    `commentator`. Raise OSError.
    """
    from rosbags.rosbag2 import StoragePlugin, Writer

    store = _typestore()
    messages = sorted(_messages(contents, commentator), key=lambda message: message[0])
    with Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connections: dict[str, Any] = {}
        for stamp, topic, message in messages:
            if topic not in connections:
                name = _type_name(type(message))
                connections[topic] = writer.add_connection(topic, name, typestore=store)
            writer.write(connections[topic], stamp, serialize_message(message))
    return folder / f"{folder.name}.mcap"


def read_clip_bag(path: Path) -> ClipContents:
    """Return what `write_clip_bag` wrote into the MCAP file at `path`. Raise ClipBagError."""
    from rosbags.highlevel import AnyReader

    pictures: list[ClipPicture] = []
    words: list[ClipWords] = []
    sound: list[ClipSound] = []
    camera = topic = ""
    try:
        with AnyReader([path]) as reader:
            for connection, time, data in reader.messages():
                if connection.msgtype == _type_name(CompressedImage):
                    image = _as(CompressedImage, data)
                    camera, topic = image.header.frame_id, connection.topic
                    pictures.append(ClipPicture(time, image.data.tobytes()))
                elif connection.msgtype == _type_name(Commentary):
                    words.append(ClipWords(time, comment(_as(Commentary, data))))
                elif connection.msgtype == _type_name(AudioDataStamped):
                    block = _as(AudioDataStamped, data)
                    heard = to_stamp(block.header.stamp)
                    sound.append(ClipSound(heard, block.audio.data.tobytes()))
    except Exception as error:  # a damaged bag makes its reader raise anything
        raise ClipBagError(f"{path} can't be read: {type(error).__name__}: {error}") from error
    if not pictures:
        raise ClipBagError(f"there is no picture in {path}")
    return ClipContents(
        camera=camera,
        topic=topic.removesuffix(COMPRESSED),
        pictures=tuple(pictures),
        words=tuple(words),
        sound=tuple(sound),
    )


def _as(kind: Any, data: Any) -> Any:
    return deserialize_message(bytes(data), kind)


def _messages(contents: ClipContents, commentator: str) -> Iterator[tuple[Stamp, str, Any]]:
    prefix = f"/{commentator.strip('/')}"
    for picture in contents.pictures:
        message = to_compressed(picture.jpeg, from_stamp(picture.stamp), contents.camera)
        yield picture.stamp, contents.topic + COMPRESSED, message
    for words in contents.words:
        yield words.stamp, f"{prefix}/{_COMMENTS}", commentary(words.comment)
    if contents.sound:
        yield contents.begin, f"{prefix}/{_SOUND_INFO}", audio_info()
    for block in contents.sound:
        data = audio(from_bytes(block.samples, OUTPUT_FORMAT))
        heard = audio_stamped(data, block.stamp, "voice")
        yield block.stamp, f"{prefix}/{_SOUND}", heard


def _type_name(kind: Any) -> str:
    package, folder, _ = kind.__module__.split(".", 2)
    return f"{package}/{folder}/{kind.__name__}"


def _typestore() -> Typestore:
    """Return the types of the messages in a clip.

    Those of packages that are not a part of ROS are read from the definitions installed with them,
    as ros2 bag does.
    """
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS2_HUMBLE)
    definitions: dict[str, Any] = {}
    for package, names in (
        ("audio_common_msgs", ("AudioData", "AudioDataStamped", "AudioInfo")),
        ("video_commentary", ("Observation", "Commentary")),
    ):
        folder = Path(get_package_share_directory(package)) / "msg"
        for name in names:
            text = (folder / f"{name}.msg").read_text(encoding="utf-8")
            definitions |= get_types_from_msg(text, f"{package}/msg/{name}")
    store.register(definitions)
    return store
