"""Chooses between best-effort and reliable delivery of images by their origin and what arrives."""

from __future__ import annotations

from dataclasses import dataclass

SETTLING = 2.0
"""Seconds after subscribing that don't count: publishers discover it, engines load."""
TRIAL = 5.0
"""Seconds after subscribing when the rate is judged."""
EVIDENT = 3.0
"""The same where gaps in the stamps show already that images from elsewhere are lost."""
PAUSE = 2.0
"""Seconds without a subscription before a reliable one: until the publisher has forgotten the last,
and no piece of an image is on its way to it."""
DEAD_AFTER = 3.0
"""Seconds without an image after which a stream counts as dead, and a second trial as failed."""
RELIABLE_DEAD_AFTER = 25.0
"""The same for a reliable stream that has worked: it goes on by itself after an outage of the link.
20 s into one, Fast DDS forgets the publisher, so one that is still there is within reach."""
DEAD_AFTER_IMAGES = 5
"""Images missing in a row after which a slower stream counts as dead."""
MAX_TRIAL = 30.0
"""Seconds of a trial of a camera from which nothing arrives either way."""
MIN_GAIN = 1.2
"""What is not the first choice is kept if it brings at least this many times the images."""
LOSSY = 1 / 3
"""Part of the images missing from which the other kind of delivery is tried."""
RETRY, MAX_RETRY = 60.0, 600.0
"""Seconds until that is tried again, each time twice as long: a trial may bring nothing for 3 s."""


@dataclass(frozen=True)
class TopicPublishers:
    """Who publishes a topic.

    `reliable`: whether all of them offer reliable delivery. `transient_local`: whether all keep
    their last images for those that join. `remote`: whether all are on another machine; None if
    unknown.
    """

    gids: frozenset[bytes] = frozenset()
    reliable: bool = False
    transient_local: bool = False
    remote: bool | None = None


class ReliabilityTrial:
    """Reliable from another machine, best effort on this one; the other where it brings more.

    From another machine, reliable delivery is the first choice if it is offered: an image is 20 to
    30 datagrams, and best effort loses it with any of them, a quarter of the images at 1 % loss. On
    one machine nothing is lost on the way, but best effort can lose most images larger than the
    sender's shared memory: with too few images, reliable delivery is tried.

    A stream that dies is tried the other way, and so on at growing intervals: over a lossy link
    either way can stop for good, and the other then still works. Where images are missing, the
    other way is tried too, and that which brings more is kept.

    Subscribing again costs a pause before reliable delivery: in Fast DDS 2 and 3, a reliable reader
    that gets the end of an image that was sent to another reader at its port can block forever
    inside `take`, and Python with it. A volatile publisher greets a reader with a GAP of all that
    it has sent, and StatefulReader::processGapMsg removes a fragmented sample from the history but
    not from the reader's list (docs/decisions.md has figures). A transient-local publisher sends no
    such GAP, and the first subscription of a process has no reader before it: no pause for these.
    """

    def __init__(self, sufficient_fps: float) -> None:
        """With `sufficient_fps` images a second and few missing, best effort is kept."""
        self._sufficient_fps = sufficient_fps
        self.reliable = False
        self._publishers = TopicPublishers()
        self._settled = False
        self._trial = TRIAL
        self._first_rate: float | None = None  # of the kind tried first, once that is over
        self._settled_rate = 0.0
        self._since = 0.0
        self._counted_at = 0.0
        self._count = 0
        self._newest = 0
        self._newest_at = 0.0
        self._retry = RETRY
        self._retry_at = 0.0

    def update(
        self, now: float, received: int, publishers: TopicPublishers, missing: float = 0.0
    ) -> float | None:
        """Return the seconds to be without a subscription before one with `reliable`.

        None: the subscription stays as it is. Call about once a second, for the first time before
        subscribing. `now`: seconds. `received`: images so far. `missing`: the part of the images
        that is, 0 to 1.
        """
        if not publishers.gids:  # silence means nothing then
            return self._begin(now, received, self.reliable)
        if publishers.gids != self._publishers.gids:
            return self._start_over(now, received, publishers)
        silent = self._silent_for(now, received)
        if self._settled:
            return self._reconsider(now, received, silent, missing)
        if self._first_rate is None:
            return self._try_first(now, received, missing)
        return self._try_second(now, received, silent, self._first_rate)

    @property
    def _prefers_reliable(self) -> bool:
        return self._publishers.reliable and self._publishers.remote is True

    def _start_over(self, now: float, received: int, publishers: TopicPublishers) -> float | None:
        subscribed = bool(self._publishers.gids)
        self._publishers = publishers
        self._settled = not publishers.reliable
        self._trial, self._first_rate = TRIAL, None
        self._retry, self._retry_at = RETRY, 0.0
        pause = self._begin(now, received, self._prefers_reliable)
        if pause and not subscribed:
            self._since, pause = now, 0.0
        return pause

    def _silent_for(self, now: float, received: int) -> float:
        """Return the seconds since an image arrived, or since subscribing if that is later."""
        if received != self._newest:
            self._newest, self._newest_at = received, now
        return now - max(self._newest_at, self._since)

    def _is_dead(self, silent: float) -> bool:
        usual = 1 / self._settled_rate if self._settled_rate else 0.0
        shortest = RELIABLE_DEAD_AFTER if self.reliable else DEAD_AFTER
        return silent > max(shortest, DEAD_AFTER_IMAGES * usual)

    def _reconsider(self, now: float, received: int, silent: float, missing: float) -> float | None:
        """Begin the trials again where that may bring more: if it died, with the other kind."""
        dead = self._is_dead(silent)
        if not self._publishers.reliable or not dead and (missing < LOSSY or now < self._retry_at):
            return None
        self._settled, self._first_rate, self._trial = False, None, TRIAL
        return self._begin(now, received, self.reliable != dead)

    def _try_first(self, now: float, received: int, missing: float) -> float | None:
        evident = missing >= LOSSY and self._publishers.remote is not False
        rate = self._judged(now, received, EVIDENT if evident else self._trial)
        if rate is None:
            return None
        if self.reliable and rate > 0.0 and missing < LOSSY:
            self._settled, self._settled_rate = True, rate
            return None
        enough = rate >= self._sufficient_fps and missing < LOSSY
        if enough and not self.reliable and not self._prefers_reliable:
            return self._begin(now, received, reliable=False)
        self._first_rate = rate
        return self._begin(now, received, not self.reliable)

    def _try_second(
        self, now: float, received: int, silent: float, first_rate: float
    ) -> float | None:
        if silent > DEAD_AFTER and first_rate > 0.0:
            return self._settle(now, received, first_rate, not self.reliable)
        rate = self._judged(now, received, self._trial)
        if rate is None:
            return None
        if rate == first_rate == 0.0:  # inconclusive: try again, at growing intervals
            self._trial, self._first_rate = min(2 * self._trial, MAX_TRIAL), None
            return self._begin(now, received, not self.reliable)
        usual = self._prefers_reliable
        if usual and not self.reliable and first_rate == 0.0:
            # Perhaps nothing was sent yet: a camera may open long after its topic is there.
            self._first_rate = rate
            return self._begin(now, received, reliable=True)
        rates = {self.reliable: rate, not self.reliable: first_rate}
        better = rates[not usual] >= MIN_GAIN * rates[usual]
        chosen = usual != better
        return self._settle(now, received, rates[chosen], chosen)

    def _settle(self, now: float, received: int, rate: float, reliable: bool) -> float | None:
        self._settled, self._settled_rate = True, rate
        self._retry_at = now + self._retry
        self._retry = min(2 * self._retry, MAX_RETRY)
        return self._begin(now, received, reliable)

    def _judged(self, now: float, received: int, after: float) -> float | None:
        """Return images a second when the trial is over, `after` seconds; None before."""
        if now - self._since < SETTLING:
            self._counted_at, self._count = now, received
            return None
        if now - self._since < after:
            return None
        return (received - self._count) / (now - self._counted_at)

    def _begin(self, now: float, received: int, reliable: bool) -> float | None:
        changed = reliable != self.reliable
        pause = PAUSE if reliable and changed and not self._publishers.transient_local else 0.0
        self.reliable = reliable
        self._since = now + pause
        self._counted_at, self._count = self._since, received
        return pause if changed else None
