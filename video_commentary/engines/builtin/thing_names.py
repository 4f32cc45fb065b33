"""What a thing is called, from what it was detected as over time, and from its shape."""

from __future__ import annotations

from collections.abc import Mapping

from .geometry import BoundingBox

_VESSELS = frozenset(("cup", "bottle", "vase", "wine glass"))
"""Taken for one another by the detector."""
_BALLS = frozenset(("sports ball", "frisbee", "orange", "apple"))
_ROUND = 0.7  # of a ball, its shorter side by its longer; a frisbee is seen from the side
_SLIM = 1.75  # height by width of a bottle, at least
_SQUAT = 1.2  # and of a cup that is taken for one
_MIN_SCORE = 0.45  # mean of its detections
_VESSEL_SCORE = 0.33  # what stands there for long and is one of them
_FURNITURE_SCORE, _TABLE_SCORE = 0.32, 0.22
TABLE = "dining table"
FURNITURE = frozenset((TABLE, "chair", "couch", "bed", "tv", "laptop"))
"""Large, and rarely what the detector takes another thing for."""
_MIN_SHARE = 0.65  # of all votes
_UNLIKELY = frozenset(
    (
        "tie",
        "teddy bear",
        "toothbrush",
        "hair drier",
        "skateboard",
        "snowboard",
        "surfboard",
        "kite",
    )
    + ("skis", "toilet", "baseball bat", "baseball glove", "parking meter", "hot dog", "donut")
)
"""What the detector sees where it sees something else, more often than where it is."""


def thing_name(votes: Mapping[str, float], box: BoundingBox, score: float) -> str:
    """Return a thing's name; "" while none is certain enough.

    `votes`: sums of scores by label. `score`: mean score of its detections.
    """
    total = sum(votes.values())
    if not total:
        return ""
    label = max(votes, key=lambda name: votes[name])
    alike = next((kind for kind in (_VESSELS, _BALLS) if label in kind), frozenset((label,)))
    if sum(votes.get(name, 0.0) for name in alike) < _MIN_SHARE * total or label in _UNLIKELY:
        return ""
    if score < _least_score(label):
        return ""
    clear = votes[label] >= _MIN_SHARE * total
    if label in _BALLS and not clear or label == "frisbee" and _is_round(box):
        return "sports ball"
    if label in _VESSELS and (label == "bottle" or not clear):
        return _vessel(label, box)
    return label


def _vessel(label: str, box: BoundingBox) -> str:
    """Return bottle or cup by the shape; "" for a bottle that lies flat, most likely a plate."""
    if box.height > _SLIM * box.width:
        return "bottle"
    return "" if label == "bottle" and box.height < _SQUAT * box.width else "cup"


def _least_score(label: str) -> float:
    if label in _VESSELS:
        return _VESSEL_SCORE
    if label == TABLE:
        return _TABLE_SCORE
    return _FURNITURE_SCORE if label in FURNITURE else _MIN_SCORE


def family_of(label: str) -> str:
    """Return one name for all labels that the detector takes for one another."""
    return next((min(kind) for kind in (_VESSELS, _BALLS) if label in kind), label)


def _is_round(box: BoundingBox) -> bool:
    return min(box.width, box.height) > _ROUND * max(box.width, box.height)


def is_ball(label: str, box: BoundingBox) -> bool:
    """Return whether a detection is of something round that may be a ball."""
    return label in _BALLS and _is_round(box)
