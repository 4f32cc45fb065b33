"""Sentences about text in the picture: "The sign on the left reads EXIT."."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.facts import Claim, NormalizedBox, Observation
from ...core.stamp import from_seconds
from .claims import Sentence
from .geometry import BoundingBox
from .languages.english import PLACES, said
from .scene_state import SceneObject, SceneState, side
from .text_watch import ReadText

_MIN_LETTERS, _MAX_LETTERS = 3, 40  # of a line that is said unasked
_EDGE = 0.1  # image heights from the upper and lower edge, where cameras print their own text
_MAX_TITLE_HEIGHT = 0.09  # image heights
_COVERED = 0.7  # of a line, by the thing that it stands on
_MAX_LINES = 3
_FORGOTTEN_SECONDS = 300.0  # since a text was last in view, after which it is news again
_OVERLAY = "text"
"""Noun of what a camera prints into its picture."""


class TextCommenter:
    """Says each text once while it stays in view, and again if it comes back minutes later."""

    def __init__(self) -> None:
        """Start without anything said."""
        self._seen: dict[str, dict[str, float]] = {}  # stamps by camera and text

    def comment(self, camera: str, texts: Sequence[ReadText], state: SceneState) -> Sentence:
        """Return a sentence about a line that was not said yet, empty if there is none."""
        said_before = self._said_before(camera, texts, state.stamp)
        for read in texts:
            mark = read.line.text.casefold()
            if mark in said_before or not _is_worth_saying(read.line.text):
                continue
            where = _carrier(read.line.box, state)
            if where[0] == _OVERLAY:
                continue  # the camera's own title or clock is no news
            said_before[mark] = state.stamp
            claim = Claim(
                kind="present",
                who=where[0],
                where=side(read.line.box, state.aspect),
                evidence=(_observation(camera, read, state.aspect),),
            )
            text = said("reads", carrier=where[1], text=read.line.text)
            return Sentence(text, (claim,), read.line.text)
        return Sentence()

    def _said_before(
        self, camera: str, texts: Sequence[ReadText], stamp: float
    ) -> dict[str, float]:
        """Return the texts that were said of a camera, with the stamps at which each was last seen.

        Texts that were long out of view are dropped, and all if the stamps went back.
        """
        oldest = stamp - _FORGOTTEN_SECONDS
        known = self._seen.get(camera, {}).items()
        kept = {text: seen for text, seen in known if oldest <= seen <= stamp}
        in_view = {read.line.text.casefold() for read in texts}
        kept |= dict.fromkeys(kept.keys() & in_view, stamp)
        self._seen[camera] = kept
        return kept


def text_answer(texts: Sequence[ReadText], state: SceneState) -> str:
    """Return what the text in the picture is, for somebody who asks."""
    if not texts:
        return said("no_text")
    lines = [
        said("reads", carrier=_carrier(read.line.box, state)[1], text=read.line.text)
        for read in texts[:_MAX_LINES]
    ]
    return " ".join(lines)


def _is_worth_saying(text: str) -> bool:
    """Return whether a line has words, and is no clock or serial number."""
    letters = sum(c.isalpha() for c in text)
    return letters >= _MIN_LETTERS and len(text) <= _MAX_LETTERS and letters > len(text) / 2


def _carrier(box: BoundingBox, state: SceneState) -> tuple[str, str]:
    """Return what a line stands on, as a noun and in words with its place."""
    place = PLACES[side(box, state.aspect)][0]
    thing = _thing_under(box, state.objects)
    if thing:
        return thing.name, said("text_on", thing=thing.name, where=place)
    at_edge = box.top < _EDGE or box.bottom > 1 - _EDGE
    if at_edge and box.height < _MAX_TITLE_HEIGHT:
        return _OVERLAY, said("text_at_top" if box.top < _EDGE else "text_at_bottom")
    return "sign", said("sign", where=place)


def _thing_under(box: BoundingBox, objects: Sequence[SceneObject]) -> SceneObject | None:
    under = [thing for thing in objects if box.covered_by(thing.box) > _COVERED]
    named = [thing for thing in under if thing.group != "motion"]
    return min(named, key=lambda thing: thing.box.area, default=None)


def _observation(camera: str, read: ReadText, aspect: float) -> Observation:
    inside = read.line.box.clipped(aspect)
    return Observation(
        camera=camera,
        stamp=from_seconds(read.stamp),
        box=NormalizedBox(
            left=inside.left / aspect,
            top=inside.top,
            right=inside.right / aspect,
            bottom=inside.bottom,
        ),
        name="text",
    )
