from __future__ import annotations

from pathlib import Path

import pytest

from test.tools.evaluation.conftest import DATA, FPS
from video_commentary.sources.scene import StreetScene
from video_commentary.tools.evaluation.labels import Clip, LabelError, read_labels


def test_a_set_is_read_whole(clips: list[Clip]) -> None:
    scene, walker = clips
    assert (scene.name, scene.path, scene.begin, scene.end) == ("scene", DATA / "scene.mp4", 0, 60)
    assert (walker.path, walker.begin, walker.end) == (DATA / "scene.mp4", 4.0, 18.0)
    assert len(scene.events) == 15 and len(scene.questions) == 6 and len(scene.facts) == 3
    assert scene.quiet[0] == (2.5, 5.0)
    first = walker.events[1]
    assert (first.what, first.who, first.count, first.where) == ("strolls", "pedestrian", 1, "")


def test_the_test_scenes_labels_are_true(clips: list[Clip]) -> None:
    scene = StreetScene(320, 240, FPS)
    coming = {"enters": (-0.5, 0.5), "leaves": (-0.2, 1.3)}
    for event in clips[0].events:
        if event.what not in coming:
            continue
        before, after = coming[event.what]
        shown = [
            len([n for n in scene.frame(round((event.t + at) * FPS))[1] if event.who in n])
            for at in (before, after)
        ]
        assert (shown[0] < shown[1]) == (event.what == "enters"), event


def test_words_that_yaml_takes_for_more_are_words(tmp_path: Path) -> None:
    questions = "questions: [{t: 1, q: Is it, a: [yes, 2]}, {t: 1, q: Is it, a: [no]}]"
    (tmp_path / "labels.yaml").write_text(f"a:\n  duration: 2\n  events: []\n  {questions}\n")
    (clip,) = read_labels(tmp_path)
    assert [question.accepted for question in clip.questions] == [("yes", "2"), ("no",)]


EVENT = "{t: 1, what: enters, who: dog}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "expected clips by name"),
        ("", "expected clips by name"),
        ("a: [1\n", "not a YAML text"),
        ("a: 3\n", "clip a: expected a mapping"),
        ("all: {duration: 1, events: []}\n", "clip all, line 1: 'all' is the name of"),
        ("a:\n  events: []\n", "clip a, line 2: duration: expected a number"),
        ("a:\n  duration: -1\n  events: []\n", "clip a, line 2: duration: expected a number"),
        ("a:\n  duration: .inf\n  events: []\n", "duration: expected a number"),
        ("a:\n  duration: 3\n", "clip a, line 2: events: expected a list, not None"),
        (f"a:\n  duration: 3\n  events:\n    - {EVENT}\n    - 3\n", "events[1]: expected a map"),
        (
            f"a:\n  duration: 3\n  events:\n    - {EVENT}\n    - {{t: x, what: cut, who: it}}\n",
            "clip a, line 5: events[1].t: expected a number of 0 or more, not 'x'",
        ),
        (
            "a:\n  duration: 3\n  events:\n    - {t: 2, until: 1, what: cut, who: it}\n",
            "clip a, line 4: events[0].until: 1.0 is before t",
        ),
        ("a:\n  duration: 3\n  events: [{t: 1, who: it}]\n", "events[0].what: expected a text"),
        (
            "a:\n  duration: 3\n  events: [{t: 1, what: cut, who: it, importance: 4}]\n",
            "events[0].importance: expected a whole number from 1 to 3, not 4",
        ),
        ("a: {duration: 3, events: [], quiet: [[2, 1]]}\n", "quiet[0]: expected [from, until]"),
        ("a: {duration: 3, events: [], labelled: 2}\n", "labelled: expected [from, until]"),
        ("a: {duration: 3, events: [], facts: [{b: c}]}\n", "facts: expected a list of texts"),
        (
            "a: {duration: 3, events: [], questions: [{t: 1, q: Is it}]}\n",
            "questions[0].a: expected a list, not None",
        ),
        (
            "a: {duration: 3, events: [], questions: [{t: 1, q: Is it, a: []}]}\n",
            "questions[0].a: expected a list of words",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.yaml").write_text(text)
    with pytest.raises(LabelError) as caught:
        read_labels(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "labels.yaml"))
    assert said in str(caught.value)


def test_a_folder_without_labels_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"labels\.yaml: No such file"):
        read_labels(tmp_path)
