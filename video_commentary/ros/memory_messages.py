"""The memory's entries to messages and back."""

from __future__ import annotations

import array

from video_commentary.msg import MemoryEntry as MemoryEntryMessage

from ..core.location import GeoFix, Location, PlanarPose
from ..core.memory_entry import MemoryEntry
from .time import from_stamp, to_stamp


def entry_message(entry: MemoryEntry) -> MemoryEntryMessage:
    """Return an entry as a message."""
    where = entry.location or Location()
    pose, fix = where.pose, where.fix
    return MemoryEntryMessage(
        id=entry.id,
        kind=entry.kind,
        stamp=from_stamp(entry.stamp),
        time=from_stamp(entry.time),
        camera=entry.camera,
        text=entry.text,
        question=entry.question,
        event=entry.event,
        who=entry.who,
        where=entry.where,
        count=-1 if entry.count is None else entry.count,
        at_least=entry.at_least,
        colour=entry.colour,
        place=where.name,
        place_frame=pose.frame if pose else "",
        x=pose.x if pose else 0.0,
        y=pose.y if pose else 0.0,
        yaw=pose.yaw if pose else 0.0,
        has_fix=fix is not None,
        latitude=fix.latitude if fix else 0.0,
        longitude=fix.longitude if fix else 0.0,
        # An array is assigned as it is; bytes are checked element by element (rosidl_python#156).
        thumbnail=array.array("B", entry.thumbnail),
    )


def memory_entry(message: MemoryEntryMessage) -> MemoryEntry:
    """Return a message as an entry. Raise ValueError if there is no such kind of entry."""
    return MemoryEntry(
        id=message.id,
        kind=message.kind,
        stamp=to_stamp(message.stamp),
        time=to_stamp(message.time),
        camera=message.camera,
        text=message.text,
        question=message.question,
        event=message.event,
        who=message.who,
        where=message.where,
        count=message.count if message.count >= 0 else None,
        at_least=message.at_least,
        colour=message.colour,
        location=_location(message),
        thumbnail=bytes(message.thumbnail),
    )


def _location(message: MemoryEntryMessage) -> Location | None:
    pose = fix = None
    if message.place_frame:
        pose = PlanarPose(frame=message.place_frame, x=message.x, y=message.y, yaw=message.yaw)
    if message.has_fix:
        fix = GeoFix(latitude=message.latitude, longitude=message.longitude)
    return Location(name=message.place, pose=pose, fix=fix) if pose or fix else None
