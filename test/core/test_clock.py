from __future__ import annotations

import threading
from collections.abc import Callable

from video_commentary.core.clock import VirtualClock


def test_waiting_takes_no_time_and_lets_things_happen_in_order() -> None:
    seen: list[float] = []
    clock: VirtualClock
    events = ((at, lambda: seen.append(clock.now())) for at in (0.5, 1.0, 1.0, 3.0))
    clock = VirtualClock(0.0, events)
    clock.wait(threading.Event(), 2.0)
    assert seen == [0.5, 1.0, 1.0]
    assert clock.now() == 2.0
    assert clock.stamp() == 2_000_000_000
    assert not clock.ended


def test_an_event_that_wakes_ends_the_wait_at_its_time() -> None:
    wake = threading.Event()
    actions: list[tuple[float, Callable[[], None]]] = [(1.0, wake.set), (2.0, wake.set)]
    clock = VirtualClock(0.0, iter(actions))
    clock.wait(wake, None)
    assert clock.now() == 1.0
    clock.wait(wake, None)
    assert clock.now() == 1.0, "it is awake already"


def test_waiting_for_ever_ends_with_the_last_event() -> None:
    clock = VirtualClock(0.0, iter([(1.5, lambda: None)]))
    clock.wait(threading.Event(), None)
    assert clock.ended
    assert clock.now() == 1.5


def test_time_spent_on_work_wakes_nobody() -> None:
    wake = threading.Event()
    actions: list[tuple[float, Callable[[], None]]] = [(1.0, wake.set), (2.0, wake.set)]
    clock = VirtualClock(0.0, iter(actions))
    clock.spend(1.5)
    assert clock.now() == 1.5
    clock.spend(1.0)
    assert clock.now() == 2.5
    assert clock.ended
