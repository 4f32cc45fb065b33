from __future__ import annotations

from pathlib import Path

from test.memory.memories import ask, at, comment, event, filled


def test_a_colour_chooses_among_those_that_have_one(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        event("enters", "person", at("13:00"), colour="red"),
        event("enters", "person", at("13:10"), colour="dark"),
        event("enters", "person", at("13:20")),
        event("passes", "truck", at("13:30"), colour="grey"),
    )
    for question, entries in (
        ("When did the man in red come in?", [1]),
        ("When was the last person in black?", [2]),
        ("Who wore dark clothes?", [2]),
        ("Did anything move in the dark today?", [4, 3, 2, 1]),
        ("How many people in red came in today?", [1]),
        ("When was the last person?", [3, 2, 1]),
        ("Has a gray truck passed?", [4]),
    ):
        assert [entry.id for entry in ask(path, question).entries] == entries, question


def test_unclear_colours_are_said_to_be_so(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        event("picks_up", "handbag", at("13:00"), where="left"),
        event("enters", "car", at("13:10"), colour="blue"),
        event("enters", "car", at("13:20")),
    )
    bag = ask(path, "Where did you see the red bag?")
    assert bag.text == (
        "I made out no red bag, but some bags whose colour is unclear: the bag was last seen on "
        "the left (front), at 13:00: “A handbag is picked up on the left.”"
    )
    assert [entry.id for entry in bag.entries] == [1]
    cars = ask(path, "Did a red car come in today?")
    assert cars.text.startswith(
        "I made out no red car, but some cars whose colour is unclear: the last car that came in "
        "today was at 13:20"
    )
    assert [entry.id for entry in cars.entries] == [3], "the blue one is none of them"
    count = ask(path, "How many red cars came in today?").text
    assert count.startswith("I made out no red cars, but some cars whose colour is unclear: one")
    assert (
        ask(path, "When was the last red dog?").text == "No red dog was seen, as far as I remember."
    )


def test_a_comment_that_names_the_colour_goes_before_unclear_facts(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        comment("A red bag stands by the door.", at("13:00")),
        event("picks_up", "handbag", at("13:10")),
        comment("A blue bag stands by the window.", at("13:20")),
    )
    assert [entry.id for entry in ask(path, "Where is the red bag?").entries] == [1]
    assert [entry.id for entry in ask(path, "What did you say about the blue bag?").entries] == [3]
