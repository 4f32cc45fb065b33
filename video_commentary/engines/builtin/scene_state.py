"""The state of a scene at one stamp: which objects are in view, where, and how they move."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.stamp import Stamp
from .camera_moves import CameraMove
from .clothing import clothing_phrase
from .detector import Detection
from .geometry import BoundingBox, cut_edges
from .kinematics import places
from .track import Track

MOVING_SPEED = 0.22
"""Own sizes a second above which an object moves; a walking person does 0.5 to 0.9."""
STATIONARY_SPEED = 0.09
"""Own sizes a second below which an object is stationary."""

_MIN_TRAJECTORY = 0.55  # seconds before a track gets a heading
_HEADING_SECONDS = 1.2
_CUT_GROWTH = 1.12  # in two seconds, of a box whose feet are out of the image
_STATIONARY_SECONDS = 1.5
_MAX_JITTER = 0.3  # own sizes by which the box of a stationary object may move
_IMAGES_A_SECOND = 5


@dataclass(frozen=True, kw_only=True)
class SceneObject:
    """A named object in view.

    `name`: a COCO label, "cyclist", "motorcyclist", a group's generic noun or "something".
    `heading`: left, right, closer, away, "moving" (in no clear direction) or "" (unknown or none).
    `stationary`: whether it has stood still for a while. `side`: left, middle or right.
    `depth`: front, back or "". `age`: seconds since its trajectory began. `clothes`: as in
    "in red", or "". `companions`: track ids of the people side by side with it. `score`: the
    detector's confidence, 0 to 1, None if it was not detected but only moves.
    """

    track_id: int
    name: str
    group: str
    box: BoundingBox
    heading: str
    stationary: bool
    side: str
    depth: str
    age: float
    clothes: str = ""
    companions: frozenset[int] = frozenset()
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class SceneState:
    """What is known of a camera's scene at `stamp`, in seconds.

    `unnamed`: number of tracks by group that have no name (yet), so counts may be too low.
    `camera_move`: what the camera itself does. `brightness`: mean grey level, 0 to 255.
    `scene_start`: stamp of the last scene cut. `has_detector`: False if objects can't be detected.
    `crowds`: how many there are about, by label, of small things that are many.
    `aspect`: the image's width / height. `frame_stamp`: the image's, nanoseconds; `stamp` in full.
    `detections`: the detector's boxes of any score.
    """

    stamp: float
    objects: tuple[SceneObject, ...] = ()
    unnamed: dict[str, int] = field(default_factory=dict)
    camera_move: CameraMove = CameraMove.STILL
    brightness: float = 128.0
    scene_start: float = float("-inf")
    has_detector: bool = True
    detections: tuple[Detection, ...] = ()
    crowds: dict[str, int] = field(default_factory=dict)
    aspect: float = 4 / 3
    frame_stamp: Stamp = 0

    def in_group(self, group: str) -> list[SceneObject]:
        """Return the objects of a group."""
        return [thing for thing in self.objects if thing.group == group]


def scene_object(
    stamp: float, track: Track, name: str, aspect: float, brightness: float = 128.0
) -> SceneObject:
    """Describe a track, called `name`, at `stamp`, without its companions."""
    return SceneObject(
        track_id=track.track_id,
        name=name,
        group=track.named_group,
        box=track.box,
        heading=heading(track),
        stationary=is_stationary(track),
        side=side(track.box, aspect),
        depth=depth(track.box),
        age=stamp - track.continuous_since,
        clothes=clothing_phrase(track.clothing_votes, brightness)
        if track.group == "people"
        else "",
        score=track.score if track.group != "motion" else None,
    )


def heading(track: Track) -> str:
    """Return a track's heading over the last two seconds, as `SceneObject.heading` has it."""
    if track.last_seen - track.continuous_since < _MIN_TRAJECTORY:
        return ""
    size = reference_size(track)
    across, down = (speed / size for speed in track.velocity(_HEADING_SECONDS))
    moves = (across**2 + down**2) ** 0.5 > MOVING_SPEED
    if abs(across) > MOVING_SPEED and abs(across) > 1.4 * abs(down):
        return "right" if across > 0 else "left"
    near = _nearing(track, across, down)
    if near:
        return near
    if not moves:
        return ""
    if abs(across) > 0.8 * abs(down) and abs(across) > MOVING_SPEED:
        return "right" if across > 0 else "left"
    return "moving"


def _nearing(track: Track, across: float, down: float) -> str:
    """Return closer, away or "", from how a track grows and where its feet go."""
    growth = track.growth(2.0)
    if "bottom" in track.trajectory[-1].cut:  # its feet are out of the image
        return "closer" if growth > _CUT_GROWTH else "away" if growth < 1 / _CUT_GROWTH else ""
    moves = (across**2 + down**2) ** 0.5 > MOVING_SPEED
    if growth > 1.15 or moves and down > 0.75 * abs(across) and growth > 1.03:
        return "closer" if down > -0.02 else ""
    if growth < 0.86 or moves and -down > 0.75 * abs(across) and growth < 0.99:
        return "away" if down < 0.02 else ""
    return ""


def is_stationary(track: Track) -> bool:
    """Return whether a track has stood still for a while without being hidden."""
    if track.steady_seconds < _STATIONARY_SECONDS:
        return False
    points = track.steadily_since(track.last_seen - _STATIONARY_SECONDS)
    if len(points) < 0.7 * _STATIONARY_SECONDS * _IMAGES_A_SECOND:
        return False  # hidden in between: it may be another object now
    across, down = places(points)
    size = reference_size(track)
    jitter = max(max(across) - min(across), max(down) - min(down)) / size
    speed = sum((v / size) ** 2 for v in track.velocity(_STATIONARY_SECONDS)) ** 0.5
    return jitter < _MAX_JITTER and speed < STATIONARY_SPEED


def reference_size(track: Track) -> float:
    """Return a track's own size in image heights, the unit of its speed and distances."""
    box = track.box
    return max(box.height if track.group == "people" else (box.area**0.5), 1e-3)


def touched_border(box: BoundingBox, aspect: float) -> str:
    """Return the image border that a box touches: left, right, bottom, top or ""."""
    cut = cut_edges(box, aspect)
    return next((edge for edge in ("left", "right", "bottom", "top") if edge in cut), "")


def side(box: BoundingBox, aspect: float) -> str:
    """Return left, middle or right."""
    place = box.center_x / aspect
    return "left" if place < 0.37 else "right" if place > 0.63 else "middle"


def depth(box: BoundingBox) -> str:
    """Return front, back or "", assuming that the object stands on the ground."""
    if box.bottom > 0.85 or box.height > 0.55:
        return "front"
    return "back" if box.bottom < 0.42 and box.height < 0.2 else ""
