"""Core types to messages and back."""

from __future__ import annotations

import array
from typing import Any

from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from video_commentary.msg import Commentary, Status

from ..core.audio import OUTPUT_FORMAT, Pcm
from ..core.comment import Comment
from ..core.stamp import Stamp
from ..core.status import STATUS_FIELDS, CommentatorStatus, StatusKind, status_values
from .fact_messages import observation, observation_message
from .time import from_stamp, to_stamp


def commentary(comment: Comment) -> Commentary:
    """Return a comment as a message."""
    return Commentary(
        header=Header(stamp=from_stamp(comment.newest), frame_id=comment.camera),
        oldest_stamp=from_stamp(comment.oldest),
        sequence=comment.sequence,
        text=comment.text,
        final=comment.final,
        silent=comment.silent,
        cancelled=comment.cancelled,
        instruction=comment.instruction,
        question=comment.question,
        requested=from_stamp(comment.requested),
        first_words=from_stamp(comment.first_words),
        first_sound=from_stamp(comment.first_sound),
        evidence=[observation_message(seen) for seen in comment.evidence],
    )


def comment(message: Commentary) -> Comment:
    """Return a message as a comment."""
    return Comment(
        sequence=message.sequence,
        camera=message.header.frame_id,
        newest=to_stamp(message.header.stamp),
        oldest=to_stamp(message.oldest_stamp),
        instruction=message.instruction,
        question=message.question,
        requested=to_stamp(message.requested),
        text=message.text,
        first_words=to_stamp(message.first_words) or None,
        first_sound=to_stamp(message.first_sound) or None,
        final=message.final,
        silent=message.silent,
        cancelled=message.cancelled,
        evidence=tuple(observation(seen) for seen in message.evidence),
    )


def audio(pcm: Pcm) -> AudioData:
    """Return sound as a message: int16, little endian."""
    # An array is assigned as it is; bytes are checked element by element (rosidl_python#156).
    return AudioData(data=array.array("B", pcm.tobytes()))


def audio_stamped(data: AudioData, heard_at: Stamp, frame_id: str) -> AudioDataStamped:
    """Return sound with the time at which its first sample is due to be heard."""
    header = Header(stamp=from_stamp(heard_at), frame_id=frame_id)
    return AudioDataStamped(header=header, audio=data)


def audio_info() -> AudioInfo:
    """Return the format of all sound we publish, as audio_common's audio_play names it."""
    rate, channels = OUTPUT_FORMAT.rate, OUTPUT_FORMAT.channels
    return AudioInfo(
        channels=channels,
        sample_rate=rate,
        sample_format="S16LE",
        bitrate=rate * channels * 16,
        coding_format="wave",
    )


def status_message(status: CommentatorStatus, stamp: Time) -> Status:
    """Return the commentator's status as a message."""
    values = {
        name: list(value) if field.kind.is_list else value
        for name, field, value in status_values(status)
    }
    return Status(stamp=stamp, **values)


def commentator_status(message: Status) -> CommentatorStatus:
    """Return a message as the commentator's status."""
    values: dict[str, Any] = {}
    for name, field in STATUS_FIELDS.items():
        value = getattr(message, name)
        values[name] = tuple(value) if field.kind.is_list else value
    return CommentatorStatus(**values)


def _require_built_status() -> None:
    """Raise ImportError if the built message's fields differ from the table's."""
    built = list(Status.get_fields_and_field_types().items())[1:]
    declared = [(name, _built_type(field.kind)) for name, field in STATUS_FIELDS.items()]
    if built != declared:
        different = sorted({name for name, _ in {*built} ^ {*declared}}) or ["their order"]
        raise ImportError(
            f"video_commentary/msg/Status was built from other fields than core/status.py declares "
            f"({', '.join(different)}): run `make config`, then build the messages "
            "(`scripts/setup.sh core`, or colcon build)"
        )


def _built_type(kind: StatusKind) -> str:
    """Return the type as rosidl's Python classes name it."""
    name = kind.message_type.removesuffix("[]")
    name = {"bool": "boolean", "float32": "float"}.get(name, name)
    return f"sequence<{name}>" if kind.is_list else name


_require_built_status()
