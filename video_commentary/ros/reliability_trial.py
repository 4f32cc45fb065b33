"""Whether to take a camera's images best effort or reliably, from what arrives."""

from __future__ import annotations

SETTLING = 2.0
"""Seconds after a new subscription that don't count: publishers find it first, engines load."""
TRIAL = 5.0
"""Seconds after a new subscription when what arrived is judged."""
LONGEST_TRIAL = 30.0
"""Seconds of a trial of a camera that sends nothing either way."""
BETTER = 1.5
"""How many times as many images must arrive reliably for that to be kept."""


class ReliabilityTrial:
    """Best effort, unless reliable delivery is offered and brings clearly more images.

    Best effort first: in Fast DDS 2 and 3 a reliable reader that joins a running stream of images
    larger than 64 KB, beside another reader, can get stuck for good inside `take`, and Python with
    it (StatefulReader::processGapMsg removes a sample in parts from the history but not from the
    reader's list). But it can lose most images that are larger than the sender's shared memory.
    """

    def __init__(self, enough: float) -> None:
        """`enough`: images a second that need no trial of anything else."""
        self._enough = enough
        self.reliable = False
        self._publishers: frozenset[bytes] = frozenset()
        self._settled = False
        self._trial = TRIAL
        self._best_effort_rate = 0.0
        self._since = 0.0
        self._counted_at = 0.0
        self._count = 0

    def update(
        self, now: float, received: int, publishers: frozenset[bytes], offered: bool
    ) -> bool:
        """Return whether to subscribe anew, as `reliable` says; call about once a second.

        `now` and all times are in seconds, `received` counts images so far, `publishers` are their
        identities, `offered` is whether all of them offer reliable delivery.
        """
        if not publishers:
            return False
        if publishers != self._publishers:
            self._publishers = publishers
            self._settled = not offered
            self._trial = TRIAL
            return self._begin(now, received, reliable=False)
        rate = self._judged(now, received)
        if self._settled or rate is None:
            return False
        if self.reliable:
            return self._compare(now, received, rate)
        if rate >= self._enough:
            return self._begin(now, received, reliable=False)
        self._best_effort_rate = rate
        return self._begin(now, received, reliable=True)

    def _judged(self, now: float, received: int) -> float | None:
        """Return images a second once the trial is over; None before."""
        if now - self._since < SETTLING:
            self._counted_at, self._count = now, received
            return None
        if now - self._since < self._trial:
            return None
        return (received - self._count) / (now - self._counted_at)

    def _compare(self, now: float, received: int, rate: float) -> bool:
        if rate == self._best_effort_rate == 0.0:  # says nothing: ask again, ever more rarely
            self._trial = min(2 * self._trial, LONGEST_TRIAL)
            return self._begin(now, received, reliable=False)
        self._settled = True
        if rate >= BETTER * self._best_effort_rate:
            return False
        return self._begin(now, received, reliable=False)

    def _begin(self, now: float, received: int, reliable: bool) -> bool:
        changed = reliable != self.reliable
        self.reliable = reliable
        self._since, self._counted_at, self._count = now, now, received
        return changed
