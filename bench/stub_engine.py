"""What the engines of the benches share: they only write, and have nothing to load."""

from __future__ import annotations

from video_commentary.core.frames import Frame


class StubEngine:
    """All of an engine but `comment` and `description`."""

    look_fps = 0.0
    voice = None

    def load(self) -> None:
        pass

    def look(self, frame: Frame) -> None:
        pass

    def close(self) -> None:
        pass
