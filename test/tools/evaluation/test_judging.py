from __future__ import annotations

from typing import Any

import pytest

from test.tools.evaluation.conftest import clip, event
from video_commentary.core.facts import Claim, NormalizedBox, Observation
from video_commentary.tools.evaluation.judging import Judge, Judged, Statement, Verdict
from video_commentary.tools.evaluation.labels import Clip

ENTERS = event(5.0, "enters", "dog", where="left", note="a brown dog")
NAMES = {"dog": "dog", "person": "person", "something": "thing", "camera": "view"}


def seen(second: float, left: float = 0.0) -> tuple[Observation, ...]:
    box = NormalizedBox(left=left, top=0.2, right=left + 0.1, bottom=0.5)
    return (Observation(camera="c", stamp=round(second * 1e9), box=box),)


def claim(kind: str = "enters", who: str = "dog", at: float | None = None, **more: Any) -> Claim:
    return Claim(kind=kind, who=who, evidence=() if at is None else seen(at), **more)


def said(start: float, *claims: Claim, text: str = "") -> Statement:
    words = text or " and ".join(map(worded, claims))
    return Statement(start=start, end=start + 1, text=words, claims=claims)


def worded(stated: Claim) -> str:
    plain = stated.kind.replace("_", " ")
    return f"no {stated.who}" if plain == "absent" else f"{stated.who} {plain}"


def judge(labels: Clip, *statements: Statement) -> list[Judged]:
    return Judge(labels).judge(statements)


def verdict(labels: Clip, *statements: Statement) -> Verdict:
    return judge(labels, *statements)[-1].verdict


@pytest.mark.parametrize(
    ("claimed", "start", "expected"),
    [
        (claim(where="left"), 5.2, Verdict.TRUE),
        (claim(where="left", count=1, colour="brown"), 5.2, Verdict.TRUE),
        (claim(), 4.6, Verdict.TRUE),  # labels are true to 0.5 s
        (claim(who="animal"), 6.0, Verdict.TRUE),
        (claim("approaches"), 6.0, Verdict.PARTLY),
        (claim(who="something"), 6.0, Verdict.PARTLY),
        (claim(where="middle"), 6.0, Verdict.PARTLY),
        (claim(where="right"), 6.0, Verdict.PARTLY),
        (claim(colour="white"), 6.0, Verdict.PARTLY),
        (claim(count=2), 6.0, Verdict.PARTLY),
        (claim(), 14.0, Verdict.PARTLY),  # late, and on nothing
        (claim(at=6.0), 14.0, Verdict.TRUE),  # late, but it is this one
        (claim(count=5, where="right"), 6.0, Verdict.FALSE),
        (claim(at=9.0), 9.5, Verdict.FALSE),  # another one than labelled
        (claim(at=3.0), 6.0, Verdict.FALSE),
        (claim(), 4.0, Verdict.FALSE),
        (claim(), 16.0, Verdict.FALSE),
        (claim("leaves"), 6.0, Verdict.FALSE),
        (claim(who="cat"), 6.0, Verdict.FALSE),
        (claim("moves"), 6.0, Verdict.UNJUDGED),
    ],
)
def test_a_claim_is_held_against_the_events(
    claimed: Claim, start: float, expected: Verdict
) -> None:
    assert verdict(clip([ENTERS]), said(start, claimed)) is expected


def test_an_event_is_reported_by_what_fits_it_but_not_by_the_wrong_side() -> None:
    for claimed, reported in ((claim(where="left"), {0}), (claim(where="right"), set())):
        assert judge(clip([ENTERS]), said(5.5, claimed))[0].reported == reported


def test_a_box_near_a_border_excuses_the_neighbouring_side() -> None:
    for left, expected in ((0.3, Verdict.TRUE), (0.45, Verdict.PARTLY)):
        claimed = Claim(kind="enters", who="dog", where="middle", evidence=seen(5.5, left))
        assert verdict(clip([ENTERS]), said(5.5, claimed)) is expected


def test_one_claim_reports_one_event_and_a_number_as_many_as_it_counts() -> None:
    labels = clip([event(5.0, "enters"), event(5.5, "enters"), event(6.0, "enters")])
    one, two = judge(
        labels,
        said(6.2, claim(who="person", count=1), text="a person enters"),
        said(7.0, claim(who="person", count=2), text="two people enter"),
    )
    assert one.reported == {2} and one.numbers == ()
    assert two.reported == {0, 1} and two.numbers == (True,) and two.verdict is Verdict.TRUE


def test_the_same_event_reported_again_is_empty() -> None:
    labels = clip([event(5.0, "approaches", "car", until=14.0)])
    first, later, soon = judge(
        labels,
        said(5.5, claim("approaches", "car")),
        said(8.0, claim("approaches", "car"), text="the car comes nearer"),
        said(20.0, claim("approaches", "car"), text="the car comes nearer"),
    )
    assert (first.verdict, first.repeat) == (Verdict.TRUE, False)
    assert (later.verdict, later.repeat) == (Verdict.EMPTY, True)
    assert soon.repeat is False


def test_a_mention_is_news_once_and_only_while_nothing_is_to_be_reported() -> None:
    labels = clip([event(10.0, "enters", "dog")], ["one person"], seconds=60.0)
    there = claim("present", "person")
    first, again = judge(labels, said(2.0, there), said(30.0, there))
    assert (first.verdict, again.verdict) == (Verdict.TRUE, Verdict.EMPTY)
    assert verdict(labels, said(11.0, there)) is Verdict.EMPTY


def test_numbers_of_what_is_there_are_checked() -> None:
    labels = clip(facts=["people; 3 (0-10), 4 (12-20)"])
    for count, at_least, expected, number in (
        (3, False, Verdict.TRUE, (True,)),
        (2, True, Verdict.TRUE, (True,)),
        (2, False, Verdict.PARTLY, (False,)),
        (6, False, Verdict.FALSE, (False,)),
    ):
        found = judge(
            labels, said(5.0, claim("present", "person", count=count, at_least=at_least))
        )[0]
        assert (found.verdict, found.numbers) == (expected, number), count


def test_lower_bounds_are_no_news_again_and_again() -> None:
    labels = clip(facts=["people; 5 (0-30)"])
    statements = [
        said(4.0 * i, claim("present", "person", count=2 + i % 2, at_least=True)) for i in range(6)
    ]
    verdicts = [found.verdict for found in judge(labels, *statements)]
    assert verdicts == [Verdict.TRUE] + 5 * [Verdict.EMPTY]


def test_how_many_came_so_far() -> None:
    labels = clip([event(t, "enters", until=t + 1) for t in (1.0, 5.0, 9.0)], seconds=60.0)
    for count, expected in ((3, Verdict.TRUE), (4, Verdict.FALSE)):
        claimed = claim("total", "person", count=count)
        assert verdict(labels, said(50.0, claimed)) is expected


def test_a_lower_bound_of_a_total_may_be_below_those_seen_at_once() -> None:
    labels = clip([event(1.0, "enters", until=2.0)], ["people; 5 (0-60)"], seconds=60.0)
    for at_least, expected in ((True, Verdict.TRUE), (False, Verdict.FALSE)):
        claimed = claim("total", "person", count=3, at_least=at_least)
        assert verdict(labels, said(50.0, claimed)) is expected


def test_an_absence_is_news_once_it_was_there() -> None:
    labels = clip([event(5.0, "leaves", "car")], ["cars; 1 (0-6), none from 7"])
    none = claim("absent", "car")
    assert verdict(labels, said(15.0, none)) is Verdict.EMPTY
    assert verdict(labels, said(5.5, claim("leaves", "car")), said(15.0, none)) is Verdict.TRUE
    assert verdict(labels, said(4.0, none)) is Verdict.FALSE


def test_an_opening_is_reported_by_its_who_by_a_number_or_by_two_of_its_things() -> None:
    labels = clip([event(0.0, "opens", "table", note="a table with three red cups and a ball")])
    cup = claim("present", "cup", count=3)
    for claims, reported in (
        ((claim("present", "table"),), True),
        ((cup,), True),
        ((claim("present", "cup", colour="red"),), True),
        ((claim("present", "cup"), claim("present", "ball")), True),
        ((claim("present", "cup"),), False),
        ((claim("present", "something"),), False),
    ):
        assert bool(judge(labels, said(1.0, *claims))[0].reported) is reported, claims


def test_the_pictures_own_movement_is_judged() -> None:
    pans = event(5.0, "camera_pans", "camera", where="left")
    still = clip([event(1.0, "enters", "dog")], ["fixed camera"])
    left, right = (claim("camera_pans", "camera", where=w) for w in ("left", "right"))
    assert verdict(clip([pans]), said(5.5, left)) is Verdict.TRUE
    assert judge(clip([pans]), said(5.5, right))[0].reported == set()
    assert verdict(still, said(5.5, left)) is Verdict.FALSE
    assert verdict(still, said(9.0, claim("light", "camera"))) is Verdict.FALSE
    assert verdict(still, said(9.0, claim("rests", "camera"))) is Verdict.EMPTY


def test_a_word_that_no_table_has_is_matched_by_the_same_word() -> None:
    labels = clip([event(5.0, "moults", "quokka", where="left")])
    assert verdict(labels, said(5.5, claim("moults", "quokka"))) is Verdict.TRUE
    assert judge(labels, said(5.5, claim("moves", "quokka")))[0].reported == set()


def test_a_sentence_is_no_better_than_its_claims() -> None:
    labels = clip([ENTERS, event(6.0, "stops", "car")])
    good, other = claim(), claim("stops", "car")
    wrong, unknown = claim("leaves", "bird"), claim("moves", "car")
    for claims, expected in (
        ((good, other), Verdict.TRUE),
        ((good, other, wrong), Verdict.PARTLY),
        ((good, wrong), Verdict.FALSE),
        ((good, unknown), Verdict.PARTLY),
    ):
        assert verdict(labels, said(6.2, *claims)) is expected, claims
    assert judge(labels, said(6.2, good, wrong))[0].reported == set(), (
        "a false sentence reports nothing"
    )


def test_claims_that_the_words_dont_say_count_for_nothing() -> None:
    found = judge(clip([ENTERS]), said(5.5, claim(), text="What a lovely day."))[0]
    assert found.verdict is Verdict.UNJUDGED and not found.reported


def test_written_sentences_are_judged_where_words_are_certain() -> None:
    labels = clip([ENTERS], ["no cat"])
    for text, expected in (
        ("A dog comes in from the left.", Verdict.TRUE),
        ("A brown dog comes in.", Verdict.TRUE),
        ("A dog comes in from the right.", Verdict.PARTLY),
        ("A dog leaves.", Verdict.UNJUDGED),
        ("A cat comes in.", Verdict.FALSE),
        ("How lovely.", Verdict.UNJUDGED),
    ):
        assert verdict(labels, said(5.5, text=text)) is expected, text


def test_idle_talk_in_a_quiet_span_is_empty() -> None:
    labels = clip([ENTERS], ["one person"], quiet=[(10.0, 20.0)])
    assert verdict(labels, said(12.0, claim("present", "person"))) is Verdict.EMPTY
    assert verdict(labels, said(12.0, claim(at=6.0))) is Verdict.TRUE
