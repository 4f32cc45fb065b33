"""Events as sentences, for the page, the search and the answers."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.facts import clothes_words
from .clock_words import number_words, times_words
from .vocabulary import plural


@dataclass(frozen=True)
class _Words:
    """`one`, `many`: the verb in the present; `past`: as a summary says it."""

    one: str
    many: str
    past: str


_KINDS = {
    "opens": _Words("is there", "are there", "there at the start"),
    "enters": _Words("comes in", "come in", "came in"),
    "leaves": _Words("leaves", "leave", "left"),
    "crosses": _Words("crosses the view", "cross the view", "crossed the view"),
    "passes": _Words("goes past", "go past", "went past"),
    "overtakes": _Words("overtakes", "overtake", "overtook"),
    "stops": _Words("stops", "stop", "stopped"),
    "starts": _Words("sets off", "set off", "set off"),
    "picks_up": _Words("is picked up", "are picked up", "picked up"),
    "puts_back": _Words("is put back", "are put back", "put back"),
    "moves": _Words("moves", "move", "moved"),
    "approaches": _Words("comes closer", "come closer", "came closer"),
    "recedes": _Words("moves away", "move away", "moved away"),
    "crouches": _Words("crouches", "crouch", "crouched"),
    "throws": _Words("throws something", "throw something", "threw something"),
    "jumps": _Words("jumps", "jump", "jumped"),
    "turns": _Words("turns", "turn", "turned"),
    "leans": _Words("leans over", "lean over", "leaned over"),
    "gestures": _Words("gestures", "gesture", "gestured"),
    "talks": _Words("talks", "talk", "talked"),
    "flies": _Words("flies", "fly", "flew"),
    "takes_off": _Words("takes off", "take off", "took off"),
    "present": _Words("is in view", "are in view", "in view"),
    "rests": _Words("stands still", "stand still", "stood still"),
}
_UNNAMED = "something"
"""Who an event has that moves and has no name."""
_PICTURE = {
    "cut": ("the picture changes", "the picture changed"),
    "camera_pans": ("the camera turns", "the camera turned"),
    "camera_tilts": ("the camera tilts", "the camera tilted"),
    "camera_zooms": ("the camera zooms", "the camera zoomed"),
    "light": ("the light changes", "the light changed"),
}
"""What happens to the picture as a whole, in the present and in the past."""
_BORDERS = {
    "enters": {"left": "from the left", "right": "from the right", "near": "at the front"},
    "leaves": {"left": "at the left", "right": "at the right", "near": "at the front"},
}
PLACE_WORDS = {
    "left": "on the left",
    "middle": "in the middle",
    "right": "on the right",
    "near": "nearby",
    "far": "in the distance",
}
"""Core's `PLACES` as a sentence says them."""


def event_sentence(kind: str, who: str, where: str, count: int | None, colour: str) -> str:
    """Return an event as a sentence: "A red car comes in from the left."

    The arguments are those of core's `Claim`; a kind of an engine's own is said as it is.
    """
    plain = kind.replace("_", " ")
    if who == "camera":
        words, _ = _PICTURE.get(kind, (plain, plain))
        way = f" to the {where}" if where in ("left", "right") else ""
        return f"{words[:1].upper()}{words[1:]}{way}."
    several = count is not None and count != 1
    verb = _KINDS.get(kind, _Words(plain, plain, plain))
    number = 1 if count is None else count
    if who == "person" and colour:
        subject = f"{counted(number, who)} {clothes_words(colour)}"  # the colour is that of clothes
    else:
        subject = counted(number, f"{colour} {who or 'thing'}".strip())
    place = _BORDERS.get(kind, {}).get(where) or PLACE_WORDS.get(where, where)
    parts = (subject, verb.many if several else verb.one, place)
    sentence = " ".join(part for part in parts if part)
    return sentence[:1].upper() + sentence[1:] + "."


def event_summary(kind: str, who: str, count: int, at_least: bool) -> str:
    """Return how many did something: "five people came in", "at least one car stopped"."""
    plain = kind.replace("_", " ")
    if who == "camera":
        _, words = _PICTURE.get(kind, (plain, plain))
        return f"{words} {times_words(count)}"
    past = _KINDS[kind].past if kind in _KINDS else plain
    if kind in ("opens", "picks_up", "puts_back", "present"):
        past = f"{'was' if count == 1 else 'were'} {past}"
    least = "at least " if at_least else ""
    noun = "thing" if who in ("", _UNNAMED) else who
    return f"{least}{number_words(count)} {noun if count == 1 else plural(noun)} {past}"


def counted(count: int, noun: str) -> str:
    """Return "a dog", "an apple" or "three dogs"."""
    if noun == _UNNAMED:
        return noun if count == 1 else f"{number_words(count)} things"
    if count == 1:
        return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
    first, _, last = noun.rpartition(" ")
    return f"{number_words(count) if count else 'no'} {f'{first} ' if first else ''}{plural(last)}"
