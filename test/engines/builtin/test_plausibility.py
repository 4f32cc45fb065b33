from __future__ import annotations

from collections.abc import Callable

from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.ego_motion import EgoMotion
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.plausibility import gets_on, keeps_still, rename
from video_commentary.engines.builtin.track import Track
from video_commentary.engines.builtin.tracker import Tracker

ASPECT = 4 / 3


def seen(label: str, where: Callable[[float], tuple[float, float]], person: bool = False) -> Track:
    """Return the track of something of this label, after three seconds."""
    tracker = Tracker()
    for number in range(16):
        x, y = where(number / 5)
        found = [Detection(label, 0.75, BoundingBox(x, y, x + 0.1, y + 0.06))]
        if person:
            found.append(Detection("person", 0.8, BoundingBox(x - 0.1, y - 0.3, x + 0.1, y + 0.3)))
        tracker.update(number / 5, found, EgoMotion(), ASPECT)
        rename(tracker.tracks)
    return next(track for track in tracker.tracks if track.group != "people")


def test_no_phone_drives_by_itself() -> None:
    track = seen("cell phone", lambda t: (0.1 + 0.2 * t, 0.4))
    assert (track.name, track.named_group) == ("vehicle", "vehicles")


def test_a_phone_that_lies_or_is_carried_stays_a_phone() -> None:
    lying = seen("cell phone", lambda t: (0.5, 0.5))
    assert lying.name == "cell phone"
    assert keeps_still(lying)
    carried = seen("cell phone", lambda t: (0.3 + 0.2 * t, 0.5), person=True)
    assert carried.name == "cell phone"
    assert not keeps_still(carried)


def test_what_only_goes_to_and_fro_gets_nowhere() -> None:
    leaves = seen("something", lambda t: (0.5 + 0.02 * (int(5 * t) % 2), 0.5))
    assert not gets_on(leaves)
    assert gets_on(seen("something", lambda t: (0.3 + 0.1 * t, 0.5)))
