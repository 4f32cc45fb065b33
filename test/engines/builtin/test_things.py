"""Things on a drawn table, seen by a scripted detector: taken, put back, added, overlooked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from video_commentary.engines.builtin import engine as engine_module
from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.engine import BuiltinEngine
from video_commentary.engines.builtin.geometry import BoundingBox

from .conftest import Image, Narration

SIZE = 240, 320  # pixels, height and width
HAND, CLOTH = "hand", "cloth"  # the detector has no label for them
UNSEEN = frozenset((HAND, CLOTH))


@dataclass(frozen=True)
class Item:
    """A thing on the table: its label, where it stands (pixels), when, and how well it is seen."""

    label: str
    x: int
    spans: Sequence[tuple[float, float]]
    score: float = 0.62
    y: int = 110
    size: tuple[int, int] = (60, 26)

    def there(self, stamp: float) -> bool:
        return any(begin <= stamp < end for begin, end in self.spans)


class Table:
    """A scene of items and hands, and the detector that sees the items of the image shown."""

    def __init__(self, *items: Item) -> None:
        self.items = items
        self.random = np.random.default_rng(0)
        self.background = self.random.integers(120, 170, (*SIZE, 1)).repeat(3, 2)
        self.looks = [self.random.integers(0, 255, (*i.size, 3)) for i in items]
        self.now = 0.0
        self.blind: Callable[[float], bool] = lambda _: False

    def frames(self, seconds: float, begin: float = 0.0) -> Iterator[tuple[float, Image]]:
        for number in range(round(seconds * 10)):
            self.now = begin + number / 10
            yield self.now, self.image(self.now)

    def image(self, stamp: float) -> Image:
        image = self.background.astype(float)
        for item, looks in zip(self.items, self.looks, strict=True):
            if item.label != HAND and item.there(stamp):
                image[item.y : item.y + item.size[0], item.x : item.x + item.size[1]] = looks
        for item in self.items:
            if item.label == HAND and item.there(stamp):
                down = 20 * np.sin(7 * stamp)  # it is never quite still
                top = int(item.y - 40 + down)
                image[max(0, top) : top + 110, item.x : item.x + 40] = (110, 70, 50)
        return np.clip(image + self.random.normal(0, 2, image.shape), 0, 255).astype(np.uint8)

    def detect(self, image: Image) -> list[Detection]:
        hands = [i for i in self.items if i.label == HAND and i.there(self.now)]
        return [
            Detection(item.label, item.score, _box(item))
            for item in self.items
            if item.label not in UNSEEN
            and item.there(self.now)
            and not self.blind(self.now)
            and not any(abs(hand.x - item.x) < 40 for hand in hands)
        ]


def _box(item: Item) -> BoundingBox:
    height = SIZE[0]
    return BoundingBox(
        item.x / height,
        item.y / height,
        (item.x + item.size[1]) / height,
        (item.y + item.size[0]) / height,
    )


@pytest.fixture
def narrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Table], Narration]:
    model = tmp_path / "model.tflite"
    model.touch()

    def start(table: Table) -> Narration:
        monkeypatch.setattr(engine_module, "ObjectDetector", lambda _: table)
        engine = BuiltinEngine(model)
        engine.load()
        return Narration(engine)

    return start


BOTTLES = [Item("bottle", x, [(0, 99)]) for x in (40, 240)]
TABLE = Item("dining table", 0, [(0, 99)], 0.5, 160, (80, 320))


def test_what_stands_there_is_said_once(narrate: Callable[[Table], Narration]) -> None:
    table = Table(*BOTTLES, Item("bottle", 140, [(0, 99)]), TABLE)
    said = narrate(table).show(table.frames(20))
    assert said == ["Three bottles stand on a table."]


def test_a_thing_is_taken_and_put_back(narrate: Callable[[Table], Narration]) -> None:
    middle = Item("bottle", 140, [(0, 7), (14, 99)])
    hands = Item(HAND, 134, [(6, 8), (13, 15)])
    table = Table(*BOTTLES, middle, hands)
    narration = narrate(table)
    said = narration.show(table.frames(24))
    assert len(said) == 3
    assert "three bottles" in said[0].lower()
    assert "taken" in said[1] and "two are left" in said[1]
    assert "back" in said[2] and "there are three" in said[2]
    stamps = [stamp for stamp, _ in narration.said]
    assert 8 < stamps[1] < 11 and 15 < stamps[2] < 18
    kinds = [[(c.kind, c.who, c.where, c.count) for c in claims] for claims in narration.claims]
    assert kinds[1] == [("picks_up", "bottle", "middle", 1), ("present", "bottle", "", 2)]
    assert kinds[2] == [("puts_back", "bottle", "middle", 1), ("present", "bottle", "", 3)]


def test_a_thing_that_is_seen_badly_is_there_all_the_same(
    narrate: Callable[[Table], Narration],
) -> None:
    back = Item("bottle", 140, [(8, 99)], score=0.5)
    table = Table(*BOTTLES, back, Item(HAND, 134, [(7, 9)]))
    said = narrate(table).show(table.frames(20))
    assert any("put down" in text for text in said)


def test_a_label_that_is_seen_once_is_nothing(narrate: Callable[[Table], Narration]) -> None:
    table = Table(*BOTTLES, Item("cup", 140, [(8.0, 8.2)], score=0.7))
    said = narrate(table).show(table.frames(20))
    assert not any("cup" in text for text in said)


def test_what_is_overlooked_or_hidden_is_not_taken(narrate: Callable[[Table], Narration]) -> None:
    table = Table(*BOTTLES, Item("bottle", 140, [(0, 99)]), Item(HAND, 134, [(6, 9)]))
    table.blind = lambda stamp: 12 < stamp < 15
    said = narrate(table).show(table.frames(22))
    assert not any("taken" in text or "gone" in text or "back" in text for text in said)


def test_a_thing_that_is_carried_elsewhere_is_put_down_there(
    narrate: Callable[[Table], Narration],
) -> None:
    here = Item("cup", 100, [(0, 8)], size=(40, 36))
    there = Item("cup", 200, [(8.2, 99)], size=(40, 36))
    hands = [Item(HAND, 100, [(7, 8.2)]), Item(HAND, 200, [(8.2, 9)])]
    table = Table(Item("cup", 20, [(0, 99)], size=(40, 36)), here, there, *hands)
    said = narrate(table).show(table.frames(20))
    assert len(said) == 3
    assert "taken" in said[1] and "one is left" in said[1]
    assert "put down" in said[2] and "there are two" in said[2]


def test_cups_that_are_taken_for_bottles_are_cups(
    narrate: Callable[[Table], Narration],
) -> None:
    cups = [Item("bottle", x, [(0, 99)], score=0.36, size=(60, 38)) for x in (60, 200)]
    table = Table(*cups, TABLE)
    said = narrate(table).show(table.frames(4))
    assert said in (["Two cups stand on a table."], ["At least two cups stand on a table."])


def test_a_bottle_that_lies_flat_is_nothing(narrate: Callable[[Table], Narration]) -> None:
    plate = Item("bottle", 140, [(0, 99)], size=(30, 40))
    table = Table(plate, TABLE)
    assert narrate(table).show(table.frames(5)) == []


def _pushed(x: int, step: int, begin: float) -> list[Item]:
    """Return a cup that is pushed from `x` by `step` pixels every 0.4 s, for 2 s."""
    steps = [
        Item("cup", x + n * step, [(begin + 0.4 * n, begin + 0.4 * n + 0.4)], size=(40, 36))
        for n in range(1, 6)
    ]
    before = Item("cup", x, [(0, begin + 0.4)], size=(40, 36))
    after = Item("cup", x + 5 * step, [(begin + 2.4, 99)], size=(40, 36))
    return [before, *steps, after]


def test_cups_that_are_pushed_about_are_neither_taken_nor_put_down(
    narrate: Callable[[Table], Narration],
) -> None:
    table = Table(*_pushed(40, 12, 5.0), *_pushed(240, -12, 5.0))
    narration = narrate(table)
    said = narration.show(table.frames(12))
    assert len(said) == 2
    assert "two cups" in said[0].lower()
    assert "cups are" in said[1] and "about" in said[1]
    assert [(c.kind, c.who, c.count, c.at_least) for c in narration.claims[1]] == [
        ("moves", "cup", 2, True)
    ]


def test_what_is_gone_is_gone_though_something_else_lies_beside_its_place(
    narrate: Callable[[Table], Narration],
) -> None:
    middle = Item("bottle", 140, [(0, 7)])
    cloth = Item(CLOTH, 110, [(6.5, 99)], y=60, size=(110, 28))
    table = Table(*BOTTLES, middle, cloth, Item(HAND, 134, [(6, 8)]))
    said = narrate(table).show(table.frames(12))
    assert len(said) == 2
    assert "taken" in said[1]


def test_furniture_is_not_put_down(narrate: Callable[[Table], Narration]) -> None:
    late = Item("dining table", 0, [(7, 99)], 0.5, 160, (80, 320))
    table = Table(*BOTTLES, late, Item(HAND, 134, [(6, 9)]))
    said = narrate(table).show(table.frames(12))
    assert not any("put" in text for text in said)


def test_what_is_taken_before_somebody_is_taken(narrate: Callable[[Table], Narration]) -> None:
    person = Item("person", 90, [(0, 99)], 0.8, 5, (230, 130))
    table = Table(person, *BOTTLES, Item("bottle", 140, [(0, 7)]), Item(HAND, 134, [(6, 8)]))
    said = narrate(table).show(table.frames(11))
    assert any("taken" in text for text in said)
