"""When images are asked for again, and when not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from video_commentary.ros.reliability_trial import (
    DEAD_AFTER,
    EVIDENT,
    MAX_TRIAL,
    PAUSE,
    RELIABLE_DEAD_AFTER,
    TRIAL,
    ReliabilityTrial,
    TopicPublishers,
)

CAMERA = frozenset({b"camera"})


class Stream:
    """A camera whose rate depends on the kind of delivery; `remote`: on another machine."""

    def __init__(
        self,
        sufficient_fps: float = 4.0,
        remote: bool | None = False,
        transient_local: bool = False,
    ) -> None:
        self.chosen = ReliabilityTrial(sufficient_fps)
        self.remote = remote
        self.transient_local = transient_local
        self.now = 100.0
        self.received = 0.0
        self.switches: list[tuple[float, bool]] = []
        self.pauses: list[float] = []

    def run(
        self,
        seconds: float,
        rate: Callable[[bool], float],
        publishers: frozenset[bytes] = CAMERA,
        offered: bool = True,
        sent: float = 0.0,
    ) -> bool:
        """Return whether delivery is reliable after `seconds`; `sent`: images a second."""
        who = TopicPublishers(publishers, offered, self.transient_local, self.remote)
        for _ in range(int(seconds)):
            arrives = rate(self.chosen.reliable)
            missing = 1 - arrives / sent if sent and arrives else 0.0
            pause = self.chosen.update(self.now, int(self.received), who, missing)
            if pause is not None:
                self.switches.append((self.now - 100.0, self.chosen.reliable))
                self.pauses.append(pause)
            self.now += 1.0
            self.received += rate(self.chosen.reliable)
        return self.chosen.reliable


def test_enough_images_best_effort_are_left_as_they_come() -> None:
    stream = Stream()
    assert not stream.run(300, lambda reliable: 29.0 if reliable else 10.0)
    assert stream.switches == []


def test_lost_images_are_asked_for_again() -> None:
    stream = Stream()
    assert stream.run(300, lambda reliable: 30.0 if reliable else 0.5)
    assert stream.switches == [(TRIAL, True)]


def test_images_that_become_too_few_are_asked_for_again() -> None:
    stream = Stream()
    assert not stream.run(60, lambda _: 30.0)
    assert stream.run(15, lambda reliable: 30.0 if reliable else 1.0)


@pytest.mark.parametrize(("best_effort", "reliable"), [(9.0, 15.0), (9.0, 4.0), (12.0, 15.0)])
def test_where_images_are_missing_what_brings_more_is_kept(
    best_effort: float, reliable: float
) -> None:
    """As over Wi-Fi with 1 % loss, with and without the profile for lossy links."""
    stream = Stream()
    chosen = stream.run(100, lambda it: reliable if it else best_effort, sent=15.0)
    assert chosen is (reliable > best_effort and best_effort < 10.0)


def test_a_lossy_stream_is_not_left_for_one_that_brings_nothing() -> None:
    stream = Stream()
    assert not stream.run(1200, lambda it: 0.0 if it else 9.0, sent=15.0)
    without = sum(b - a for (a, _), (b, _) in zip(*[iter(stream.switches)] * 2, strict=True))
    assert without < 0.03 * 1200, "trials are short and rare"


def test_a_stream_that_gets_worse_later_is_tried_again() -> None:
    stream = Stream()
    assert not stream.run(60, lambda it: 8.0 if it else 9.0, sent=15.0)
    assert stream.run(120, lambda it: 15.0 if it else 9.0, sent=15.0)


def test_a_slow_camera_is_tried_once() -> None:
    stream = Stream()
    assert not stream.run(600, lambda _: 2.0)
    assert stream.switches == [(TRIAL, True), (2 * TRIAL + PAUSE, False)]


def test_other_publishers_get_a_new_trial() -> None:
    stream = Stream()
    assert stream.run(30, lambda reliable: 30.0 if reliable else 0.5)
    other = frozenset({b"other"})
    assert not stream.run(60, lambda _: 30.0, other)
    assert stream.run(60, lambda reliable: 30.0 if reliable else 0.5, CAMERA | other)


def test_reliable_delivery_is_not_tried_unless_all_offer_it() -> None:
    stream = Stream()
    assert not stream.run(60, lambda _: 0.1, offered=False)
    assert stream.switches == []
    # A reliable subscriber would get nothing at all from the second of these.
    assert stream.run(30, lambda reliable: 30.0 if reliable else 0.5, frozenset({b"reliable"}))
    assert not stream.run(2, lambda _: 5.0, frozenset({b"reliable", b"best effort"}), offered=False)


def test_a_camera_that_sends_nothing_is_tried_ever_more_rarely_but_for_ever() -> None:
    stream = Stream()
    stream.run(600, lambda _: 0.0)
    times = [time for time, _ in stream.switches]
    assert max(b - a for a, b in pairwise(times)) == MAX_TRIAL + PAUSE
    assert len(times) > 600 / (MAX_TRIAL + PAUSE) - 2
    assert stream.run(100, lambda reliable: 30.0 if reliable else 0.0)


def test_a_reliable_stream_that_dies_is_tried_best_effort_again() -> None:
    """As over Wi-Fi with 1 % loss: reliable delivery stopped for good, best effort brought some."""
    stream = Stream()
    assert stream.run(30, lambda reliable: 15.0 if reliable else 2.0)
    assert not stream.run(RELIABLE_DEAD_AFTER + 2, lambda reliable: 0.0 if reliable else 12.0)
    assert not stream.run(60, lambda reliable: 0.0 if reliable else 12.0)


def test_a_reliable_stream_outlives_a_short_outage_of_the_link() -> None:
    stream = Stream()
    assert stream.run(30, lambda reliable: 15.0 if reliable else 2.0)
    switches = len(stream.switches)
    for outage in (1, 8, 20):
        assert stream.run(outage, lambda _: 0.0)
        assert stream.run(20, lambda reliable: 15.0 if reliable else 2.0)
    assert len(stream.switches) == switches


@pytest.mark.parametrize("alive", [False, True])
def test_a_stream_that_dies_both_ways_comes_back_either_way(alive: bool) -> None:
    stream = Stream()
    assert stream.run(30, lambda reliable: 15.0 if reliable else 2.0)
    stream.run(60, lambda _: 0.0)
    before = stream.received
    stream.run(MAX_TRIAL + 10, lambda reliable: 15.0 if reliable is alive else 0.0)
    assert stream.received > before


def test_a_trial_that_brings_nothing_is_ended_early() -> None:
    stream = Stream()
    assert not stream.run(60, lambda reliable: 0.0 if reliable else 2.0)
    (begun, _), (ended, _) = stream.switches
    assert ended - begun <= PAUSE + DEAD_AFTER + 1.0


def test_a_camera_of_an_image_in_two_seconds_is_not_taken_for_dead() -> None:
    stream = Stream()
    stream.run(600, lambda _: 0.5)
    assert len(stream.switches) == 2, "tried once"


def test_without_publishers_nothing_changes() -> None:
    stream = Stream()
    assert not stream.run(100, lambda _: 0.0, frozenset())
    assert stream.switches == []


def from_elsewhere() -> Stream:
    return Stream(remote=True)


def wifi(reliable: bool) -> float:
    """As over Wi-Fi with 1 % loss and the profile for it, of 15 images a second."""
    return 15.0 if reliable else 11.0


def test_from_another_machine_delivery_is_reliable_at_once_and_stays_so() -> None:
    stream = from_elsewhere()
    assert stream.run(300, wifi, sent=15.0)
    assert (stream.switches, stream.pauses) == ([(0.0, True)], [0.0])


@pytest.mark.parametrize(("transient_local", "pause"), [(False, PAUSE), (True, 0.0)])
def test_a_second_subscription_waits_unless_the_publisher_sends_it_no_gap(
    transient_local: bool, pause: float
) -> None:
    stream = Stream(transient_local=transient_local)
    assert stream.run(30, lambda it: 15.0 if it else 0.5)
    assert stream.pauses == [pause]


def test_from_another_machine_best_effort_only_is_taken_as_it_is() -> None:
    stream = from_elsewhere()
    assert not stream.run(60, wifi, offered=False, sent=15.0)
    assert stream.switches == []


def test_reliable_delivery_that_brings_nothing_is_left_for_best_effort() -> None:
    """As from a driver without the profile for lossy links."""
    stream = from_elsewhere()
    assert not stream.run(60, lambda it: 0.0 if it else 12.0, sent=15.0)
    _, second, third, fourth = stream.switches
    assert second == (TRIAL, False)
    assert fourth[0] - third[0] <= PAUSE + DEAD_AFTER + 1.0
    assert not stream.run(300, lambda it: 0.0 if it else 12.0, sent=15.0)
    assert len(stream.switches) == 4


def test_reliable_delivery_that_loses_images_is_compared_as_soon_as_that_shows() -> None:
    stream = from_elsewhere()
    assert not stream.run(60, lambda it: 3.0 if it else 12.0, sent=15.0)
    assert stream.switches == [(0.0, True), (EVIDENT, False)]


def test_what_is_lost_with_an_unknown_middleware_shows_as_soon() -> None:
    stream = Stream(remote=None)
    assert stream.run(60, lambda it: 15.0 if it else 8.0, sent=15.0)
    assert stream.switches == [(EVIDENT, True)]


@pytest.mark.parametrize("opens_after", [3, 7, 14, 40])
def test_a_camera_that_opens_late_is_reliable_in_the_end(opens_after: int) -> None:
    stream = from_elsewhere()
    stream.run(opens_after, lambda _: 0.0)
    assert stream.run(40, wifi, sent=15.0)


def test_a_slow_camera_elsewhere_is_left_reliable() -> None:
    stream = from_elsewhere()
    assert stream.run(600, lambda _: 0.5)
    assert stream.switches == [(0.0, True)]


@pytest.mark.parametrize("outage", [1, 8, 19, 60, 600])
def test_an_outage_of_the_link_changes_nothing(outage: int) -> None:
    """Fast DDS forgets publishers that are out of reach for 20 s."""
    stream = from_elsewhere()
    assert stream.run(30, wifi, sent=15.0)
    stream.run(min(outage, 20), lambda _: 0.0)
    stream.run(max(outage - 20, 0), lambda _: 0.0, frozenset())
    assert stream.run(60, wifi, sent=15.0)
    assert len(stream.switches) == 1


def test_a_robot_that_starts_again_is_received_reliably_at_once() -> None:
    stream = from_elsewhere()
    assert stream.run(30, wifi, sent=15.0)
    assert stream.run(8, lambda _: 0.0)
    assert stream.run(10, wifi, CAMERA | {b"started again"}, sent=15.0)
    assert stream.run(60, wifi, frozenset({b"started again"}), sent=15.0)
    assert len(stream.switches) == 1


def test_a_camera_that_moves_to_this_machine_is_received_best_effort() -> None:
    stream = from_elsewhere()
    assert stream.run(30, wifi)
    stream.remote = False
    assert not stream.run(30, wifi, frozenset({b"here"}))


def test_a_reliable_stream_from_elsewhere_that_stops_for_good_is_left() -> None:
    stream = from_elsewhere()
    assert stream.run(30, wifi, sent=15.0)
    assert not stream.run(RELIABLE_DEAD_AFTER + 20, lambda it: 0.0 if it else 12.0, sent=15.0)
    assert stream.run(900, wifi, sent=10.9 * 2), "and taken again once best effort gets worse"
