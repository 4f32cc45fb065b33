"""A camera's frame, and the strided sliding window that requests are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture from one camera.

    Compared and hashed by identity, so it can key a `weakref.WeakKeyDictionary`: what an engine
    caches for a frame goes when the window lets go of the frame.

    `image`: uint8 RGB, shape [H, W, 3], never written to. `stamp`: seconds, the camera's own
    header stamp. `camera`: frame_id. `index`: counts a camera's kept frames from 0.
    """

    image: NDArray[np.uint8]
    stamp: float
    camera: str
    index: int
