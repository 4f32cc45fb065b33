"""Answers about the scene as a whole: the camera, the light, what happened, what is to be seen."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from .camera_moves import CameraMove
from .event_kinds import EventKind
from .evidence import Evidence
from .labels import counted
from .nouns import PEOPLE, Noun, noun_for
from .phrases import first_upper, joined
from .questions import Question
from .sentences import sentences
from .sightings import Sighting
from .wording import place, thing_name

_UNKNOWN_CAMERA = "I can't tell whether the camera moves."
_REST_WORDS = frozenset(("still", "stopped", "standing", "stationary", "parked", "steady", "fixed"))
_OUTSIDE = frozenset(("car", "truck", "bus", "train", "traffic light", "airplane", "boat"))
_INSIDE = frozenset(("couch", "bed", "tv", "refrigerator", "oven", "microwave", "sink", "toilet"))
_EVENT_STEMS = {
    EventKind.ENTERS: ("came", "come", "enter", "arriv", "appear", "new"),
    EventKind.LEAVES: ("left", "leave", "gone", "went"),
}
"""How the words begin that ask for some kinds of events only."""
_MAX_NAMES = 5
_LISTED_STRENGTH = 0.5  # of a sighting that is named unasked
_LOOSE_STRENGTH = 0.3
_CHANGED_LIGHT = 0.1  # share of the brightness by which it must differ to count as a change
_NIGHT, _DARK, _DAY = 45.0, 60.0, 100.0  # mean grey levels
_PAN_STEP = 0.004  # image widths an image, in a steady pan
_MIN_RESPONSE = 0.08  # of the phase correlation


def camera_answer(asked: Question, evidence: Evidence) -> str:
    """Say whether and how the camera moves."""
    move = evidence.now.camera_move
    if move is CameraMove.UNKNOWN:
        return _seen_shift(evidence)
    text = move.texts.answer
    if not asked.is_yes_or_no:
        return text
    words = set(asked.text.split())
    if "or" in words:
        return text
    moving, asks_rest = move is not CameraMove.STILL, bool(words & _REST_WORDS)
    return f"{'Yes' if moving != asks_rest else 'No'}: {text[0].lower()}{text[1:]}"


def _seen_shift(evidence: Evidence) -> str:
    """Tell a pan from how the whole picture shifts, where no single points could be followed."""
    small = [
        np.asarray(cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (160, 96)), np.float32)
        for _, image in evidence.images
    ]
    window = cv2.createHanningWindow((160, 96), cv2.CV_32F)
    steps = [cv2.phaseCorrelate(a, b, window) for a, b in itertools.pairwise(small)]
    across = [shift[0] / 160 for shift, response in steps if response > _MIN_RESPONSE]
    if len(across) < 3 or len(across) < 0.6 * len(steps):
        return _UNKNOWN_CAMERA
    middle = float(np.median(across))
    if abs(middle) > _PAN_STEP and np.mean(np.sign(across) == np.sign(middle)) > 0.75:
        return f"Yes, the camera is turning to the {'left' if middle > 0 else 'right'}."
    return _UNKNOWN_CAMERA


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
    if _has_blue_sky(evidence):
        return "Day, it seems: there is blue sky at the top."
    if brightness < _NIGHT:
        return "Night, it seems: the picture is very dark."
    return "I can't tell: it is bright enough to see, but that may be daylight or lamps."


def setting(asked: Question, evidence: Evidence) -> str:
    """Say whether the camera is inside or outside, if something speaks for it clearly."""
    outside = _has_blue_sky(evidence) or _strong(evidence, _OUTSIDE)
    inside = _strong(evidence, _INSIDE)
    if outside == inside:
        return "I can't tell whether this is inside or outside."
    words = "outside" if outside else "inside"
    if asked.is_yes_or_no and " or " not in asked.text:
        asks_outside = "out" in asked.text
        return f"{'Yes' if asks_outside == outside else 'No'}, {words}, it seems."
    return f"{first_upper(words)}, it seems."


def _strong(evidence: Evidence, labels: frozenset[str]) -> bool:
    return any(
        sighting.strength((noun.labels[0],)) > _LISTED_STRENGTH
        for noun, sighting in kinds_seen(evidence)
        if noun.labels[0] in labels
    )


def _has_blue_sky(evidence: Evidence) -> bool:
    """Return whether most of the top of the picture is blue, as the sky is by day."""
    if not evidence.images:
        return False
    image = evidence.images[-1][1]
    top = cv2.resize(image[: max(1, image.shape[0] // 6)], (64, 12), interpolation=cv2.INTER_AREA)
    hue, saturation, value = np.moveaxis(np.asarray(cv2.cvtColor(top, cv2.COLOR_RGB2HSV)), 2, 0)
    blue = (hue > 95) & (hue < 125) & (saturation > 50) & (value > 90)
    return bool(np.mean(blue) > 0.5)


def happened(asked: Question, evidence: Evidence) -> str:
    """Tell the last events."""
    kinds = {kind for kind, stems in _EVENT_STEMS.items() if _says(asked, stems)}
    events = [
        event
        for event in evidence.events
        if (not kinds or event.kind in kinds) and event.kind.traits.topic is None and event.name
    ]
    if asked.nouns:
        labels = {label for noun in asked.nouns for label in noun.labels}
        events = [event for event in events if event.name in labels]
    if not events:
        return "Nothing that I noticed in the last seconds."
    rng = random.Random(0)
    told = [sentences(event, False, rng)[0] for event in events[-2:]]
    text = " ".join(dict.fromkeys(told))
    return f"Yes. {text}" if asked.is_yes_or_no else text


def _says(asked: Question, stems: tuple[str, ...]) -> bool:
    return any(word.startswith(stems) for word in asked.text.split())


def kinds_seen(evidence: Evidence, loose: bool = False) -> list[tuple[Noun, Sighting]]:
    """Return everything that was surely seen, the strongest first; `loose`: probably seen."""
    labels = {d.label for look in evidence.looks() for d in look.detections if d.score > 0.3}
    found: list[tuple[Noun, Sighting]] = []
    for label in sorted(labels):
        noun = noun_for(label)
        seen = evidence.find(noun)
        least = _LOOSE_STRENGTH if loose else _LISTED_STRENGTH
        found += [
            (noun, s)
            for s in (*seen.certain, *(seen.possible if loose else ()))
            if evidence.tracked(s, noun) or s.strength(noun.labels) >= least
        ]
    found.sort(key=lambda pair: -pair[1].strength(pair[0].labels))
    kept: list[tuple[Noun, Sighting]] = []
    for noun, sighting in found:
        if not any(sighting.box.iou(other.box) > 0.5 for _, other in kept):
            kept.append((noun, sighting))
    return kept


def contents(evidence: Evidence) -> str:
    """List what is in view."""
    return _listed(evidence, kinds_seen(evidence)) or (
        "Something moves that I can't name."
        if any(thing.group == "motion" for thing in evidence.now.objects)
        else "I see nothing that I can name."
    )


def _listed(evidence: Evidence, seen: Sequence[tuple[Noun, Sighting]]) -> str:
    names = Counter(thing_name(evidence, sighting, noun) for noun, sighting in seen)
    parts = [counted(count, name) for name, count in names.most_common(_MAX_NAMES)]
    return f"I see {joined(parts)}." if parts else ""


def place_contents(asked: Question, evidence: Evidence) -> str:
    """List what is at a place of the picture."""
    seen = [
        (noun, s)
        for noun, s in kinds_seen(evidence)
        if {place(evidence, s.box).side, place(evidence, s.box).depth} & set(asked.sides)
        and (not asked.text.startswith("who") or noun.is_people)
    ]
    return _listed(evidence, seen) or "I see nothing there that I can name."


def nearest_of_all(asked: Question, evidence: Evidence) -> str:
    """Say what is nearest."""
    seen = kinds_seen(evidence)
    if asked.text.startswith("who"):
        seen = [(noun, s) for noun, s in seen if noun.is_people]
    if not seen:
        return "I see nothing that I can name."
    noun, sighting = max(seen, key=lambda pair: pair[1].box.bottom + 0.5 * pair[1].box.area)
    name = counted(1, thing_name(evidence, sighting, noun))
    return f"{first_upper(name)} {place(evidence, sighting.box).side_phrase}."


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
