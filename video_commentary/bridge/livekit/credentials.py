"""The bridge's credentials for a LiveKit room, and the tokens signed with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .participant import RoomToken

if TYPE_CHECKING:
    from livekit.api import VideoGrants

VARIABLES = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
BRIDGE_ATTRIBUTE = "video_commentary.bridge"
"""Attribute of every bridge's participant; guests can't have it."""
GUEST_SECONDS = 600
"""How long a guest may join with a token. Guests already in the room may stay."""
_BRIDGE_SECONDS = 60
_GUEST_PREFIX = "guest-"
"""Begins every guest's identity and no other: LiveKit removes a participant when another joins
under the same identity."""
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class RoomCredentials:
    """Server, API key, room and identity. `public_url`: the server's address for guests.

    Raise ValueError, saying what to set, if a part is missing or wrong.
    """

    url: str
    key: str
    secret: str = field(repr=False)
    room: str
    identity: str
    public_url: str = ""

    def __post_init__(self) -> None:
        """Check every part."""
        parts = zip(VARIABLES, (self.url, self.key, self.secret), strict=True)
        missing = [name for name, value in parts if not value]
        if missing:
            raise ValueError(f"set {' and '.join(missing)} too")
        _check_url("LIVEKIT_URL", self.url)
        if self.public_url:
            _check_url("livekit_public_url", self.public_url)
        if not self.room:
            raise ValueError("livekit_room is empty: name the room to join")
        _check_identity("livekit_identity", self.identity)
        if self.identity.casefold().startswith(_GUEST_PREFIX):
            raise ValueError(
                f"livekit_identity: names that begin with {_GUEST_PREFIX} are for guests"
            )

    @staticmethod
    def from_environment(
        environment: Mapping[str, str], room: str, identity: str, public_url: str
    ) -> RoomCredentials:
        """Read the variables. Raise ValueError."""
        url, key, secret = (environment.get(name, "").strip() for name in VARIABLES)
        return RoomCredentials(url, key, secret, room, identity, public_url)

    def bridge_token(self) -> str:
        """Return a token for the bridge itself."""
        from livekit.api import VideoGrants

        grants = VideoGrants(
            room_join=True,
            room=self.room,
            can_publish_sources=["microphone", "camera"],
        )
        attributes = {BRIDGE_ATTRIBUTE: "true"}
        return self._sign(self.identity, grants, _BRIDGE_SECONDS, attributes)

    def guest_token(self, identity: str) -> RoomToken:
        """Let a guest join this room, listen, watch, speak and publish a camera, and nothing else.

        The guest's identity there is `identity` after "guest-". Raise ValueError for a bad one.
        """
        from livekit.api import VideoGrants

        _check_identity("identity", identity)
        name = _GUEST_PREFIX + identity
        grants = VideoGrants(
            room_join=True,
            room=self.room,
            can_publish_sources=["camera", "microphone"],
            can_publish_data=False,
            can_update_own_metadata=False,
        )
        token = self._sign(name, grants, GUEST_SECONDS, {})
        url = self.public_url or self.url
        return RoomToken(token, url, self.room, self.identity, name, GUEST_SECONDS)

    def _sign(
        self, identity: str, grants: VideoGrants, seconds: int, attributes: dict[str, str]
    ) -> str:
        from livekit.api import AccessToken

        token = AccessToken(self.key, self.secret).with_identity(identity).with_grants(grants)
        return token.with_attributes(attributes).with_ttl(timedelta(seconds=seconds)).to_jwt()


def _check_identity(name: str, identity: str) -> None:
    if not _IDENTITY.fullmatch(identity):
        raise ValueError(
            f"{name}: {identity[:80]!r} has to be 1 to 64 letters, digits, '.', '_' or '-', "
            "a letter or digit first"
        )


def _check_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss", "http", "https") or not parts.hostname:
        raise ValueError(f"{name}: not the address of a LiveKit server, such as wss://host:7880")
