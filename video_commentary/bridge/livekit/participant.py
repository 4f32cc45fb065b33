"""The bridge's part in a LiveKit room, as the rest of the bridge sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

NOT_CONFIGURED = "set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET to join a room"


class LiveKitStatus(NamedTuple):
    """`reason` says what is wrong and what to do; empty if all is well."""

    state: Literal["off", "connecting", "connected", "away"]
    reason: str


@dataclass(frozen=True)
class RoomToken:
    """What a guest needs to join `room` as `identity` at the LiveKit server `url`.

    `robot` is the bridge's identity there. `token` admits the guest for `expires` seconds.
    """

    token: str = field(repr=False)
    url: str
    room: str
    robot: str
    identity: str
    expires: int


class LiveKitOffError(Exception):
    """There is no room to join; the message says what to set or install."""


class LiveKitParticipant(Protocol):
    """The bridge as a participant of a LiveKit room."""

    @property
    def status(self) -> LiveKitStatus:
        """The connection's state."""
        ...

    @property
    def camera(self) -> str:
        """The identity of the participant whose camera is taken; empty for none."""
        ...

    async def start(self) -> None:
        """Start joining and return at once."""
        ...

    async def stop(self) -> None:
        """Leave."""
        ...

    def room_token(self, identity: str) -> RoomToken:
        """Return a short-lived token for a guest.

        Raise ValueError for a bad identity, LiveKitOffError if there is no room.
        """
        ...


class LiveKitOff:
    """Joins no room; its status says what to set or install."""

    camera = ""

    def __init__(self, reason: str = NOT_CONFIGURED) -> None:
        self.status = LiveKitStatus("off", reason)

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    def room_token(self, identity: str) -> RoomToken:
        """Raise LiveKitOffError."""
        del identity
        raise LiveKitOffError(f"LiveKit is off: {self.status.reason}")
