"""Chooses between a camera's raw and compressed topic by what is published and what arrives."""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE = 5.0
"""Seconds without an image after which the other topic is tried."""
MAX_PATIENCE = 60.0
"""The same, after trials of both brought nothing."""
LOSSY = 0.5
"""Part of the images missing from which the other topic is tried."""


@dataclass(frozen=True)
class Publishers:
    """Who publishes a camera.

    `raw`, `compressed`: GIDs. `remote`: whether all that publish raw images are on another
    machine; None if unknown.
    """

    raw: frozenset[bytes]
    compressed: frozenset[bytes]
    remote: bool | None


class TransportChoice:
    """Raw on one machine, compressed from another; the other one where that does not arrive.

    `compressed` is the choice.
    """

    def __init__(self, prefer_compressed: bool) -> None:
        """With `prefer_compressed`, compressed images are taken on one machine too."""
        self._prefer = prefer_compressed
        self._publishers: Publishers | None = None
        self._patience = PATIENCE
        self._received = 0
        self._quiet_since = 0.0
        self._tried_for_loss = False
        self.compressed = False

    def update(self, now: float, received: int, missing: float, publishers: Publishers) -> None:
        """Choose again; call about once a second.

        `now`: seconds. `received`: images so far. `missing`: the part of them that is missing.
        """
        if not (publishers.raw or publishers.compressed):
            return
        if publishers != self._publishers:
            self._publishers = publishers
            self._patience, self._tried_for_loss = PATIENCE, False
            self._received, self._quiet_since = received, now
            self.compressed = bool(publishers.compressed) and (
                self._prefer or not publishers.raw or publishers.remote is True
            )
        if not (publishers.raw and publishers.compressed):
            return
        if received != self._received:
            self._received, self._quiet_since, self._patience = received, now, PATIENCE
        elif now - self._quiet_since >= self._patience:
            self._quiet_since, self._patience = now, min(2 * self._patience, MAX_PATIENCE)
            self.compressed = not self.compressed
        if missing >= LOSSY and not self.compressed and not self._tried_for_loss:
            self._tried_for_loss = True
            self.compressed = True
