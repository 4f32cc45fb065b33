"""What is in view as vision_msgs, and drawn into a picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from std_msgs.msg import Header

from video_commentary.core.facts import FrameFacts, NormalizedBox, Observation
from video_commentary.ros.annotation import annotated
from video_commentary.ros.detections import LabelTable, detections

DOG = Observation(
    camera="eye",
    stamp=5_000_000_007,
    box=NormalizedBox(left=0.25, top=0.5, right=0.75, bottom=1.0),
    name="dog",
    track=3,
    score=0.75,
)


def facts(*things: Observation) -> FrameFacts:
    return FrameFacts(camera="eye", stamp=5_000_000_007, things=things)


def test_boxes_are_in_pixels_of_the_cameras_picture() -> None:
    table = LabelTable()
    moving = replace(DOG, name="something", track=None, score=None)
    seen = facts(DOG, moving, replace(DOG, box=None))
    assert table.add(seen)
    sent = detections(seen, (640, 480), table)
    assert (sent.header.stamp.sec, sent.header.stamp.nanosec) == (5, 7)
    dog, something = sent.detections
    assert (dog.bbox.center.position.x, dog.bbox.center.position.y) == (320.0, 360.0)
    assert (dog.bbox.size_x, dog.bbox.size_y) == (320.0, 240.0)
    assert (dog.id, something.id) == ("3", "")
    assert (dog.results[0].hypothesis.score, something.results[0].hypothesis.score) == (0.75, 0.0)


def test_an_empty_frame_is_a_message_too() -> None:
    assert detections(facts(), (640, 480), LabelTable()).detections == []


def test_names_keep_their_numbers() -> None:
    table = LabelTable()
    cat = replace(DOG, name="cat")
    assert table.add(facts(DOG))
    assert not table.add(facts(DOG))
    assert table.add(facts(cat, DOG))
    labels = {label.class_name: label.class_id for label in table.message(Header()).class_map}
    assert labels == {"dog": 0, "cat": 1}
    sent = detections(facts(cat, DOG), (8, 8), table)
    assert [d.results[0].hypothesis.class_id for d in sent.detections] == ["1", "0"]


def test_a_box_and_a_name_are_drawn_where_the_thing_is() -> None:
    image = np.full((480, 640, 3), 90, np.uint8)
    drawn = annotated(image, [DOG, replace(DOG, box=None)])
    assert (image == 90).all(), "a copy"
    changed = (drawn != image).any(axis=2)
    assert changed[240:480, 159:162].all(), "the left edge"
    assert not changed[260:470, 180:460].any(), "what is in the box stays"
    assert changed[226:238, 165:190].mean() > 0.9, "the name above it"


def test_a_name_stays_in_the_picture() -> None:
    image = np.full((120, 160, 3), 90, np.uint8)
    corner = NormalizedBox(left=0.95, top=0.0, right=1.0, bottom=0.1)
    drawn = annotated(image, [replace(DOG, box=corner, name="traffic light")])
    changed = (drawn != image).any(axis=2)
    assert changed[:12, 60:150].mean() > 0.5
