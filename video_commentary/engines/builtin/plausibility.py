"""Names that an object's own motion contradicts: no phone drives down a road by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .geometry import BoundingBox
from .kinematics import StampedBox, places
from .labels import UNIDENTIFIED
from .scene_state import reference_size
from .track import Track

ROLLING = frozenset(
    ("sports ball", "frisbee", "kite", "skateboard", "surfboard", "skis", "snowboard", "suitcase")
)
"""Things that move, once thrown or pushed."""
_MIN_HITS = 5
_MIN_OWN_WAY = 1.3  # own sizes, with nobody near
_MIN_DRIVE = 2.5  # own sizes, straight on: what does that is a vehicle
_MAX_BEND = 0.12  # of the way, by which places lie off a straight and even one
_REACH = 0.5  # own sizes of a person, within which it may be carrying the thing
_MIN_STRAY = 0.5  # own sizes that something unidentified must get on
_MIN_DIRECTNESS = 0.5  # of its whole way: leaves and shadows go to and fro


def rename(tracks: Sequence[Track]) -> None:
    """Give things that drive by themselves another name, for good: "vehicle" or "something"."""
    people = [track for track in tracks if track.group == "people"]
    for track in tracks:
        doubtful = track.group == "things" and track.name not in ROLLING
        if doubtful and track.alias_group != "vehicles":
            alias, group = _alias(track, people)
            track.alias, track.alias_group = alias or track.alias, group or track.alias_group


def _alias(track: Track, people: Sequence[Track]) -> tuple[str, str]:
    """Return another name and its group, both "" if its own is plausible."""
    points = track.steadily_since(track.last_seen - 4.0)
    way = _way(points) / reference_size(track)
    if track.hits < _MIN_HITS or way < _MIN_OWN_WAY or any(_near(track, p) for p in people):
        return "", ""
    if not _straight(points):
        return "", ""
    return ("vehicle", "vehicles") if way > _MIN_DRIVE else (UNIDENTIFIED, "motion")


def gets_on(track: Track) -> bool:
    """Return whether something unidentified gets anywhere: leaves and shadows go to and fro."""
    points = track.since(track.continuous_since)
    across, down = places(points)
    steps = np.hypot(np.diff(across), np.diff(down))
    way = _way(points)
    return way > _MIN_STRAY * reference_size(track) and way > _MIN_DIRECTNESS * float(steps.sum())


def keeps_still(track: Track) -> bool:
    """Return whether motion at a thing is accounted for: it has an alias, or stays where it is."""
    points = track.steadily_since(track.last_seen - 2.0)
    rests = _way(points) < 0.5 * reference_size(track)
    return bool(track.alias or track.name and rests)


def _way(points: Sequence[StampedBox]) -> float:
    """Return the distance between the first and the last place, image heights."""
    if len(points) < 2:
        return 0.0
    across, down = places(points)
    return float(np.hypot(across[-1] - across[0], down[-1] - down[0]))


def _straight(points: Sequence[StampedBox]) -> bool:
    """Return whether places lie on a line at an even pace."""
    stamps = np.array([point.stamp for point in points])
    residuals = 0.0
    for coordinates in places(points):
        slope, start = np.polyfit(stamps - stamps[0], coordinates, 1)
        residuals += float(np.var(coordinates - start - slope * (stamps - stamps[0])))
    return bool(residuals**0.5 < _MAX_BEND * _way(points))


def _near(track: Track, person: Track) -> bool:
    box: BoundingBox = person.box
    return track.box.intersection(box.expanded(_REACH * min(box.width, box.height))) > 0
