"""What the commentary cycle reads of a node's settings."""

from __future__ import annotations

from typing import Protocol


class CycleSettings(Protocol):
    """Settings that the cycle reads; config.settings describes each. Instances never change."""

    @property
    def image_topics(self) -> tuple[str, ...]:
        """The cameras."""
        ...

    @property
    def capture_fps(self) -> float:
        """Frames a second kept for requests."""
        ...

    @property
    def window_capacity(self) -> int:
        """Kept frames a camera."""
        ...

    @property
    def frames_per_request(self) -> int:
        """Frames in one request, of all cameras together."""
        ...

    @property
    def frame_stride(self) -> int:
        """Every n-th kept frame goes into a request."""
        ...

    @property
    def change_threshold(self) -> float:
        """The score that counts as change."""
        ...

    @property
    def profile(self) -> str:
        """The name of the profile."""
        ...

    @property
    def instruction(self) -> str:
        """What to talk about, as it was given; empty for all."""
        ...

    @property
    def enabled(self) -> bool:
        """Whether to comment at all."""
        ...

    @property
    def max_tokens(self) -> int:
        """The longest comment, in tokens."""
        ...

    @property
    def max_tokens_brief(self) -> int:
        """The longest comment when little changed, in tokens."""
        ...

    @property
    def context_comments(self) -> int:
        """Recent comments that go into a prompt, against repetition."""
        ...

    @property
    def breathing_pause(self) -> float:
        """Seconds between two comments."""
        ...
