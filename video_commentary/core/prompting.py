"""From profile, instruction and recent comments to a prompt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """A manner of commenting (config/profiles.yaml).

    `mention`: topics it cares about, the most telling first, out of `TOPICS`; engines that don't
    read text use these instead of `role`.
    """

    name: str
    role: str
    mention: tuple[str, ...]


TOPICS = ("people", "vehicles", "animals", "things", "motion", "light", "counts", "camera")


@dataclass(frozen=True)
class Prompt:
    """What an engine is asked.

    `system` stays the same from cycle to cycle until profile or instruction change, so engines
    can keep its KV; `text` comes after the frames and changes every time. The other fields hold
    the same facts unrendered, for engines that don't read text.

    `question` is empty for a comment; otherwise the answer to it is wanted.
    `recent`: the last comments, oldest first.
    """

    system: str
    text: str
    profile: Profile
    instruction: str = ""
    question: str = ""
    recent: tuple[str, ...] = ()
