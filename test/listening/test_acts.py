"""What is asked for is done at the robot, and undone by "no"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.listening.acts import UNDO_WITHIN, ActFailedError, ActOutcome, ActPerformer
from video_commentary.listening.intents import Act, ActKind, understand


class Robot:
    """A robot that notes what it is asked for."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.told = ""
        self.on = True
        self.gain = 1.0
        self.watches = 0
        self.away = False
        self.sound: Pcm | None = None

    def _do(self, *what: object) -> None:
        if self.away:
            raise ActFailedError("the commentator is away: start it")
        self.done.append(what)

    def set_instruction(self, instruction: str) -> str:
        self._do("instruction", instruction)
        before, self.told = self.told, instruction
        return before

    def instruction(self) -> str:
        return self.told

    def ask(self, question: str, sound: Pcm | None = None) -> str:
        self._do("ask", question)
        self.sound = sound
        return "Two people."

    def add_watch(self, condition: str) -> tuple[int, str]:
        self._do("watch", condition)
        self.watches += 1
        return self.watches, f"watching for: {condition}"

    def remove_watch(self, number: int) -> str:
        self._do("unwatch", number)
        return "removed: a person enters"

    def set_enabled(self, enabled: bool) -> bool:
        self._do("enabled", enabled)
        before, self.on = self.on, enabled
        return before

    def volume(self) -> float:
        return self.gain

    def set_volume(self, volume: float) -> None:
        self._do("volume", volume)
        self.gain = volume


class Desk:
    """An actor with a robot and a clock that stands still."""

    def __init__(self) -> None:
        self.robot = Robot()
        self.now = 100.0
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.actor = ActPerformer(self.robot, lambda: self.now, self._schedule)

    def _schedule(self, seconds: float, function: Callable[[], None]) -> Callable[[], None]:
        entry = (seconds, function)
        self.later.append(entry)
        return lambda: self.later.remove(entry) if entry in self.later else None

    def say(self, text: str, sound: Pcm | None = None) -> ActOutcome:
        return self.actor.perform(understand(text), sound)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_instruction_and_no(desk: Desk) -> None:
    desk.robot.told = "people"
    said = desk.say("Only talk about the cars.")
    assert said == ActOutcome("instruction: only talk about the cars", True)
    assert desk.robot.told == "only talk about the cars" and desk.actor.can_undo
    assert desk.say("No.").text == "undone: the instruction is 'people' again"
    assert desk.robot.told == "people"
    assert desk.say("No.") == ActOutcome("there is nothing to undo", False)


def test_questions_are_answered_and_leave_what_can_be_undone(desk: Desk) -> None:
    desk.say("Only talk about the cars.")
    assert desk.say("How many people are there?") == ActOutcome("Two people.", True)
    assert desk.say("When was the last car?") == ActOutcome("Two people.", True)
    assert desk.robot.done[1:] == [
        ("ask", "how many people are there?"),
        ("ask", "when was the last car?"),
    ]
    assert desk.say("That's not what I meant.").done and desk.robot.told == ""


def test_a_question_goes_with_its_sound(desk: Desk) -> None:
    sound = Pcm(np.zeros(16_000, np.int16), AudioFormat(16_000))
    desk.say("Only talk about the cars.", sound)
    assert desk.robot.sound is None
    for question in ("How many people are there?", "When was the last car?"):
        desk.robot.sound = None
        desk.say(question, sound)
        assert desk.robot.sound is sound


def test_a_watch_is_removed_by_undo_within_a_minute(desk: Desk) -> None:
    said = desk.say("Tell me when a person enters.")
    assert said == ActOutcome("watching for: a person enters", True)
    assert desk.say("Undo that.").text == "undone: removed: a person enters"
    desk.say("Tell me when a dog enters.")
    desk.now += UNDO_WITHIN
    assert not desk.actor.can_undo and not desk.say("No.").done
    assert [what[1] for what in desk.robot.done if what[0] == "unwatch"] == [1]  # type: ignore[index]


def test_quiet_for_a_while_ends_by_itself_or_by_go_on(desk: Desk) -> None:
    assert desk.say("Be quiet for five minutes.") == ActOutcome("quiet for 300 s", True)
    ((seconds, end),) = desk.later
    end()
    assert seconds == 300.0
    assert desk.robot.done == [("enabled", False), ("enabled", True)]
    desk.say("Be quiet for a while.")
    assert desk.say("Stop talking.").text == "quiet until somebody says go on"
    assert not desk.later, "the shorter quiet still ends"
    assert desk.say("Go on.").done and desk.robot.on
    assert desk.robot.done[-1] == ("enabled", True)


def test_go_on_of_a_commentary_that_is_on_has_it_comment_now(desk: Desk) -> None:
    desk.robot.told = "cars"
    desk.say("Go on.")
    assert desk.robot.done == [("enabled", True), ("instruction", "cars")]


def test_stop_is_undone_and_so_is_going_on(desk: Desk) -> None:
    desk.say("Be quiet for a while.")
    assert desk.say("No.").done and desk.robot.on and not desk.later
    desk.say("Stop.")
    desk.say("Go on.")
    assert desk.say("No.").done and not desk.robot.on


def test_the_volume_stays_within_its_bounds(desk: Desk) -> None:
    assert desk.say("Louder!").text == "volume 1.5"
    assert desk.say("No.").text == "undone: volume 1" and desk.robot.gain == 1.0
    texts = [desk.say("Louder!").text for _ in range(5)]
    assert texts[-1] == "volume 4, the limit"
    texts = [desk.say("Quieter!").text for _ in range(12)]
    assert texts[-1] == "volume 0.1, the limit"


def test_chatter_does_nothing_and_a_failure_says_what_to_do(desk: Desk) -> None:
    assert desk.say("Thank you.") == ActOutcome("", False) and not desk.robot.done
    desk.robot.away = True
    assert desk.say("Stop talking.") == ActOutcome("the commentator is away: start it", False)
    assert not desk.actor.can_undo
    assert desk.actor.perform(Act(ActKind.QUESTION, "who?")).done is False
