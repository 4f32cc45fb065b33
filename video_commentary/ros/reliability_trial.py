"""Chooses between best-effort and reliable delivery of images by what arrives."""

from __future__ import annotations

SETTLING = 2.0
"""Seconds after subscribing that don't count: publishers discover it, engines load."""
TRIAL = 5.0
"""Seconds after subscribing when the rate is judged."""
PAUSE = 2.0
"""Seconds without a subscription before a reliable one: until the publisher has forgotten the last,
and no piece of an image is on its way to it."""
DEAD_AFTER = 3.0
"""Seconds without an image after which a stream counts as dead, and a reliable trial as failed."""
RELIABLE_DEAD_AFTER = 10.0
"""The same for a reliable stream that has worked: after a shorter outage of the link it goes on
within a second, without a pause."""
DEAD_AFTER_IMAGES = 5
"""Images missing in a row after which a slower stream counts as dead."""
MAX_TRIAL = 30.0
"""Seconds of a trial of a camera from which nothing arrives either way."""
MIN_GAIN = 1.2
"""Reliable delivery is kept if it brings at least this many times the images."""
LOSSY = 1 / 3
"""Part of the images missing from which the other kind of delivery is tried."""
RETRY, MAX_RETRY = 60.0, 600.0
"""Seconds until that is tried again, each time twice as long: a trial may bring nothing for 3 s."""


class ReliabilityTrial:
    """Best effort, unless reliable delivery is offered and brings clearly more images.

    A stream that dies is tried the other way, and so on at growing intervals: over a lossy link
    either way can stop for good, and the other then still works. Where images are missing, the
    other way is tried too, and that which brings more is kept.

    Best effort first, and a pause before reliable delivery: in Fast DDS 2 and 3, a reliable reader
    that gets the end of an image that was sent to another reader of its process can block forever
    inside `take`, and Python with it (StatefulReader::processGapMsg removes a fragmented sample
    from the history but not from the reader's list; docs/decisions.md has figures). But best effort
    can lose most images larger than the sender's shared memory.
    """

    def __init__(self, sufficient_fps: float) -> None:
        """With `sufficient_fps` images a second and few missing, best effort is kept."""
        self._sufficient_fps = sufficient_fps
        self.reliable = False
        self._publishers: frozenset[bytes] = frozenset()
        self._settled = False
        self._trial = TRIAL
        self._best_effort_rate = 0.0
        self._settled_rate = 0.0
        self._since = 0.0
        self._counted_at = 0.0
        self._count = 0
        self._newest = 0
        self._newest_at = 0.0
        self._retry = RETRY
        self._retry_at = 0.0

    def update(
        self,
        now: float,
        received: int,
        publishers: frozenset[bytes],
        offered: bool,
        missing: float = 0.0,
    ) -> bool:
        """Return whether to subscribe again, with `reliable`; call about once a second.

        Before a reliable subscription, be without one for `PAUSE` seconds.

        `now`: seconds. `received`: images so far. `publishers`: their GIDs. `offered`: whether all
        of them offer reliable delivery. `missing`: the part of the images that is, 0 to 1.
        """
        if not publishers:
            return False
        if publishers != self._publishers:
            self._publishers = publishers
            self._settled = not offered
            self._trial, self._retry = TRIAL, RETRY
            return self._begin(now, received, reliable=False)
        silent = self._silent_for(now, received)
        if self._settled:
            return offered and self._reconsider(now, received, silent, missing)
        if self.reliable and silent > DEAD_AFTER and self._best_effort_rate > 0.0:
            return self._settle(now, received, self._best_effort_rate, reliable=False)
        rate = self._judged(now, received)
        if rate is None:
            return False
        if self.reliable:
            return self._compare(now, received, rate)
        if rate >= self._sufficient_fps and missing < LOSSY:
            return self._begin(now, received, reliable=False)
        self._best_effort_rate = rate
        return self._begin(now, received, reliable=True)

    def _silent_for(self, now: float, received: int) -> float:
        """Return the seconds since an image arrived, or since subscribing if that is later."""
        if received != self._newest:
            self._newest, self._newest_at = received, now
        return now - max(self._newest_at, self._since)

    def _is_dead(self, silent: float) -> bool:
        usual = 1 / self._settled_rate if self._settled_rate else 0.0
        shortest = RELIABLE_DEAD_AFTER if self.reliable else DEAD_AFTER
        return silent > max(shortest, DEAD_AFTER_IMAGES * usual)

    def _reconsider(self, now: float, received: int, silent: float, missing: float) -> bool:
        """Begin the trials again where that may bring more: if it died, with the other kind."""
        dead = self._is_dead(silent)
        if not dead and (missing < LOSSY or now < self._retry_at):
            return False
        self._settled = False
        self._best_effort_rate = 0.0
        self._trial = TRIAL
        return self._begin(now, received, reliable=dead and not self.reliable)

    def _settle(self, now: float, received: int, rate: float, reliable: bool) -> bool:
        self._settled, self._settled_rate = True, rate
        self._retry_at = now + self._retry
        self._retry = min(2 * self._retry, MAX_RETRY)
        return self._begin(now, received, reliable)

    def _judged(self, now: float, received: int) -> float | None:
        """Return images a second when the trial is over; None before."""
        if now - self._since < SETTLING:
            self._counted_at, self._count = now, received
            return None
        if now - self._since < self._trial:
            return None
        return (received - self._count) / (now - self._counted_at)

    def _compare(self, now: float, received: int, rate: float) -> bool:
        if rate == self._best_effort_rate == 0.0:  # inconclusive: try again, at growing intervals
            self._trial = min(2 * self._trial, MAX_TRIAL)
            return self._begin(now, received, reliable=False)
        better = rate >= MIN_GAIN * self._best_effort_rate
        return self._settle(now, received, rate if better else self._best_effort_rate, better)

    def _begin(self, now: float, received: int, reliable: bool) -> bool:
        changed = reliable != self.reliable
        self.reliable = reliable
        self._since = now + PAUSE if changed and reliable else now
        self._counted_at, self._count = self._since, received
        return changed
