from __future__ import annotations

import itertools
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Engine, Limits, Request
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import Profile, build_prompt
from video_commentary.core.stamp import from_seconds
from video_commentary.engines.builtin.engine import BuiltinEngine
from video_commentary.sources.scene import StreetScene

from .conftest import PROFILE, Image, Narration

WALK = 50  # images at 10 a second in which something dark moves through the drawn scene


def scene(
    landscape: Image, images: int, x: float | None = None, level: float = 1.0, begin: float = 0.0
) -> Iterator[tuple[float, Image]]:
    """Yield the landscape with noise; a dark thing moves from `x` on if there is one."""
    random = np.random.default_rng(int(begin))
    for number in range(images):
        image = landscape[:480, :640] * level + random.normal(0, 2, (480, 640, 1))
        if x is not None:
            at = round(x + 10 * number)
            image[250:370, max(0, at) : max(0, at + 60)] = 15
        yield begin + number / 10, np.clip(image, 0, 255).astype(np.uint8)


def street(seconds: float, begin: float = 0.0) -> Iterator[tuple[float, Image]]:
    drawn = StreetScene(640, 480, 10.0)
    for number in range(round(begin * 10), round((begin + seconds) * 10)):
        yield number / 10, drawn.frame(number)[0]


def request(frames: list[Frame], instruction: str = "", question: str = "") -> Request:
    prompt = build_prompt(PROFILE, instruction, question, (), frames)
    return Request(tuple(frames), prompt, Limits(64), speak=False)


def spoken(engine: Engine, asked: Request) -> str:
    return "".join(delta.text for delta in engine.comment(asked, CancelToken()))


def test_it_is_an_engine_and_says_what_is_missing(tmp_path: Path) -> None:
    engine: Engine = BuiltinEngine(tmp_path / "missing.tflite")
    engine.load()
    assert "fetch_model builtin" in engine.description
    assert engine.voice is None
    assert engine.look_fps == 5


def test_a_broken_model_or_no_runtime_leaves_motion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    broken = tmp_path / "model.tflite"
    broken.write_bytes(b"nonsense")
    engine = BuiltinEngine(broken)
    engine.load()
    assert "fetch_model builtin again" in engine.description
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    engine = BuiltinEngine(model)
    engine.load()
    assert "pip install ai-edge-litert" in engine.description
    monkeypatch.undo()
    engine.load()
    assert "EfficientDet" in engine.description


def test_a_still_scene_is_silence(blind: Narration, landscape: Image) -> None:
    assert blind.show(scene(landscape, 100)) == []
    assert blind.ask("") == ""


def test_something_that_moves_is_something(blind: Narration, landscape: Image) -> None:
    blind.show(scene(landscape, 40))
    said = blind.show(scene(landscape, WALK, x=-60, begin=4.0))
    assert said
    assert all("omething" in text for text in said)
    assert any("left" in text for text in said)


def test_light_cuts_and_pans_are_commented(blind: Narration, landscape: Image) -> None:
    blind.show(scene(landscape, 30))
    said = blind.show(scene(landscape, 40, level=0.4, begin=3.0))
    assert len(said) == 1
    assert "dark" in said[0] or "light" in said[0]
    other = np.ascontiguousarray(255 - np.rot90(landscape, 2) // 2)
    said = blind.show(scene(other, 40, begin=7.0))
    assert any(re.search(r"view|scene|shot", text) for text in said)
    wide = np.asarray(cv2.resize(other, None, fx=1.6, fy=1.6), np.uint8)
    pan = ((11 + n / 10, wide[200:680, 100 + 8 * n : 740 + 8 * n].copy()) for n in range(40))
    assert any("right" in text for text in blind.show(pan))


def test_the_street_is_described_as_it_is(seeing: Narration) -> None:
    said = " ".join(seeing.show(street(25.0)))
    assert "person" in said or "omeone" in said
    assert "rom the left" in said
    assert "car" in said


@pytest.mark.parametrize(
    ("instruction", "person", "car"),
    [("only vehicles", False, True), ("ignore cars", True, False), ("animals only", False, False)],
)
def test_instructions_are_obeyed(
    seeing: Narration, instruction: str, person: bool, car: bool
) -> None:
    seeing.instruction = instruction
    said = " ".join(text for text in seeing.show(street(25.0)) if "You asked" not in text)
    assert ("person" in said or "omeone" in said) is person
    assert ("car" in said or "vehicle" in said) is car


def test_a_profile_chooses_topics(model: Path) -> None:
    engine = BuiltinEngine(model)
    engine.load()
    narration = Narration(engine, Profile("lamps", "", ("light",)))
    said = narration.show(street(10.0, begin=49.0))
    assert len(said) == 2
    assert not any("person" in text or "car" in text for text in said)


def test_a_new_instruction_is_confirmed_at_once(seeing: Narration) -> None:
    seeing.show(street(12.0))
    seeing.instruction = "Tell me about vehicles"
    assert seeing.ask("") == ("You asked about vehicles: no vehicles in view that I can make out.")
    seeing.instruction = "Speak like a pirate"
    assert "I can follow people" in seeing.ask("")


def test_a_comment_hands_over_what_it_claims(seeing: Narration) -> None:
    said = seeing.show(street(25.0))
    assert len(seeing.claims) == len(said)
    entries = [c for claims in seeing.claims for c in claims if c.kind == "enters"]
    assert {(claim.who, claim.where) for claim in entries} >= {("person", "left")}
    stamps = {from_seconds(stamp) for stamp, _ in street(25.0)}
    for claim in itertools.chain.from_iterable(seeing.claims):
        assert {observation.stamp for observation in claim.evidence} <= stamps
    boxes = [o.box for o in entries[0].evidence if o.box is not None]
    assert boxes[0].left < boxes[-1].left < 0.5


def test_questions_are_answered_from_what_was_seen(seeing: Narration) -> None:
    assert seeing.show(street(11.0))
    assert seeing.ask("How many people are there?") == "I see one person."
    assert seeing.ask("Is there a dog?") == "No, I see no dogs."
    assert "can't tell" in seeing.ask("What is she thinking?")


def test_a_cancelled_comment_stops_before_the_next_word(seeing: Narration) -> None:
    seeing.show(street(11.0))
    frames = list(seeing.window.select())
    cancel = CancelToken()
    words = []
    for delta in seeing.engine.comment(request(frames, question="What do you see?"), cancel):
        words.append(delta.text)
        if len(words) == 2:
            cancel.cancel()
    assert words == ["I ", "see "]


def test_comments_keep_to_the_limit(seeing: Narration) -> None:
    seeing.show(street(11.0))
    assert len(seeing.ask("What colour is it?", tokens=8).split()) == 6


def test_comments_say_which_camera(blind: Narration, landscape: Image) -> None:
    engine = blind.engine
    frames: list[Frame] = []
    for number, level in enumerate([1.0] * 20 + [0.4] * 8):
        for camera, light in (("camera_left", level), ("camera_right", 1.0)):
            image = next(scene(landscape, 1, level=light, begin=float(number)))[1]
            frames.append(Frame(image, from_seconds(number / 5), camera, number))
            engine.look(frames[-1])
    text = spoken(engine, request(frames[-4:]))
    assert text.startswith("On camera left: ")
    text = spoken(engine, request(frames[-4:], question="Is there a dog?"))
    assert "On camera left: I can't tell" in text


def test_stamps_that_jump_backwards_restart_the_camera(blind: Narration, landscape: Image) -> None:
    blind.show(scene(landscape, 40))
    blind.show(scene(landscape, WALK, x=-60, begin=4.0))
    assert blind.show(scene(landscape, 30)) == []
    again = blind.show(scene(landscape, WALK, x=-60, begin=3.0))
    assert again


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (2160, 3840, 3), (333, 517, 3), (3, 900, 3), (900, 2, 3)]
)
def test_an_image_of_any_size_is_processed(seeing: Narration, shape: tuple[int, int, int]) -> None:
    random = np.random.default_rng(0)
    for number in range(8):
        image = random.integers(0, 255, shape, np.uint8)
        seeing.engine.look(Frame(image, from_seconds(number / 5), "camera", number))
    gray = np.full(shape, 127, np.uint8)
    frame = Frame(gray, from_seconds(3.0), "camera", 9)
    seeing.engine.look(frame)
    assert list(seeing.engine.comment(request([frame]), CancelToken()))


def test_the_image_size_may_change(seeing: Narration, landscape: Image) -> None:
    for number, side in enumerate((480, 480, 240, 480, 333)):
        image = np.ascontiguousarray(landscape[:side, :side])
        seeing.engine.look(Frame(image, from_seconds(number / 5), "camera", number))
    last = Frame(landscape, from_seconds(0.8), "camera", 4)
    assert list(seeing.engine.comment(request([last]), CancelToken()))


def test_looking_and_commenting_at_once(model: Path) -> None:
    engine = BuiltinEngine(model)
    engine.load()
    frames = [Frame(image, from_seconds(t), "camera", 0) for t, image in street(6.0, begin=5.0)]
    errors: list[BaseException] = []

    def look() -> None:
        try:
            for frame in frames[::2]:
                engine.look(frame)
        except BaseException as error:  # noqa: BLE001 - the test reports it
            errors.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    while thread.is_alive():
        spoken(engine, request(frames[-2:]))
    thread.join()
    assert not errors


def test_each_look_hands_over_what_is_in_view(seeing: Narration) -> None:
    seeing.show(street(8.0))
    stamps = [facts.stamp for facts in seeing.facts]
    assert stamps == sorted(set(stamps))
    assert len(stamps) >= 8 * seeing.engine.look_fps
    things = [(facts, thing) for facts in seeing.facts for thing in facts.things]
    assert {thing.name for _, thing in things} & {"person", "car"}
    for facts, thing in things:
        assert (thing.camera, thing.stamp) == (facts.camera, facts.stamp) == ("camera", facts.stamp)
        assert thing.box
        assert thing.track is not None
        assert thing.score is None or 0 < thing.score < 1
    again = replace(seeing.window.select()[-1], stamp=stamps[-1])
    assert seeing.engine.look(again) is None, "this stamp was seen already"


def test_events_are_handed_over_whether_or_not_they_are_mentioned(seeing: Narration) -> None:
    said = seeing.show(street(20.0))
    seen = [(facts.stamp, event) for facts in seeing.facts for event in facts.events]
    mentioned = {(c.kind, c.who) for claims in seeing.claims for c in claims if c.kind == "enters"}
    assert mentioned
    assert mentioned <= {(event.kind, event.who) for _, event in seen}
    assert len(seen) > len(said)
    for stamp, event in seen:
        assert event.kind
        assert event.who
        assert event.evidence
        assert max(observation.stamp for observation in event.evidence) <= stamp


def test_close_and_load_again(seeing: Narration) -> None:
    seeing.show(street(8.0))
    seeing.engine.close()
    frame = seeing.window.select()[-1]
    assert spoken(seeing.engine, request([frame])) == ""
    seeing.engine.load()
    assert "EfficientDet" in seeing.engine.description
    seeing.engine.look(replace(frame))


def test_replays_give_the_same_comments(model: Path) -> None:
    def comments() -> list[str]:
        engine = BuiltinEngine(model, seed=5)
        engine.load()
        return Narration(engine).show(street(9.0, begin=5.0))

    assert comments() == comments()
