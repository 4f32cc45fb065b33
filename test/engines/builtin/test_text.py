from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Limits, Request
from video_commentary.core.facts import Claim
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import build_prompt
from video_commentary.core.stamp import from_seconds
from video_commentary.engines.builtin.engine import BuiltinEngine
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.text_reader import TextLine, TextReader
from video_commentary.engines.builtin.text_watch import TextWatch

from .conftest import PROFILE, Narration

Image = NDArray[np.uint8]
PLACE = BoundingBox(0.1, 0.3, 0.4, 0.4)


class Readings:
    """Reads these texts one after the other, the last one again and again."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.read = 0

    def __call__(self, image: Image) -> list[TextLine]:
        text = self.texts[min(self.read, len(self.texts) - 1)]
        self.read += 1
        return [TextLine(text, PLACE)] if text else []


def watching(reader: Readings) -> Narration:
    engine = BuiltinEngine(None, read_text=True, text_reader=reader)
    engine.load()
    return Narration(engine)


def resting(landscape: Image, seconds: float) -> Iterator[tuple[float, Image]]:
    for n in range(round(10 * seconds)):
        yield n / 10, landscape[:480, :640]


def test_text_that_two_readings_agree_on_is_said_once(landscape: Image) -> None:
    reader = Readings("EXIT")
    narration = watching(reader)
    said = narration.show(resting(landscape, 20.0))
    assert said == ["The sign on the left reads EXIT."]
    assert 2 <= reader.read <= 4, "it is read ever more rarely while nothing changes"


def test_what_only_one_reading_has_is_not_said(landscape: Image) -> None:
    narration = watching(Readings("EX1T", "EXII", "EKIT", "EXlT", "FXIT", ""))
    assert narration.show(resting(landscape, 20.0)) == []


def test_a_clock_is_not_said_unasked(landscape: Image) -> None:
    narration = watching(Readings("13:25"))
    assert narration.show(resting(landscape, 12.0)) == []
    assert narration.ask("What does the sign say?") == "The sign on the left reads 13:25."


def test_a_title_that_the_camera_prints_is_only_told_when_asked(landscape: Image) -> None:
    def title(image: Image) -> list[TextLine]:
        return [TextLine("CAMERA 87", BoundingBox(0.9, 0.93, 1.2, 0.98))]

    engine = BuiltinEngine(None, read_text=True, text_reader=title)
    engine.load()
    narration = Narration(engine)
    assert narration.show(resting(landscape, 8.0)) == []
    assert narration.ask("What does the text say?") == (
        "The text at the bottom of the picture reads CAMERA 87."
    )


def test_nothing_is_read_while_the_camera_moves(landscape: Image) -> None:
    reader = Readings("EXIT")
    narration = watching(reader)
    panned = ((n / 10, landscape[:480, 6 * n : 6 * n + 640]) for n in range(50))
    narration.show(panned)
    assert reader.read <= 1, "only before the pan is noticed"


def test_a_question_reads_at_once(landscape: Image) -> None:
    narration = watching(Readings("PLATFORM 3"))
    narration.show(resting(landscape, 0.9))
    assert narration.ask("What is written there?") == "The sign on the left reads PLATFORM 3."
    assert "can't make out" in watching_nothing(landscape).ask("Is there any text?")


def watching_nothing(landscape: Image) -> Narration:
    narration = watching(Readings(""))
    narration.show(resting(landscape, 1.5))
    return narration


def test_the_sentence_claims_what_it_says(landscape: Image) -> None:
    narration = watching(Readings("EXIT"))
    claims: list[Claim] = []
    for stamp, image in resting(landscape, 8.0):
        frame = Frame(image, from_seconds(stamp), "camera", 0)
        narration.engine.look(frame)
        prompt = build_prompt(PROFILE, "", "", [], (frame,))
        request = Request((frame,), prompt, Limits(64), speak=False)
        claims += [c for d in narration.engine.comment(request, CancelToken()) for c in d.claims]
    assert [(c.kind, c.who, c.where) for c in claims] == [("present", "sign", "left")]
    box = claims[0].evidence[0].box
    assert box is not None
    assert box.left == pytest.approx(0.1 / (4 / 3))


def test_the_description_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    engine = BuiltinEngine(None, read_text=True)
    assert "pip install -r requirements/text.txt" in engine.description
    assert "text" not in BuiltinEngine(None).description


def test_reading_holds_up_neither_looks_nor_words(landscape: Image) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow(image: Image) -> list[TextLine]:
        begun.set()
        go_on.wait(30)
        done.set()
        return []

    engine = BuiltinEngine(None, read_text=True, text_reader=slow)
    engine.load()
    Narration(engine).show(resting(landscape, 2.8))  # a reading counts two seconds after its image
    assert begun.wait(30)
    assert not done.is_set()
    go_on.set()


def test_a_reader_that_fails_is_named_and_comments_go_on(landscape: Image) -> None:
    def broken(image: Image) -> list[TextLine]:
        raise OSError("no weights")

    engine = BuiltinEngine(None, read_text=True, text_reader=broken)
    engine.load()
    narration = Narration(engine)
    assert narration.show(resting(landscape, 4.5)) == []
    assert engine.description.endswith("; reads no text: OSError: no weights")
    assert "can't make out" in narration.ask("What does the sign say?")


def test_trouble_is_over_with_the_next_good_reading(landscape: Image) -> None:
    failures = iter(2 * [OSError("out of memory")])  # a question reads two images

    def shaky(image: Image) -> list[TextLine]:
        for error in failures:
            raise error
        return [TextLine("EXIT", PLACE)]

    engine = BuiltinEngine(None, read_text=True, text_reader=shaky)
    engine.load()
    narration = Narration(engine)
    narration.show(resting(landscape, 0.9))
    assert "can't make out" in narration.ask("What does the sign say?")
    assert "out of memory" in engine.description
    assert narration.ask("What does the sign say?") == "The sign on the left reads EXIT."
    assert "out of memory" not in engine.description


def test_a_question_that_waits_for_a_reading_is_woken_by_its_token(landscape: Image) -> None:
    go_on, waits = threading.Event(), threading.Event()

    class Token(CancelToken):
        def on_cancel(self, callback: Callable[[], object]) -> Callable[[], None]:
            unsubscribe = super().on_cancel(callback)
            waits.set()
            return unsubscribe

    def slow(image: Image) -> list[TextLine]:
        go_on.wait(30)
        return []

    engine, token = BuiltinEngine(None, read_text=True, text_reader=slow), Token()
    engine.load()
    narration = Narration(engine)
    narration.show(resting(landscape, 0.9))
    frames = narration.window.select()
    prompt = build_prompt(PROFILE, "", "What does the sign say?", [], frames)
    request = Request(frames, prompt, Limits(64), speak=False)
    asking = threading.Thread(target=lambda: list(engine.comment(request, token)))
    asking.start()
    try:
        assert waits.wait(10), "it polls"
        assert asking.is_alive()
        token.cancel()
        asking.join(10)
        assert not asking.is_alive()
    finally:
        token.cancel()
        go_on.set()
        asking.join(10)


def test_closing_ends_a_question_that_waits_for_its_turn(landscape: Image) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(image: Image) -> list[TextLine]:
        begun.set()
        go_on.wait(30)
        return []

    watch = TextWatch(slow)
    image = landscape[:480, :640]
    for camera in ("front", "rear"):
        for stamp in (0.0, 2.0):
            watch.offer(camera, stamp, image, still=True)
    assert begun.wait(10)
    watch.close()
    assert watch.known("rear", 9.0, CancelToken()) == []
    go_on.set()


def test_rapidocr_reads_a_drawn_sign_with_its_own_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    image = np.full((240, 320, 3), 255, np.uint8)
    cv2.putText(image, "EXIT", (60, 130), cv2.FONT_HERSHEY_SIMPLEX, 2, (200, 0, 0), 5)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it goes online"))
    lines = TextReader().read(image)
    assert [line.text for line in lines] == ["EXIT"]
    assert lines[0].box.center_x == pytest.approx(125 / 240, abs=0.05)
