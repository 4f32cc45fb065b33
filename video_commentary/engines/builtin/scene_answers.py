"""Answers about the scene as a whole: the camera, the light, what happened, what is to be seen."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from .camera_moves import CameraMove
from .contents_answers import contents, kinds_seen
from .event_kinds import EventKind
from .events import SceneEvent
from .evidence import Evidence
from .labels import ROAD_VEHICLES, ROOM_FURNITURE
from .nouns import PEOPLE
from .phrases import first_upper
from .question_forms import Form
from .questions import Question
from .sentences import sentences

_REST_WORDS = frozenset(("still", "stopped", "standing", "stationary", "parked", "steady", "fixed"))
_OUTSIDE = ROAD_VEHICLES | {"train", "airplane", "boat"}
_EVENT_STEMS = {
    "enters": ("came", "come", "coming", "enter", "arriv", "appear", "new"),
    "leaves": ("left", "leave", "leaving", "gone", "went"),
    "overtakes": ("overt",),
    "crosses": ("cross",),
    "passes": ("pass",),
    "picks_up": ("pick", "took", "take", "taking"),
    "puts_back": ("put",),
    "stops": ("stop",),
    "starts": ("start", "began", "begin"),
    "jumps": ("jump",),
    "throws": ("throw", "threw"),
    "crouches": ("crouch", "bend", "bent"),
    "turns": ("turn",),
    "leans": ("lean",),
    "plays": ("play", "kick", "juggl"),
}
"""How the words begin that ask for some events only, by what these claim or by their kind."""
_DEEDS = frozenset(
    ("plays", "jumps", "throws", "crouches", "gestures", "picks_up", "puts_back", "turns", "leans")
)
"""Events that say what somebody does, rather than where they go."""
_DEED_SECONDS = 4.0  # for which somebody is doing what an event says
_SURE_STRENGTH = 0.5  # of a thing that shows where we are
_CHANGED_LIGHT = 0.1  # share of the brightness by which it must differ to count as a change
_NIGHT, _DARK, _DAY = 45.0, 60.0, 100.0  # mean grey levels
_ROUGH, _MIN_LEAVES = 12.0, 0.08  # grey levels from pixel to pixel; share of the picture
_PAN_STEP = 0.004  # image widths an image, in a steady pan
_MIN_RESPONSE = 0.08  # of the phase correlation


def camera_answer(asked: Question, evidence: Evidence) -> str:
    """Say whether and how the camera moves."""
    move = evidence.now.camera_move
    if move is CameraMove.UNKNOWN:
        move = _seen_shift(evidence)
    text = move.texts.answer
    if move is CameraMove.UNKNOWN or not asked.is_yes_or_no:
        return text
    words = set(asked.text.split())
    if "or" in words:
        return text
    moving, asks_rest = move is not CameraMove.STILL, bool(words & _REST_WORDS)
    return f"{'Yes' if moving != asks_rest else 'No'}: {text[0].lower()}{text[1:]}"


def _seen_shift(evidence: Evidence) -> CameraMove:
    """Recognise a pan by how the whole picture shifts, where no single points could be followed."""
    small = [
        np.asarray(cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (160, 96)), np.float32)
        for _, image in evidence.images
    ]
    window = cv2.createHanningWindow((160, 96), cv2.CV_32F)
    steps = [cv2.phaseCorrelate(a, b, window) for a, b in itertools.pairwise(small)]
    across = [shift[0] / 160 for shift, response in steps if response > _MIN_RESPONSE]
    if len(across) < 3 or len(across) < 0.6 * len(steps):
        return CameraMove.UNKNOWN
    middle = float(np.median(across))
    if abs(middle) > _PAN_STEP and np.mean(np.sign(across) == np.sign(middle)) > 0.75:
        return CameraMove.PAN_LEFT if middle > 0 else CameraMove.PAN_RIGHT
    return CameraMove.UNKNOWN


def light_change(asked: Question, evidence: Evidence) -> str:
    """Say whether it became brighter or darker lately."""
    kinds = {EventKind.BRIGHTER: "brighter", EventKind.DARKER: "darker"}
    changes = [kinds[event.kind] for event in evidence.events if event.kind in kinds]
    if changes:
        return _changed(asked, changes[-1])
    values = [state.brightness for state in evidence.states]
    if len(values) < 8 or not evidence.camera_is_still:
        return "I can't tell whether the light has changed."
    fifth = max(2, len(values) // 5)
    before, now = float(np.median(values[:fifth])), float(np.median(values[-fifth:]))
    if abs(now - before) < _CHANGED_LIGHT * max(before, 1.0):
        return "No, the light is the same as before."
    return _changed(asked, "brighter" if now > before else "darker")


def _changed(asked: Question, way: str) -> str:
    opposite = {"brighter": "darker", "darker": "brighter"}[way]
    denied = opposite in asked.text or (way == "brighter" and " dark" in asked.text)
    return f"{'No' if denied else 'Yes'}, it has become {way}."


def daytime(asked: Question, evidence: Evidence) -> str:
    """Say whether it is bright or dark, as far as the picture shows."""
    brightness = float(np.median([state.brightness for state in evidence.states]))
    asks_dark = "dark" in asked.text
    if asks_dark or " bright" in asked.text or " light" in asked.text:
        if brightness < _NIGHT:
            return "Yes, it is very dark." if asks_dark else "No, it is very dark."
        if brightness < _DARK + 10:
            return "It is rather dark."
        return f"{'No' if asks_dark else 'Yes'}, it is bright enough to see."
    if shows_nature(evidence):
        return "Day, it seems: the sky or plants are bright."
    if brightness < _NIGHT:
        return "Night, it seems: the picture is very dark."
    return "I can't tell: it is bright enough to see, but that may be daylight or lamps."


def setting(asked: Question, evidence: Evidence) -> str:
    """Say whether the camera is inside or outside, if something speaks for it clearly."""
    outside = shows_nature(evidence) or _strong(evidence, _OUTSIDE)
    inside = _strong(evidence, ROOM_FURNITURE)
    if outside == inside:
        return "I can't tell whether this is inside or outside."
    words = "outside" if outside else "inside"
    if asked.is_yes_or_no and " or " not in asked.text:
        asks_outside = "out" in asked.text
        return f"{'Yes' if asks_outside == outside else 'No'}, {words}, it seems."
    return f"{first_upper(words)}, it seems."


def _strong(evidence: Evidence, labels: frozenset[str]) -> bool:
    return any(
        sighting.strength((noun.labels[0],)) > _SURE_STRENGTH
        for noun, sighting in kinds_seen(evidence)
        if noun.labels[0] in labels
    )


def shows_nature(evidence: Evidence) -> bool:
    """Return whether the top of the picture is blue, as the sky by day, or much of it is leaves."""
    if not evidence.images:
        return False
    small = cv2.resize(evidence.images[-1][1], (160, 120), interpolation=cv2.INTER_AREA)
    hue, saturation, value = np.moveaxis(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2HSV)), 2, 0)
    blue = (hue > 95) & (hue < 125) & (saturation > 50) & (value > 90)
    green = (hue > 30) & (hue < 85) & (saturation > 60) & (value > 40)
    rough = np.abs(cv2.Laplacian(small[:, :, 1], cv2.CV_32F)) > _ROUGH
    return bool(np.mean(blue[:20]) > 0.5 or np.mean(green & rough) > _MIN_LEAVES)


def happened(asked: Question, evidence: Evidence) -> str:
    """Say what happened last."""
    told = events_told(asked, evidence)
    if not told and _says(asked, ("happening", "going")):
        return contents(evidence)
    if not told:
        return "Nothing that I noticed in the last seconds."
    return f"Yes. {told}" if asked.is_yes_or_no else told


def events_told(asked: Question, evidence: Evidence) -> str:
    """Return sentences about the last events of the kinds and things that are asked for, or ""."""
    wanted = {what for what, stems in _EVENT_STEMS.items() if _says(asked, stems)}
    if not wanted and asked.form is Form.ACTION:
        return ""
    events = [
        event
        for event in evidence.events
        if event.name and event.kind.traits.topic is None and (not wanted or wanted & _what(event))
    ]
    if asked.nouns:
        labels = {label for noun in asked.nouns for label in (*noun.labels, noun.one)}
        people = any(noun.is_people for noun in asked.nouns)
        events = [e for e in events if e.name in labels or (people and e.group == "people")]
    return _told(events[-2:])


def deeds_told(evidence: Evidence) -> str:
    """Return a sentence about what somebody has just done beside walking, or ""."""
    since = evidence.now.stamp - _DEED_SECONDS
    events = [e for e in evidence.events if e.stamp >= since and _DEEDS & _what(e)]
    return _told(events[-1:])


def _what(event: SceneEvent) -> set[str]:
    return {event.kind.traits.claim, event.kind.name.lower()}


def _told(events: Sequence[SceneEvent]) -> str:
    rng = random.Random(0)
    return " ".join(dict.fromkeys(sentences(event, False, rng)[0] for event in events))


def _says(asked: Question, stems: tuple[str, ...]) -> bool:
    return any(word.startswith(stems) for word in asked.text.split())


def compared(asked: Question, evidence: Evidence) -> str:
    """Say whether there are more or fewer of something than before, or than of something else."""
    nouns = asked.nouns or (PEOPLE,)
    now = len(evidence.find(nouns[0]).certain)
    if len(nouns) > 1:
        other, name = len(evidence.find(nouns[1]).certain), nouns[1].many
        way = "more" if now > other else "fewer" if now < other else "as many"
        tail = f"as {name}" if now == other else f"{nouns[0].many} than {name}"
        return f"I see {way} {tail}." if now != other else f"I see as many {nouns[0].many} {tail}."
    before = [s for s in evidence.states if s.stamp < evidence.now.stamp - 3]
    if not before:
        return "I can't tell: I have not watched for long enough."
    names = set(nouns[0].labels)
    counts = Counter(sum(t.name in names for t in state.objects) for state in before)
    then, current = counts.most_common(1)[0][0], sum(t.name in names for t in evidence.now.objects)
    many = nouns[0].many
    if current == then:
        return f"As many {many} as before."
    return f"{'More' if current > then else 'Fewer'} {many} than before: {current}, after {then}."
