"""What is in view as vision_msgs, for nodes that know these messages."""

from __future__ import annotations

from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    Detection2D,
    Detection2DArray,
    LabelInfo,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
    Point2D,
    Pose2D,
    VisionClass,
)

from ..core.facts import FrameFacts, NormalizedBox
from .time import from_stamp


class LabelTable:
    """Numbers the names of things in the order in which they are first seen."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, facts: FrameFacts) -> bool:
        """Number the names that are new; return whether there were any."""
        known = len(self._numbers)
        for thing in facts.things:
            self._numbers.setdefault(thing.name, len(self._numbers))
        return len(self._numbers) > known

    def number(self, name: str) -> int:
        """Return the number of a name that was added."""
        return self._numbers[name]

    def message(self, header: Header) -> LabelInfo:
        """Return the table as a message."""
        labels = [
            VisionClass(class_id=number, class_name=name) for name, number in self._numbers.items()
        ]
        return LabelInfo(header=header, class_map=labels)


def facts_header(facts: FrameFacts) -> Header:
    """Return the header of the frame that facts are about."""
    return Header(stamp=from_stamp(facts.stamp), frame_id=facts.camera)


def detections(facts: FrameFacts, size: tuple[int, int], labels: LabelTable) -> Detection2DArray:
    """Return what has a box in a frame; `size`: width and height of the camera's picture, pixels.

    A class_id is a label's number. An unknown score is 0, a thing without a track has no id.
    """
    header = facts_header(facts)
    found = []
    for thing in facts.things:
        if thing.box is None:
            continue
        number = str(labels.number(thing.name))
        hypothesis = ObjectHypothesis(class_id=number, score=float(thing.score or 0.0))
        found.append(
            Detection2D(
                header=header,
                results=[ObjectHypothesisWithPose(hypothesis=hypothesis)],
                bbox=_pixels(thing.box, *size),
                id="" if thing.track is None else str(thing.track),
            )
        )
    return Detection2DArray(header=header, detections=found)


def _pixels(box: NormalizedBox, width: int, height: int) -> BoundingBox2D:
    x, y = (box.left + box.right) / 2 * width, (box.top + box.bottom) / 2 * height
    return BoundingBox2D(
        center=Pose2D(position=Point2D(x=float(x), y=float(y))),
        size_x=float((box.right - box.left) * width),
        size_y=float((box.bottom - box.top) * height),
    )
