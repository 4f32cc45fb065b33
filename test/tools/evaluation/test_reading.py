from __future__ import annotations

import pytest

from video_commentary.core.facts import Claim
from video_commentary.tools.evaluation.phrases import is_a, kind_of, noun_phrases
from video_commentary.tools.evaluation.reading import as_said, read_claims, sentences


@pytest.mark.parametrize(
    ("sentence", "kind", "who", "where", "count"),
    [
        ("A person in dark clothes walks in from the left.", "enters", "person", "left", 1),
        ("From the near edge, a car comes into view.", "enters", "car", "near", 1),
        ("Someone leaves at the right.", "leaves", "person", "right", 1),
        ("Two people pass each other on the right.", "passes", "person", "right", 2),
        ("A taxi drives past on the left.", "passes", "car", "left", 1),
        ("A man over on the right is heading away.", "recedes", "person", "right", 1),
        ("The camera pans left.", "camera_pans", "camera", "left", None),
        ("It gets darker.", "light", "camera", "", None),
        ("The view changes: two people and a car.", "cut", "camera", "", None),
        ("A hand takes a bottle.", "picks_up", "bottle", "", 1),
        ("A bottle is taken away.", "picks_up", "bottle", "", 1),
        ("A man in a suit puts the cup back on the table.", "puts_back", "cup", "", 1),
        ("A stop sign comes closer.", "approaches", "stop sign", "", 1),
        ("There are three dogs in the middle.", "present", "dog", "middle", 3),
        ("I see no cars.", "absent", "car", "", None),
        ("Nobody is there.", "absent", "person", "", None),
        ("Nothing moves.", "quiet", "camera", "", None),
        ("A vehicle overtakes us on the left.", "overtakes", "vehicle", "left", 1),
    ],
)
def test_a_plain_sentence_is_read(
    sentence: str, kind: str, who: str, where: str, count: int | None
) -> None:
    assert read_claims(sentence) == (Claim(kind=kind, who=who, where=where, count=count),)


@pytest.mark.parametrize(
    "sentence",
    [
        "It seems that a dog enters.",
        "The man doesn't leave.",
        "A person might come in from the left.",
        "What a lovely day.",
        "They are gone.",
        "",
    ],
)
def test_what_words_cant_settle_is_not_read(sentence: str) -> None:
    assert read_claims(sentence) == ()


def test_numbers_that_are_not_exact_are_lower_bounds() -> None:
    for text, count in (("At least two people walk", 2), ("Many birds fly", 4), ("Dogs run", 2)):
        (claim,) = read_claims(f"{text} on the left.")
        assert (claim.count, claim.at_least) == (count, True), text


def test_two_clauses_are_two_claims() -> None:
    said = read_claims("A red car leaves at the left, and a dog enters from the right.")
    assert [(c.kind, c.who, c.where, c.colour) for c in said] == [
        ("leaves", "car", "left", "red"),
        ("enters", "dog", "right", ""),
    ]


def test_a_comment_is_split_into_sentences() -> None:
    assert sentences(" It is 3.5 m. Two leave!  Why? ") == ["It is 3.5 m.", "Two leave!", "Why?"]


@pytest.mark.parametrize(
    ("sentence", "who"),
    [
        ("The puppy leaves.", "dog"),
        ("An animal leaves.", "animal"),
        ("Something goes out of view.", "something"),
        ("It leaves.", "dog"),
        ("A dog is on the right.", None),
        ("A person leaves.", None),
    ],
)
def test_a_claim_counts_only_as_far_as_words_say_it(sentence: str, who: str | None) -> None:
    said = as_said(sentence, Claim(kind="leaves", who="dog"))
    assert (said.who if said else None) == who


def test_states_are_said_by_naming_and_absences_by_any_word_for_them() -> None:
    assert as_said("Three bottles.", Claim(kind="present", who="bottle", count=3))
    assert as_said("The road is empty.", Claim(kind="absent", who="car"))
    assert not as_said("A road.", Claim(kind="absent", who="car"))
    assert as_said("A bird moults.", Claim(kind="moults", who="bird"))
    assert as_said("It gets darker.", Claim(kind="light", who="camera"))


def test_nouns_have_their_numbers_and_colours() -> None:
    text = "a white van and two blue cars before no house, a stop sign"
    found = [(p.kind, p.count, p.colours, p.none) for p in noun_phrases(text)]
    assert found == [
        ("van", 1, ("white",), False),
        ("car", 2, ("blue",), False),
        ("building", 0, (), True),
        ("stop sign", 1, (), False),
    ]


def test_a_word_of_no_table_is_a_kind_of_its_own() -> None:
    assert kind_of("Pedestrian") == "person"
    assert kind_of("quokka") == "quokka"
    assert is_a("cyclist", "person") and is_a("cyclist", "vehicle") and not is_a("dog", "cat")
