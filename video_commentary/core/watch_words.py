"""The words of watches' conditions, as patterns that are crossed out one after the other.

Those of evaluation (tools/evaluation/vocabulary.py) judge whole sentences and may overlook words;
here each word has to be accounted for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .watch_conditions import MOTION

LEAD = re.compile(
    r"^(please )?((tell|warn|alert|notify|inform|call|wake) (me|us)|let (me|us) know|watch for|"
    r"watch out for|look out for|say( so)?|alert|warn)?\s*"
    r"(when(ever)?|if|as soon as|once|that|about)?\s+"
)
UNITS = {
    "second": 1.0,
    "sec": 1.0,
    "s": 1.0,
    "minute": 60.0,
    "min": 60.0,
    "hour": 3600.0,
    "h": 3600.0,
}
_NUMBERS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty
"""
NUMBERS = _NUMBERS.split()
_NUMBER = rf"(?:\d+|{'|'.join(NUMBERS)})"
DURATION = re.compile(
    rf"\b(?:for|longer than) (?:at least |more than |over |longer than )?"
    rf"(half an|an?|one|\d+(?:\.\d+)?|{'|'.join(NUMBERS)}) ?({'|'.join(UNITS)})(?:ute|ond)?s?\b"
)
QUANTITIES: tuple[
    tuple[str, Callable[[int], tuple[int, int | None]]], ...
] = (  # pattern, and what its number n means: low and high
    (rf"\b(?:no more than|at most|up to|maximum) ({_NUMBER})\b", lambda n: (0, n)),
    (rf"\b(?:more than|over|above) ({_NUMBER})\b", lambda n: (n + 1, None)),
    (rf"\b(?:fewer than|less than|under|below) ({_NUMBER})\b", lambda n: (0, n - 1)),
    (rf"\bat least ({_NUMBER})\b", lambda n: (n, None)),
    (rf"\b({_NUMBER}) or more\b", lambda n: (n, None)),
    (rf"\b({_NUMBER}) or (?:fewer|less)\b", lambda n: (0, n)),
    (rf"\b(?:exactly|just|only) ({_NUMBER})\b", lambda n: (n, n)),
    (rf"\b({_NUMBER})\b", lambda n: (n, None)),
)
AT_LEAST = {"a couple of": 2, "several": 3, "a crowd of": 5, "a crowd": 5}
NOBODY = re.compile(r"\b(?:nobody|no[ -]?one)\b")
NONE = re.compile(r"\b(?:nothing|no|not any|not a|without any|zero)\b")
ANYTHING = re.compile(r"\b(?:anything|something|nothing|things?|objects?)\b")
PLACES = (
    ("left", r"\b(?:on|at|to|from|in) (?:the |your |my )?left(?:[- ]hand)?(?: side| edge)?\b"),
    ("right", r"\b(?:on|at|to|from|in) (?:the |your |my )?right(?:[- ]hand)?(?: side| edge)?\b"),
    ("middle", r"\b(?:in|at|to) the (?:middle|cent(?:re|er))\b"),
    ("near", r"\b(?:in|at) (?:the )?(?:foreground|front)\b|\bclose by\b|\bnear ?by\b"),
    ("far", r"\b(?:in|at) the (?:background|distance|back)\b|\bfar away\b"),
)
_COLOURS = "red|orange|yellow|green|blue|purple|pink|black|white|grey|gray|brown|dark|light"
COLOUR = re.compile(rf"\b(?:(?:dressed |clothed )?in |wearing )?({_COLOURS})\b(?: clothes)?")


def _verbs(words: str, tail: str = "") -> str:
    """Return a pattern for verbs in every form; `tail`: what follows them."""
    forms = []
    for word in words.split():
        stem = word[:-1] if word.endswith("e") else word
        last = f"{stem[-1]}?"
        forms.append(rf"(?:{word}s?|{word}es|{stem}ed|{stem}{last}ed|{stem}{last}ing)")
    return rf"\b(?:{'|'.join(forms)})\b{tail}"


_IN = r" (?:in(?:to)?\b|into (?:view|sight))"
_OFF = r" (?:out(?: of (?:view|sight))?|off|away)\b"
EVENTS: tuple[tuple[tuple[str, ...], str], ...] = (  # tried in this order
    (
        ("light",),
        r"\blights? (?:go(?:es)?|turns?|is turned|gets?|comes?|is switched) "
        r"(?:on|off|out|up|down)\b|\blight changes\b|"
        r"\b(?:it|picture|room) (?:gets?|becomes?|goes|is getting) (?:dark|bright)(?:er)?\b",
    ),
    (("cut",), r"\b(?:picture|scene|view|shot) (?:changes|switches|cuts)\b"),
    (
        ("camera_pans", "camera_tilts", "camera_zooms"),
        r"\b(?:camera|view|picture) (?:moves|is moved)\b",
    ),
    (("camera_pans",), r"\bcamera (?:pans|turns|swings|rotates)\b"),
    (("camera_tilts",), r"\bcamera tilts\b"),
    (("camera_zooms",), r"\b(?:camera )?zooms(?: in| out)?\b"),
    (
        ("leaves", "picks_up"),
        r"\b(?:is |are |goes |has |have )?(?:gone|missing|disappeared|vanished)\b|"
        + _verbs("disappear vanish"),
    ),
    (
        ("picks_up",),
        r"\b(?:is |are |gets? |has been |have been |being )*(?:taken|stolen|removed|lifted|grabbed|"
        r"picked up)(?: away| off)?\b|\b(?:takes?|steals?|removes?|lifts?|grabs?|picks? up|taking|"
        r"stealing|removing)\b",
    ),
    (
        ("puts_back",),
        r"\b(?:is |are |gets? |has been )*(?:put|placed|set|laid)(?: back| down)\b|"
        r"\b(?:puts?|places?|sets?|lays?)(?: back| down)\b|"
        r"\b(?:is |are )?(?:returned|brought back)\b",
    ),
    (
        ("enters",),
        _verbs("enter appear arrive")
        + r"|"
        + _verbs("come walk step drive ride move go run", _IN)
        + r"|\b(?:shows?|turns?) up\b|\bcoming\b|\bcomes?(?: here)?$",
    ),
    (
        ("leaves",),
        _verbs("leave exit depart")
        + r"|\b(?:has|have) left\b|"
        + _verbs("come walk step drive ride go run", _OFF),
    ),
    (
        ("approaches",),
        _verbs("approach")
        + r"|\b(?:comes?|gets?|moves?|coming|getting) (?:closer|nearer|close|near)\b",
    ),
    (("recedes",), _verbs("recede retreat") + r"|\b(?:moves?|moving) away\b"),
    (("overtakes",), _verbs("overtake")),
    (("crosses",), _verbs("cross")),
    (
        ("passes",),
        _verbs("pass", "(?: by)?") + r"|" + _verbs("walk drive go run ride", " (?:past|by)\\b"),
    ),
    (("stops",), _verbs("stop halt park") + r"|\bcomes? to a (?:stop|halt|standstill)\b"),
    (
        ("starts",),
        _verbs("start", "(?: (?:moving|driving|walking|to (?:move|drive|walk)))?")
        + r"|\b(?:sets?|drives?|moves?) off\b",
    ),
    (("turns",), _verbs("turn")),
    (("crouches",), _verbs("crouch kneel stoop squat", "(?: down)?") + r"|\bbends? down\b"),
    (("jumps",), _verbs("jump leap hop")),
    (("leans",), _verbs("lean", "(?: over)?")),
    (
        tuple(sorted(MOTION)),
        _verbs("move walk drive happen") + r"|\b(?:movement|motion|activity)\b",
    ),
)
VEHICLES = frozenset(
    ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "vehicle")
)
BY_VEHICLES = {"enters": "approaches", "passes": "leaves"}
"""What vehicles may be seen to do instead on a road, where they are first seen far away."""
QUIET = re.compile(
    r"\b(?:it|everything|all) (?:is|stays|remains|gets|has been) (?:quiet|calm|still)\b"
)
_FILLERS = """
    a an the is are was were be been being get gets there here this that these those of in into onto
    at to from with by some any another has have had i you we me us my your our its see sees seen
    can could will who which now again also it's up out off away view sight picture scene room
    frame image visible present somewhere anywhere stays staying stay remains someone somebody
    anyone anybody does do
"""
FILLERS = frozenset(_FILLERS.split())
"""Words that say nothing about what to watch for, beside those that do."""
