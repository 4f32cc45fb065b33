"""Two seconds that the engine has seen, and questions about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from video_commentary.engines.builtin.answers import answer
from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.evidence import Evidence
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.scene_state import SceneObject, SceneState

WALKER = SceneObject(
    track_id=1,
    name="person",
    group="people",
    box=BoundingBox(0.1, 0.3, 0.2, 0.6),
    heading="right",
    stationary=False,
    side="left",
    depth="",
    age=5.0,
)
STANDER = replace(
    WALKER,
    track_id=2,
    box=BoundingBox(1.1, 0.4, 1.2, 0.7),
    heading="",
    stationary=True,
    side="right",
)
DOG = replace(
    STANDER,
    track_id=3,
    name="dog",
    group="animals",
    box=BoundingBox(0.6, 0.6, 0.8, 0.9),
    side="middle",
    depth="front",
)
CAR = replace(
    STANDER,
    track_id=4,
    name="car",
    group="vehicles",
    box=BoundingBox(1.0, 0.1, 1.2, 0.2),
    depth="back",
)
IMAGES = 12
"""Images in two seconds, as the engine looks at them."""


def states(
    *objects: SceneObject, boxes: Sequence[Sequence[Detection]] = (), **more: object
) -> list[SceneState]:
    """Return two seconds in which the detector finds these objects, and `boxes` image by image."""
    found = tuple(Detection(thing.name, 0.7, thing.box) for thing in objects)
    return [
        SceneState(
            stamp=n / 6,
            objects=objects,
            detections=found + tuple(boxes[n] if n < len(boxes) else ()),
            **more,  # type: ignore[arg-type]
        )
        for n in range(IMAGES)
    ]


def asked(question: str, *objects: SceneObject, **more: object) -> str:
    return answer(question, Evidence(states(*objects, **more)))  # type: ignore[arg-type]
