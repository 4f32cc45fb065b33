"""Sixty spoken sentences, in babble, and what the listener's chain understands of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bench.listening_feed import Session
from bench.listening_sounds import RATE, VOICES, Wave, at_level, babble, spoken
from video_commentary.listening.intents import ActKind, understand
from video_commentary.listening.items import Heard

BARS = {20: 95.0, 10: 90.0, 5: 75.0}
"""Percent understood as the right act, by signal-to-noise ratio in dB."""
WRONG_BAR = 1.0
BEFORE, AFTER = 2.0, 2.5
"""Seconds of babble around a sentence."""
_SENTENCES: dict[ActKind, tuple[tuple[str, str], ...]] = {
    ActKind.INSTRUCTION: (
        ("Only talk about the cars.", "car"),
        ("In Spanish please.", "spanish"),
        ("Talk about the people.", "people"),
        ("Speak German.", "german"),
        ("Focus on the dog.", "dog"),
        ("Don't talk about the weather.", "weather"),
        ("Only talk about the man on the left.", "man"),
        ("In English please.", "english"),
        ("Talk about what the children are doing.", "children"),
        ("Ignore the cars.", "car"),
    ),
    ActKind.QUESTION: (
        ("How many people are there?", "people"),
        ("What is the man on the left doing?", "man"),
        ("What color is the car?", "car"),
        ("Is there a dog?", "dog"),
        ("Where is the bicycle?", "bicycle"),
        ("What do you see?", "see"),
        ("How many cars can you see?", "car"),
        ("Is anybody in the room?", "room"),
        ("What is the woman holding?", "woman"),
        ("Who is standing at the door?", "door"),
    ),
    ActKind.WATCH: (
        ("Tell me when a person enters.", "person"),
        ("Tell me when the bus arrives.", "bus"),
        ("Let me know when somebody comes in.", "somebody"),
        ("Tell me if a dog appears.", "dog"),
        ("Warn me when a car stops.", "car"),
        ("Let me know if the door opens.", "door"),
        ("Tell me when nobody is left.", "nobody"),
        ("Tell me when you see a bicycle.", "bicycle"),
        ("Let me know when the truck leaves.", "truck"),
        ("Watch for a red car.", "car"),
    ),
    ActKind.RECALL: (
        ("What happened while I was away?", ""),
        ("What happened in the last hour?", ""),
        ("When did the bus leave?", "bus"),
        ("What did I miss?", ""),
        ("When was the last time you saw a dog?", "dog"),
        ("How many people came in today?", "people"),
    ),
    ActKind.STOP: (
        ("Be quiet.", ""),
        ("Stop talking.", ""),
        ("Be quiet for a while.", ""),
        ("Shut up.", ""),
        ("Please stop talking now.", ""),
        ("Silence please.", ""),
    ),
    ActKind.GO_ON: (
        ("Go on.", ""),
        ("Continue please.", ""),
        ("You can talk again.", ""),
        ("Keep talking.", ""),
        ("Carry on.", ""),
        ("Please continue.", ""),
    ),
    ActKind.LOUDER: (
        ("Louder please.", ""),
        ("Speak up.", ""),
        ("Turn up the volume.", ""),
        ("I can't hear you.", ""),
    ),
    ActKind.QUIETER: (
        ("Not so loud.", ""),
        ("Turn down the volume.", ""),
        ("Quieter please.", ""),
        ("Lower your voice.", ""),
    ),
    ActKind.UNDO: (
        ("No.", ""),
        ("Undo that.", ""),
        ("That was wrong.", ""),
        ("Never mind.", ""),
    ),
}
SENTENCES = [(text, kind, word) for kind, said in _SENTENCES.items() for text, word in said]


@dataclass
class Understood:
    """Counts over trials, and what went wrong."""

    trials: int = 0
    right: int = 0
    wrong: int = 0

    @property
    def right_percent(self) -> float:
        """Trials in which the right act, and no other, would be done."""
        return 100 * self.right / max(self.trials, 1)

    @property
    def wrong_percent(self) -> float:
        """Trials in which another act would be done."""
        return 100 * self.wrong / max(self.trials, 1)


def chosen(half: str) -> list[tuple[str, ActKind, str]]:
    """Return the sentences to tune on, or the others, or all."""
    first = {"tuning": 0, "held-out": 1}.get(half)
    return SENTENCES if first is None else SENTENCES[first::2]


def measure(
    session: Session,
    sentences: Iterable[tuple[str, ActKind, str]],
    ratio: int,
    voices: Iterable[str] = VOICES,
    verbose: bool = False,
) -> Understood:
    """Say each sentence in each voice, in babble `ratio` dB quieter than the voice."""
    counts = Understood()
    for number, (text, kind, word) in enumerate(sentences):
        for voice in voices:
            said = _in_babble(text, voice, ratio, number)
            events = session.run(said)
            texts = [event.text for event in events if isinstance(event, Heard) and event.final]
            acts = [act for act in map(understand, texts) if act.kind is not ActKind.NONE]
            right = [act for act in acts if act.kind is kind and word in act.argument.lower()]
            counts.trials += 1
            counts.right += bool(right) and len(acts) == len(right)
            counts.wrong += len(acts) > len(right)
            if verbose and not (right and len(acts) == len(right)):
                print(f"  {ratio} dB {voice}: {text!r} heard {texts}, acts {acts}", flush=True)
    return counts


def _in_babble(text: str, voice: str, ratio: int, seed: int) -> Wave:
    words = spoken(text, voice)
    begin, after = int(BEFORE * RATE), int(AFTER * RATE)
    length = begin + len(words) + after
    around = at_level(babble(30), -20.0 - ratio)
    sound = np.resize(np.roll(around, -seed * 40_000), length).copy()
    sound[begin : begin + len(words)] += words
    return sound
