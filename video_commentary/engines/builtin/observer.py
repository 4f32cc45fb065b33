"""One camera's eyes: from pictures to moments and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .clothes import colour
from .detector import Detection, Detector, fitted
from .ego_motion import CameraMoves, EgoMotion, Shift
from .events import Event, EventFinder
from .geometry import Box
from .groups import together
from .light import CutWatch, LightWatch
from .motion import MotionFinder
from .scene import Moment, Seen, described
from .track import Track
from .tracker import Tracker, moving_boxes

_UNSEEN = 0.5  # seconds a track still counts as in view without being seen
_RIDING = 0.3  # of a bicycle that its rider covers


class Observer:
    """Watches one camera. Not thread-safe: one thread looks; what it returns may be shared."""

    def __init__(self, detector: Detector | None) -> None:
        """Use `detector` where there is one."""
        self._detector = detector
        self._ego, self._moves = EgoMotion(), CameraMoves()
        self._light, self._cuts = LightWatch(), CutWatch()
        self._motion = MotionFinder()
        self._tracker, self._finder = Tracker(), EventFinder()
        self._camera = ""
        self._started = float("-inf")
        self.newest = float("-inf")

    def observe(self, stamp: float, image: NDArray[np.uint8]) -> tuple[Moment, list[Event]]:
        """Take in the next picture, uint8 RGB; return what it shows and what happened."""
        self.newest = stamp
        small = fitted(image)
        gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        aspect = gray.shape[1] / gray.shape[0]
        events = []
        if self._cuts.observe(gray):
            self._start_anew(stamp)
            events.append(Event(stamp, "cut", "camera"))
        known = [t.box.grown(0.05) for t in self._tracker.tracks]
        shift = self._ego.observe(gray, known)
        events += self._ambience(stamp, gray, shift, aspect)
        found = self._detector.detect(small) if self._detector else []
        found += moving_boxes(self._moving(gray, shift, found))
        lost, jumped = self._tracker.update(stamp, found, shift)
        if jumped:
            self._finder.forget()
            self._started = stamp
        self._see_clothes(stamp, small)
        seen = self._seen(stamp, aspect)
        by_number = {thing.number: thing for thing in seen}
        if not jumped:
            events += self._finder.lost(lost, aspect)
        events += self._finder.observe(stamp, self._tracker.tracks, by_number, aspect)
        moment = Moment(
            stamp,
            tuple(seen),
            self._unsure(),
            self._camera,
            self._light.level,
            self._started,
            self._detector is not None,
        )
        return moment, events

    def _start_anew(self, stamp: float) -> None:
        self._started = stamp
        self._tracker, self._moves = Tracker(), CameraMoves()
        self._finder.forget()
        self._light.reset()
        self._motion.reset()
        self._camera = ""

    def _ambience(
        self, stamp: float, gray: NDArray[np.uint8], shift: Shift, aspect: float
    ) -> list[Event]:
        events = []
        light = self._light.observe(stamp, gray)
        if light:
            events.append(Event(stamp, light, "light"))
            self._motion.reset()
        does = self._moves.observe(stamp, shift, aspect)
        if does != self._camera:
            if does not in {"", "unknown"}:
                events.append(Event(stamp, "camera", "camera", heading=does))
            elif does == "" and self._camera != "unknown":
                events.append(Event(stamp, "rests", "camera"))
            self._camera = does
        return events

    def _moving(
        self, gray: NDArray[np.uint8], shift: Shift, found: Sequence[Detection]
    ) -> list[Box]:
        if not (shift.still and shift.known) or self._camera:
            self._motion.reset()
            return []
        known = [d.box for d in found]
        known += [t.box for t in self._tracker.tracks if t.group != "motion"]
        return self._motion.observe(gray, known)

    def _see_clothes(self, stamp: float, image: NDArray[np.uint8]) -> None:
        people = [t for t in self._tracker.tracks if t.group == "people" and t.seen == stamp]
        for track in people:
            # Whose box another's crosses may show the other's coat.
            if not any(track.box.common(o.box) > 0 for o in people if o is not track):
                seen = colour(image, track.box)
                track.colours[seen] = track.colours.get(seen, 0) + 1

    def _seen(self, stamp: float, aspect: float) -> list[Seen]:
        tracks = [t for t in self._tracker.tracks if t.name and stamp - t.seen <= _UNSEEN]
        riders = _riders(tracks)
        seen = [
            described(stamp, track, riders.get(track.number, track.name), aspect, self._light.level)
            for track in tracks
            if riders.get(track.number, track.name)
        ]
        return together(seen)

    def _unsure(self) -> dict[str, int]:
        """Count by group what is followed but can't be named."""
        unsure: Counter[str] = Counter()
        for track in self._tracker.tracks:
            if not track.name:
                unsure[track.group] += 1
        return dict(unsure)


def _riders(tracks: Sequence[Track]) -> dict[int, str]:
    """Rename people on bicycles and motorcycles; what they ride gets no name of its own."""
    names = {}
    for ride in tracks:
        if ride.name not in {"bicycle", "motorcycle"}:
            continue
        for person in tracks:
            over = person.group == "people" and person.box.bottom <= ride.box.bottom + 0.02
            if over and ride.box.covered(person.box) > _RIDING and _astride(person.box, ride.box):
                names[person.number] = "cyclist" if ride.name == "bicycle" else "motorcyclist"
                names[ride.number] = ""
    return names


def _astride(person: Box, ride: Box) -> bool:
    return abs(person.x - ride.x) < 0.3 * ride.width
