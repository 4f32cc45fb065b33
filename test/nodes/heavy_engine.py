"""An engine that takes long to make, as one that imports torch from a slow disk."""

from __future__ import annotations

import time

from test.fakes import FakeEngine


def create() -> FakeEngine:
    time.sleep(8.0)
    return FakeEngine()
