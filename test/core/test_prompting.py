from __future__ import annotations

import pytest

from test.fakes import frame
from video_commentary.config.profiles import load_profiles
from video_commentary.core.prompting import (
    MAX_INSTRUCTION,
    Profile,
    build_prompt,
    checked_instruction,
    checked_question,
    parse_profiles,
)
from video_commentary.core.silence import SILENCE

PROFILE = Profile("p", "You are a tester.", ("people",))


def test_what_stays_the_same_comes_first() -> None:
    first = build_prompt(PROFILE, "watch the door", "", ["One."], [frame(1.0), frame(2.0)])
    second = build_prompt(PROFILE, "watch the door", "", ["Two."], [frame(3.0), frame(4.0)])
    assert first.system == second.system
    assert "watch the door" in first.system
    assert SILENCE in first.system
    assert "One." in first.text
    assert "One." not in first.system


def test_several_cameras_are_named_frame_by_frame() -> None:
    prompt = build_prompt(PROFILE, "", "", [], [frame(1.0, "front"), frame(2.0, "rear")])
    assert "front, rear" in prompt.text
    assert "front" not in build_prompt(PROFILE, "", "", [], [frame(1.0, "front")]).text


def test_a_question_is_asked_after_the_frames() -> None:
    prompt = build_prompt(PROFILE, "", "Is it raining?", [], [frame(1.0)])
    assert "Is it raining?" in prompt.text
    assert prompt.question == "Is it raining?"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [("", ""), ("  look \n left ", "look left"), ("a\x00b\x1b[31m", "a b [31m"), ("日本", "日本")],
)
def test_instructions_are_tidied(text: str, cleaned: str) -> None:
    assert checked_instruction(text) == cleaned


def test_an_instruction_too_long_is_refused_with_the_limit() -> None:
    with pytest.raises(ValueError, match=r"100,000 characters.*2,000"):
        checked_instruction("x" * 100_000)
    assert len(checked_instruction("x" * MAX_INSTRUCTION)) == MAX_INSTRUCTION


def test_bytes_that_were_no_utf8_are_refused() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        checked_instruction(b"\xff\xfelook".decode("utf-8", "replace"))


def test_an_empty_question_is_refused() -> None:
    with pytest.raises(ValueError, match="ask something"):
        checked_question(" \n")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "mapping"),
        ({"a": {"role": "x"}}, "'a'.*mention"),
        ({"a": {"role": "x", "mention": "people"}}, "list"),
        ({"a": {"role": "x", "mention": ["peopel"]}}, "peopel.*people"),
    ],
)
def test_bad_profiles_are_refused_by_name(document: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_profiles(document)


def test_the_packages_profiles_are_there() -> None:
    names = {"commentator", "sports", "security", "driving", "nature", "descriptive"}
    assert set(load_profiles()) == names


def test_a_missing_file_is_named(tmp_path: object) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.yaml"):
        load_profiles(f"{tmp_path}/nowhere.yaml")
