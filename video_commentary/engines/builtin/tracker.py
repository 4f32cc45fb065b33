"""Multi-object tracking.

As in ByteTrack (Zhang et al. 2022), detections with high scores are matched first, and those with
low scores only keep existing tracks alive. A tracker of our own, because tracks must also follow
the camera's ego motion, collect votes about their label, and survive 5 images a second, at which
overlap alone loses people who walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .detector import Detection
from .ego_motion import EgoMotion
from .geometry import BoundingBox, cut_edges
from .labels import UNIDENTIFIED
from .track import Track

_HIGH_SCORE = 0.4  # of detections that may start a track
_MOTION_SCORE = 0.5
_MIN_HITS = 3  # of a confirmed track
_MAX_UNSEEN = 1.6  # seconds a confirmed track lives without a detection
_MAX_UNSEEN_TENTATIVE = 0.45  # seconds for one that is not confirmed yet
_MAX_UNSEEN_OUTSIDE = 0.35  # seconds for one that should be out of the image by now
_OUTSIDE = 0.4  # of its box that is still inside then
_SETTLED_HITS = 5  # after which a track's next box is predicted well
_RECENT = 0.5  # seconds since the last detection
_SAME_PLACE = 0.6  # IoU with its prediction, of something that only stretches: a leap
_GATE = 0.6  # of its size that an object may be off its prediction, more if unseen for long


class Tracker:
    """The tracks of one camera."""

    def __init__(self) -> None:
        """Start without tracks."""
        self.tracks: list[Track] = []
        self._last_id = 0
        self._aspect = 1.0

    def update(
        self, stamp: float, detections: Sequence[Detection], motion: EgoMotion, aspect: float
    ) -> tuple[list[Track], bool]:
        """Add an image's detections; return the confirmed tracks lost, and whether all jumped.

        In a jump (a looped recording) most known objects are gone and others appear at once. All
        tracks are discarded then, and none counts as lost. `aspect`: the image's width / height.
        """
        self._aspect = aspect
        self._compensate(stamp, motion)
        high = [d for d in detections if d.score >= _HIGH_SCORE or d.group == "motion"]
        low = [d for d in detections if d not in high]
        recent = [t for t in self.tracks if t.hits >= _MIN_HITS and stamp - t.last_seen < _RECENT]
        unmatched = self._match(stamp, self.tracks, high)
        waiting = [track for track in self.tracks if track.last_seen < stamp]
        self._match(stamp, waiting, low)
        new = [d for d in unmatched if not self._is_duplicate(d, stamp)]
        gone = sum(track.last_seen < stamp for track in recent)
        if len(recent) >= 2 and gone >= 0.6 * len(recent) and len(new) >= max(2, gone // 2):
            self.tracks = []
            self._start(stamp, [d for d in detections if d.score >= _HIGH_SCORE])
            return [], True
        self._start(stamp, new)
        return self._remove_lost(stamp), False

    def _compensate(self, stamp: float, motion: EgoMotion) -> None:
        """Move all trajectories into the new image's coordinates."""
        for track in self.tracks:
            if not motion.known:
                track.steady_since = stamp
            if not motion.still:
                moved = [replace(p, box=motion.apply(p.box)) for p in track.trajectory]
                track.trajectory.clear()
                track.trajectory.extend(moved)

    def _match(
        self, stamp: float, tracks: Sequence[Track], detections: Sequence[Detection]
    ) -> list[Detection]:
        """Assign detections to tracks greedily, the best pair first; return the unmatched ones."""
        pairs = []
        for track in tracks:
            predicted, gate = _predict(track, stamp)
            predicted = predicted.clipped(self._aspect)
            for detection in detections:
                if detection.group == track.group:
                    partial = bool(cut_edges(detection.box, self._aspect))
                    affinity = _affinity(predicted, detection.box, gate, partial)
                    if affinity > 0:
                        bonus = 0.3 * (track.hits >= _MIN_HITS)
                        pairs.append((affinity + bonus, track, detection))
        pairs.sort(key=lambda pair: -pair[0])
        matched: set[int] = set()
        for _, track, detection in pairs:
            if track.last_seen < stamp and id(detection) not in matched:
                matched.add(id(detection))
                cut = cut_edges(detection.box, self._aspect)
                if _jumps(track, detection, stamp, self._aspect):
                    track.restart_trajectory(stamp)
                track.add(stamp, detection.box, detection.label, detection.score, cut)
        return [detection for detection in detections if id(detection) not in matched]

    def _is_duplicate(self, detection: Detection, stamp: float) -> bool:
        """Return whether a track of the same group just got a second detection of this object."""
        box = detection.box
        return any(
            track.last_seen == stamp
            and track.group == detection.group
            and max(box.iou(track.box), 0.7 * box.covered_by(track.box)) > 0.5
            for track in self.tracks
        )

    def _start(self, stamp: float, detections: Sequence[Detection]) -> None:
        for detection in detections:
            self._last_id += 1
            track = Track(
                track_id=self._last_id,
                group=detection.group,
                continuous_since=stamp,
                last_seen=stamp,
            )
            cut = cut_edges(detection.box, self._aspect)
            track.add(stamp, detection.box, detection.label, detection.score, cut)
            self.tracks.append(track)

    def _remove_lost(self, stamp: float) -> list[Track]:
        """Remove tracks without a detection for too long; return the confirmed ones of them."""
        lost = [track for track in self.tracks if self._is_lost(track, stamp)]
        self.tracks = [track for track in self.tracks if track not in lost]
        return [track for track in lost if track.hits >= _MIN_HITS]

    def _is_lost(self, track: Track, stamp: float) -> bool:
        unseen = stamp - track.last_seen
        if track.hits < _MIN_HITS:
            return unseen > _MAX_UNSEEN_TENTATIVE
        if unseen > _MAX_UNSEEN:
            return True
        predicted = _predict(track, stamp)[0]
        inside = predicted.clipped(self._aspect).area
        return unseen > _MAX_UNSEEN_OUTSIDE and inside < _OUTSIDE * predicted.area


def motion_detections(boxes: Sequence[BoundingBox]) -> list[Detection]:
    """Return detections of moving regions that have no label."""
    return [Detection(UNIDENTIFIED, _MOTION_SCORE, box) for box in boxes]


def _predict(track: Track, stamp: float) -> tuple[BoundingBox, float]:
    """Return where a track should be at `stamp`, and by how many of its sizes it may be off."""
    unseen = stamp - track.last_seen
    across, down = track.apparent_velocity(1.0)
    gate = _GATE + 0.5 * min(unseen, 1.0)
    return track.box.shifted(across * unseen, down * unseen), gate


def _jumps(track: Track, detection: Detection, stamp: float, aspect: float) -> bool:
    """Return whether a match breaks the trajectory: another part or object, a looped recording."""
    box = detection.box
    predicted = _predict(track, stamp)[0].clipped(aspect)
    iou = predicted.iou(box)
    if detection.label not in track.label_votes and iou < 0.5:
        return True
    if track.hits < _SETTLED_HITS or stamp - track.last_seen >= _RECENT:
        return False
    if cut_edges(box, aspect):  # what is left of it at the border has another shape
        return max(iou, box.covered_by(track.box), box.covered_by(predicted)) < 0.3
    heights = box.height / max(predicted.height, 1e-6)
    return iou < 0.3 or iou < _SAME_PLACE and not 1 / 1.45 < heights < 1.45


def _affinity(predicted: BoundingBox, box: BoundingBox, gate: float, partial: bool) -> float:
    """Return how well a box fits a prediction; 0 if it can't be the same object.

    `partial`: the image cuts the box off.
    """
    heights = box.height / max(predicted.height, 1e-6)
    if not (0.3 if partial else 0.5) < heights < (3.3 if partial else 2.0):
        return 0.0
    size = (predicted.area * box.area) ** 0.25
    dx, dy = box.center_x - predicted.center_x, box.center_y - predicted.center_y
    distance = (dx**2 + dy**2) ** 0.5 / max(size, 1e-6)
    return max(0.0, 1 - distance / gate) + box.iou(predicted) if distance < gate else 0.0
