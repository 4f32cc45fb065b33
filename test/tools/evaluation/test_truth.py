from __future__ import annotations

from test.tools.evaluation.conftest import clip, event
from video_commentary.tools.evaluation.truth import Truth


def test_numbers_over_time_are_read() -> None:
    truth = Truth(clip(facts=["people; 1 (0-0.4), 6 to 7 (5-9), none from 12"]))
    assert truth.counts("person", 0.0, 0.2) == (frozenset({1}), True)
    assert truth.counts("person", 6.0, 8.0) == (frozenset({6, 7}), True)
    assert truth.missing("person", 20.0, 20.0)
    assert not truth.missing("person", 8.0, 8.0)
    assert not truth.present("person", 3.0, 3.0)


def test_a_part_of_the_time_is_kept_apart() -> None:
    truth = Truth(clip(facts=["a red cup until 8.5", "a dog from 10", "a cat 2-4"]))
    assert truth.present("cup", 5.0, 5.0)[0].colours == {"red"}
    assert not truth.present("cup", 12.0, 12.0)
    assert truth.present("dog", 20.0, 20.0) and not truth.present("dog", 5.0, 5.0)
    assert truth.present("animal", 3.0, 3.0)


def test_only_a_plain_no_is_an_absence() -> None:
    facts = ["no animal, no real car, no other person; nobody walks", "no person near"]
    assert Truth(clip(facts=facts)).absent == {"animal"}
    assert Truth(clip(facts=["nobody, no car"])).absent == {"person", "car"}


def test_an_absence_covers_kinds_below_it_but_no_event() -> None:
    truth = Truth(clip([event(5.0, "enters", "dog")], ["no animal"]))
    assert truth.missing("cat", 5.0, 5.0)
    assert not truth.missing("dog", 5.0, 5.0)


def test_what_is_never_named_is_absent_where_labels_would_name_it() -> None:
    truth = Truth(clip([event(5.0, "enters", "dog")], ["a table"]))
    assert truth.missing("bird", 5.0, 5.0) and truth.missing("bus", 5.0, 5.0)
    assert not truth.missing("cup", 5.0, 5.0), "things need not be listed"
    assert not truth.missing("animal", 5.0, 5.0)


def test_a_first_number_without_times_is_the_total() -> None:
    truth = Truth(clip(facts=["two people sit at a desk, three of them", "a man with two dogs"]))
    assert truth.counts("person", 1.0, 1.0) == (frozenset({2}), True)
    assert truth.counts("dog", 1.0, 1.0) == (frozenset({2}), False)


def test_a_fixed_camera_is_known() -> None:
    assert Truth(clip(facts=["fixed surveillance camera; a road"])).still
    assert Truth(clip(facts=["a lawn; the camera stands still"])).still
    assert not Truth(clip(facts=["the camera stands 0-2, else it moves"])).still
