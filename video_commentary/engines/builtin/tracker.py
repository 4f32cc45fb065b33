"""Follows things from picture to picture.

As in ByteTrack (Zhang et al. 2022) sure detections are matched first and weak ones may only keep
known tracks alive. Our own because tracks must also move along with the camera, keep votes about
their label and survive 5 pictures a second, at which overlap alone loses people who walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .detector import Detection
from .ego_motion import Shift
from .geometry import Box
from .names import MOVING, group_of
from .track import Place, Track

_SURE = 0.4  # detections that may begin a track
_PATIENCE = 1.6  # seconds an established track is remembered unseen
_FRESH_PATIENCE = 0.45  # seconds for one that is not established yet
_ESTABLISHED = 3  # sightings
_SETTLED = 5  # sightings after which a track's next place is known well
_REACH = 0.6  # of its size that a thing may be off its predicted place, more if unseen for long


@dataclass(frozen=True)
class Sighting:
    """A detection on its way to a track; `group` limits which."""

    detection: Detection
    group: str


class Tracker:
    """Keeps the tracks of one camera."""

    def __init__(self) -> None:
        """Start with none."""
        self.tracks: list[Track] = []
        self._count = 0

    def update(
        self, stamp: float, detections: Sequence[Detection], shift: Shift
    ) -> tuple[list[Track], bool]:
        """Take in a picture's detections; return tracks lost for good, and whether all jumped.

        A jump (a looped recording): most of what was known is gone and others are there at once.
        Then all tracks are forgotten and none counts as lost.
        """
        self._move(shift)
        sightings = [Sighting(d, group_of(d.label)) for d in detections]
        sure = [s for s in sightings if s.detection.score >= _SURE or s.group == "motion"]
        weak = [s for s in sightings if s not in sure]
        live = [t for t in self.tracks if t.hits >= _ESTABLISHED and stamp - t.seen < 0.5]
        left = self._match(stamp, self.tracks, sure)
        waiting = [track for track in self.tracks if track.seen < stamp]
        self._match(stamp, waiting, weak)
        new = [s for s in left if not self._known(s, stamp)]
        gone = sum(track.seen < stamp for track in live)
        if len(live) >= 2 and gone >= 0.6 * len(live) and len(new) >= max(2, gone // 2):
            self.tracks = []
            self._begin(stamp, [s for s in sightings if s.detection.score >= _SURE])
            return [], True
        self._begin(stamp, new)
        return self._forget(stamp), False

    def _move(self, shift: Shift) -> None:
        for track in self.tracks:
            track.steady = track.steady and shift.known
            if not shift.still:
                moved = [Place(p.stamp, shift.apply(p.box)) for p in track.places]
                track.places.clear()
                track.places.extend(moved)

    def _match(
        self, stamp: float, tracks: Sequence[Track], sightings: Sequence[Sighting]
    ) -> list[Sighting]:
        """Give each track its nearest sighting, the best pair first; return the sightings left."""
        pairs = []
        for track in tracks:
            expected, reach = _expected(track, stamp)
            for sighting in sightings:
                if sighting.group == track.group:
                    close = _closeness(expected, sighting.detection.box, reach)
                    if close > 0:
                        settled = 0.3 * (track.hits >= _ESTABLISHED)
                        pairs.append((close + settled, track, sighting))
        pairs.sort(key=lambda pair: -pair[0])
        used: set[int] = set()
        for _, track, sighting in pairs:
            if track.seen < stamp and id(sighting) not in used:
                used.add(id(sighting))
                found = sighting.detection
                if _jumped(track, found, stamp):
                    track.slip(stamp)
                track.add(stamp, found.box, found.label, found.score)
        return [sighting for sighting in sightings if id(sighting) not in used]

    def _known(self, sighting: Sighting, stamp: float) -> bool:
        """Return whether it is a second view of what another track of its group just got."""
        box = sighting.detection.box
        return any(
            track.seen == stamp
            and track.group == sighting.group
            and max(box.iou(track.box), 0.7 * box.covered(track.box)) > 0.5
            for track in self.tracks
        )

    def _begin(self, stamp: float, sightings: Sequence[Sighting]) -> None:
        for sighting in sightings:
            found = sighting.detection
            self._count += 1
            track = Track(self._count, sighting.group, stamp, stamp)
            track.add(stamp, found.box, found.label, found.score)
            self.tracks.append(track)

    def _forget(self, stamp: float) -> list[Track]:
        lost = [
            track
            for track in self.tracks
            if stamp - track.seen > (_PATIENCE if track.hits >= _ESTABLISHED else _FRESH_PATIENCE)
        ]
        self.tracks = [track for track in self.tracks if track not in lost]
        return [track for track in lost if track.hits >= _ESTABLISHED]


def moving_boxes(boxes: Sequence[Box]) -> list[Detection]:
    """Make detections of what moves and can't be named."""
    return [Detection(MOVING, 0.5, box) for box in boxes]


def _expected(track: Track, stamp: float) -> tuple[Box, float]:
    """Return where a track should be now, and how far off that it may be, in its own sizes."""
    unseen = stamp - track.seen
    across, down = track.velocity(1.0)
    return track.box.moved(across * unseen, down * unseen), _REACH + 0.5 * min(unseen, 1.0)


def _jumped(track: Track, found: Detection, stamp: float) -> bool:
    """Return whether a sighting is out of line: another part, another thing, a looped film."""
    expected = _expected(track, stamp)[0]
    common, heights = expected.iou(found.box), found.box.height / max(expected.height, 1e-6)
    settled = track.hits >= _SETTLED and stamp - track.seen < 0.5
    if found.label not in track.votes and common < 0.5:
        return True
    return settled and (common < 0.3 or not 1 / 1.45 < heights < 1.45)


def _closeness(expected: Box, box: Box, reach: float) -> float:
    """Return 0 where they can't be the same thing, more the nearer they are."""
    heights = box.height / max(expected.height, 1e-6)
    if not 0.5 < heights < 2.0:
        return 0.0
    size = (expected.area * box.area) ** 0.25
    apart = ((box.x - expected.x) ** 2 + (box.y - expected.y) ** 2) ** 0.5 / max(size, 1e-6)
    return max(0.0, 1 - apart / reach) + box.iou(expected) if apart < reach else 0.0
