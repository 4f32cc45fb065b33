from __future__ import annotations

from pathlib import Path

import pytest

from test.memory.memories import answer, ask, at, comment, event, filled
from video_commentary.core.location import GeoFix, Location, PlanarPose
from video_commentary.core.memory_entry import ALERT
from video_commentary.memory.recall_items import RecallRequest

DAY = (
    event("enters", "person", at("23:10", 11), where="left"),
    event("moves", "dog", at("03:12"), where="middle"),
    event("enters", "car", at("09:00"), where="left", colour="red"),
    event("stops", "car", at("09:01"), where="left", colour="red"),
    event("leaves", "car", at("09:20"), where="right", colour="red"),
    answer("Two cars.", at("10:00"), "How many cars are there?"),
    event("enters", "person", at("12:05"), where="right", count=2),
    event("leaves", "person", at("12:30"), where="left"),
    event("enters", "person", at("13:40"), where="left"),
    event("picks_up", "handbag", at("13:45"), where="right", colour="red"),
    event("passes", "truck", at("14:02")),
    event("light", "camera", at("14:10")),
    comment("A person reads at the table.", at("14:20")),
)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("memory") / "m.db", *DAY)


@pytest.mark.parametrize(
    ("question", "text", "entries"),
    [
        (
            "When was the last car?",
            "The last car was at 09:20, five hours ago: “A red car leaves at the right.”",
            [5, 4, 3],
        ),
        ("When did a car last stop?", "The last car that stopped was at 09:01", [4]),
        ("When did the car come in?", "The last car that came in was at 09:00", [3]),
        (
            "When did the first person come in today?",
            "The first person that came in today was",
            [7, 9],
        ),
        (
            "How many people came in since noon?",
            "Three people came in since noon: the first at 12:05, the last at 13:40.",
            [9, 7],
        ),
        ("How many people came in since 1 pm?", "One person came in since 13:00, at 13:40.", [9]),
        ("How many people left since noon?", "One person left since noon, at 12:30.", [8]),
        ("How many cats came in today?", "No cats came in today.", []),
        ("How many vehicles passed today?", "One vehicle went past today, at 14:02.", [11]),
        (
            "Did anything move at night?",
            "Yes, twice last night, from 22:00 to 06:00: the last at 03:12. “A dog moves",
            [2, 1],
        ),
        ("Did a dog come in at night?", "No, no dog came in last night", []),
        ("Was anybody there this morning?", "No, no person was seen this morning", []),
        ("Has a van passed?", "Yes, once: at 14:02. “A truck goes past.”", [11]),
        (
            "Where did you see the red bag?",
            "The red bag was last seen on the right (front), at",
            [10],
        ),
        ("Was the bag taken?", "Yes, once: at 13:45.", [10]),
        ("Did the light change today?", "Yes, once today: at 14:10. “The light changes.”", [12]),
        (
            "Who came in after noon?",
            "Since noon at 13:40: “A person comes in from the left.”",
            [9, 7],
        ),
        ("What did I ask about cars?", "At 10:00: “Two cars.”", [6]),
        ("Tell me about the table", "The last mention is at 14:20: “A person reads at the t", [13]),
        ("When was the last elephant?", "No elephant was seen, as far as I remember.", []),
        (
            "Did anything move in the last hour?",
            "Yes, twice in the last hour: the last at",
            [11, 9],
        ),
        ("Tell me about unicorns", "I remember nothing about that.", []),
    ],
)
def test_answers_come_from_the_facts(
    day: Path, question: str, text: str, entries: list[int]
) -> None:
    got = ask(day, question)
    assert got.text.startswith(text)
    assert [entry.id for entry in got.entries] == entries


def test_what_happened_is_a_recap_of_that_time(day: Path) -> None:
    got = ask(day, "What happened while I was away?")
    assert got.text == (
        "Since you last asked, at 10:00: three people came in, one person left, the light changed "
        "once, one truck went past and one handbag was picked up. The last comment, at 14:20: "
        "“A person reads at the table.”"
    )
    assert [entry.id for entry in got.entries] == [13, 12, 11, 10, 9, 8, 7]
    assert ask(day, "What happened in the last ten minutes?").text.startswith(
        "In the last ten minutes: the last comment, at 14:20"
    )
    assert ask(day, "What happened just now?").text == "In the last 5 minutes, nothing happened."


def test_an_answer_says_where_the_memory_begins(day: Path) -> None:
    got = ask(day, "How many people came in since monday?")
    assert got.text.endswith("My memory begins yesterday at 23:10.")


def test_bounds_of_the_request_hold_too(day: Path) -> None:
    assert ask(day, "How many people came in?", start=at("13:00")).text.startswith("One person")
    got = ask(day, "When was the last person?", end=at("13:00"), limit=1)
    assert [entry.id for entry in got.entries] == [8]


def test_without_facts_the_comments_answer_and_say_so(tmp_path: Path) -> None:
    path = filled(tmp_path / "m.db", comment("A car waits at the gate.", at("14:00")))
    got = ask(path, "When was the last car?")
    assert got.text.startswith("There is no such event, but a comment mentions it at 14:00: “A")
    assert [entry.id for entry in got.entries] == [1]


def test_a_comment_answers_where_the_events_are_about_others(day: Path) -> None:
    got = ask(day, "When was the last table?")
    assert got.text.startswith("There is no such event, but a comment mentions it at 14:20: “A")
    assert [entry.id for entry in got.entries] == [13]


def test_vehicles_on_a_road_come_by_approaching_and_pass_by_leaving(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        event("present", "car", at("14:29"), count=4, at_least=True),
        event("approaches", "car", at("14:29"), where="middle"),
        event("enters", "car", at("14:29"), where="left"),
        event("leaves", "car", at("14:30"), where="right"),
        event("approaches", "car", at("14:30"), where="middle"),
        event("approaches", "person", at("14:30")),
    )
    got = ask(path, "How many cars came in the last minute?")
    assert got.text == "Two cars came in the last minute: the first at 14:29, the last at 14:30."
    assert [entry.id for entry in got.entries] == [5, 2]
    assert ask(path, "How many cars today?").text.startswith("Two cars came today: the first at")
    assert ask(path, "Did any vehicles come today?").text.startswith("Yes, twice today: the last")
    assert ask(path, "How many cars passed today?").text.startswith("One car went past today, at")
    assert ask(path, "How many cars went by?").text == "One car went past, at 14:30."
    assert ask(path, "When did the last car come?").text.startswith("The last car that came was")
    assert ask(path, "How many cars came in?").text == "One car came in, at 14:29."
    assert ask(path, "How many people came?").text == "No people came."


def test_an_empty_memory_says_so(tmp_path: Path) -> None:
    path = filled(tmp_path / "m.db")
    for question in ("When was the last car?", "What happened today?", "How many cats came in?"):
        assert ask(path, question).text.endswith("Nothing has been remembered yet.")


def test_after_the_clock_was_set_back_the_last_is_not_in_the_future(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        event("enters", "car", at("18:00")),
        event("enters", "car", at("14:20")),
    )
    assert "14:20" in ask(path, "When was the last car?").text
    assert ask(path, "How many cars came in today?").text.startswith("One car came in today")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"question": " "}, "1 to 2000"),
        ({"question": "x" * 2001}, "1 to 2000"),
        ({"question": "x", "limit": 0}, "limit: 1 to 100"),
        ({"question": "x", "start": 2, "end": 1}, "from: it is later"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RecallRequest(**fields)  # type: ignore[arg-type]


def test_alerts_are_recapped_first(tmp_path: Path) -> None:
    alert = comment("A person enters at night.", at("14:00"), kind=ALERT)
    path = filled(tmp_path / "m.db", comment("All is quiet.", at("14:10")), alert)
    text = ask(path, "What happened in the last hour?").text
    assert text.index("the last alert, at 14:00") < text.index("The last comment")


DOCK = Location(name="the dock", pose=PlanarPose(frame="map", x=2.14, y=3.38, yaw=0.0))
GATE = Location(fix=GeoFix(latitude=52.5163, longitude=13.3777))


def test_where_is_answered_with_the_place(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        event("picks_up", "handbag", at("13:45"), where="right", colour="red", location=DOCK),
        event("passes", "car", at("14:03"), location=GATE, camera=""),
        event("passes", "dog", at("14:04"), where="left"),
        comment("A key lies on the floor.", at("14:05"), location=DOCK),
    )
    for question, text in (
        (
            "Where did you see the red bag?",
            "The red bag was last seen near the dock, at 2.1, 3.4 m on the map (on the right, "
            "front), at 13:45: “A red handbag is picked up on the right.”",
        ),
        (
            "Where was the last car?",
            "The car was last seen at 52.51630° N, 13.37770° E, at 14:03: “A car goes past.”",
        ),
        ("Where was the dog?", "The dog was last seen on the left (front), at 14:04: “A dog goes"),
        (
            "Where is the key?",
            "There is no such event, but a comment mentions it near the dock, at 2.1, 3.4 m on the "
            "map, at 14:05: “A key lies on the floor.”",
        ),
    ):
        assert ask(path, question).text.startswith(text)


def test_the_robot_says_where_it_was_itself(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        comment("one", at("09:00"), location=GATE),
        comment("two", at("13:00"), location=DOCK),
        comment("three", at("13:05"), location=DOCK),
        comment("four", at("13:10")),
    )
    got = ask(path, "Where were you today?")
    assert got.text == (
        "I was near the dock, at 13:05; at 52.51630° N, 13.37770° E, at 09:00. My memory begins at "
        "09:00."
    )
    assert [entry.id for entry in got.entries] == [3, 2, 1]
    assert ask(path, "Where was the robot this morning?").text.startswith("I was at 52.51630° N")
    assert ask(path, "Where have you been in the last ten minutes?").text.startswith(
        "I don't know where I was in the last ten minutes."
    )
