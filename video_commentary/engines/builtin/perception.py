"""The perception pipeline of one camera: from images to scene states and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .ball_play import BallPlayDetector
from .camera_events import CameraEventDetector
from .camera_moves import CameraMove, CameraMoveClassifier
from .clothing import torso_colour
from .companions import with_companions
from .crowds import CrowdDetector
from .detector import Detection, ObjectDetector, resize_to_input
from .drive import DriveDetector
from .ego_motion import EgoMotion, EgoMotionEstimator
from .event_detector import EventDetector
from .event_kinds import EventKind
from .events import SceneEvent
from .geometry import BoundingBox
from .light import LightChangeDetector
from .motion import MotionDetector
from .plausibility import gets_on, keeps_still, rename
from .scene_cut import SceneCutDetector
from .scene_state import SceneObject, SceneState, scene_object
from .table_look import TableLook
from .things import ThingInventory
from .track import Track
from .tracker import Tracker, motion_detections

_IN_VIEW_SECONDS = 0.5  # since its last detection, in which an object counts as in view
_MIN_RIDER_OVERLAP = 0.3  # of a bicycle's box that its rider's covers


class PerceptionPipeline:
    """Processes one camera's images. Not thread-safe; what it returns is immutable."""

    def __init__(self, detector: ObjectDetector | None) -> None:
        """Without a detector, only motion, light, cuts and camera moves are seen."""
        self._detector = detector
        self._ego_motion, self._moves = EgoMotionEstimator(), CameraMoveClassifier()
        self._camera_events = CameraEventDetector()
        self._light, self._cuts = LightChangeDetector(), SceneCutDetector()
        self._motion = MotionDetector()
        self._tracker, self._events = Tracker(), EventDetector()
        self._things, self._balls = ThingInventory(), BallPlayDetector()
        self._tables = TableLook(detector) if detector else None
        self._drive, self._crowds = DriveDetector(), CrowdDetector()
        self._camera_move = CameraMove.STILL
        self._scene_start = float("-inf")
        self._detections: tuple[Detection, ...] = ()
        self.last_stamp = float("-inf")
        """Stamp of the last image, in seconds."""

    def process(
        self, stamp: float, image: NDArray[np.uint8]
    ) -> tuple[SceneState, list[SceneEvent]]:
        """Process the next image, uint8 RGB (H, W, 3); return its state and what happened.

        `stamp`: seconds, later than the last.
        """
        self.last_stamp = stamp
        small = resize_to_input(image)
        gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        aspect = gray.shape[1] / gray.shape[0]
        events = []
        if self._cuts.observe(gray):
            self._start_scene(stamp)
            events.append(SceneEvent(stamp=stamp, kind=EventKind.SCENE_CUT))
        ignore = [track.box.expanded(0.05) for track in self._tracker.tracks]
        motion = self._ego_motion.observe(gray, ignore)
        self._camera_move = self._moves.observe(stamp, motion, aspect)
        events += self._camera_events.observe(stamp, self._camera_move, motion, aspect)
        events += self._light_events(stamp, gray)
        detections = self._detector.detect(small) if self._detector else []
        self._detections = tuple(detections)
        followed = [track.name for track in self._tracker.tracks]
        events += self._crowds.observe(stamp, detections, followed, aspect)
        detections += motion_detections(self._moving_regions(gray, motion, detections))
        lost, jumped = self._tracker.update(stamp, detections, motion, aspect)
        rename(self._tracker.tracks)
        if jumped:
            self._events.reset()
            self._drive = DriveDetector()
            self._scene_start = stamp
        else:
            events += self._events.lost(stamp, lost, aspect, self._camera_move)
            events += self._drive.lost(stamp, lost, self._camera_move)
        close, looked_at = self._look_closer(image, motion)
        events += self._things.observe(stamp, gray, detections, motion, close, looked_at)
        self._vote_clothing(stamp, small)
        state = self._state(stamp, aspect)
        objects = {thing.track_id: thing for thing in state.objects}
        events += self._drive.signs(stamp, detections, self._camera_move, aspect)
        people = state.in_group("people")
        events += self._balls.observe(stamp, detections, people)
        found = self._events.observe(
            stamp, self._tracker.tracks, objects, aspect, self._camera_move
        )
        handles = [i for i, o in objects.items() if o.group == "motion" and self._handles(o)]
        events += [event for event in found if not set(event.track_ids) & set(handles)]
        events += self._drive.observe(stamp, self._tracker.tracks, objects, self._camera_move)
        return state, events

    def _look_closer(
        self, image: NDArray[np.uint8], motion: EgoMotion
    ) -> tuple[list[Detection], BoundingBox | None]:
        """Return what stands on a part of a table, and the part; nothing while the camera moves."""
        if self._tables is None or not (motion.still and motion.known):
            return [], None
        return self._tables.observe(image, self._detections, self._things.seconds_at_rest)

    def _handles(self, moving: SceneObject) -> bool:
        """Return whether what moves is at a thing: what becomes of that is reported instead."""
        return self._things.touched_by(moving.box)

    def _start_scene(self, stamp: float) -> None:
        self._scene_start = stamp
        self._tracker, self._moves = Tracker(), CameraMoveClassifier()
        self._camera_events = CameraEventDetector()
        self._drive, self._crowds = DriveDetector(), CrowdDetector()
        self._events.reset()
        self._light.reset()
        self._motion.reset()
        self._things.reset(stamp)
        self._tables = TableLook(self._detector) if self._detector else None
        self._camera_move = CameraMove.STILL

    def _light_events(self, stamp: float, gray: NDArray[np.uint8]) -> list[SceneEvent]:
        change = self._light.observe(stamp, gray)
        if change is None:
            return []
        self._motion.reset()
        return [SceneEvent(stamp=stamp, kind=change)]

    def _moving_regions(
        self, gray: NDArray[np.uint8], motion: EgoMotion, detections: Sequence[Detection]
    ) -> list[BoundingBox]:
        moved = not (motion.still and motion.known)
        if moved or self._camera_move is not CameraMove.STILL:
            self._motion.reset()
            return []
        # What is called a thing and drives is no thing: it must not hide what it is.
        known = [detection.box for detection in detections if detection.group != "things"]
        known += [
            track.box
            for track in self._tracker.tracks
            if track.group != "motion" and (track.group != "things" or keeps_still(track))
        ]
        return self._motion.observe(gray, known)

    def _vote_clothing(self, stamp: float, image: NDArray[np.uint8]) -> None:
        tracks = self._tracker.tracks
        people = [t for t in tracks if t.group == "people" and t.last_seen == stamp]
        for track in people:
            # A box that overlaps another may show the other person's coat.
            if not any(track.box.intersection(o.box) > 0 for o in people if o is not track):
                colour = torso_colour(image, track.box)
                track.clothing_votes[colour] = track.clothing_votes.get(colour, 0) + 1

    def _state(self, stamp: float, aspect: float) -> SceneState:
        tracks = self._tracker.tracks
        return SceneState(
            stamp=stamp,
            objects=tuple(self._objects(stamp, aspect)),
            unnamed=dict(Counter(track.group for track in tracks if not track.name)),
            camera_move=self._camera_move,
            brightness=self._light.brightness,
            scene_start=self._scene_start,
            has_detector=self._detector is not None,
            detections=self._detections,
            crowds=dict(self._crowds.sizes),
            aspect=aspect,
        )

    def _objects(self, stamp: float, aspect: float) -> list[SceneObject]:
        tracks = self._tracker.tracks
        in_view = [t for t in tracks if t.name and stamp - t.last_seen <= _IN_VIEW_SECONDS]
        in_view = [t for t in in_view if t.named_group != "things"]
        in_view = [t for t in in_view if t.named_group != "motion" or t.alias or gets_on(t)]
        names = {track.track_id: track.name for track in in_view} | _rider_names(in_view)
        return with_companions(
            [
                scene_object(stamp, track, names[track.track_id], aspect, self._light.brightness)
                for track in in_view
                if names[track.track_id]
            ]
            + self._things.objects(stamp, aspect)
        )


def _rider_names(tracks: Sequence[Track]) -> dict[int, str]:
    """Return names for people who ride, and "" for what they ride, by track id."""
    names = {}
    for vehicle in tracks:
        if vehicle.name not in {"bicycle", "motorcycle"}:
            continue
        for person in tracks:
            if person.group == "people" and _rides(person.box, vehicle.box):
                rider = "cyclist" if vehicle.name == "bicycle" else "motorcyclist"
                names[person.track_id] = rider
                names[vehicle.track_id] = ""
    return names


def _rides(person: BoundingBox, vehicle: BoundingBox) -> bool:
    return (
        person.bottom <= vehicle.bottom + 0.02
        and vehicle.covered_by(person) > _MIN_RIDER_OVERLAP
        and abs(person.center_x - vehicle.center_x) < 0.3 * vehicle.width
    )
