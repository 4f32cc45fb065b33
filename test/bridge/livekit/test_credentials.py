"""What a guest's token opens, tried out at a real server."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from livekit import rtc

from video_commentary.bridge.livekit import credentials as credentials_module
from video_commentary.bridge.livekit.credentials import RoomCredentials

from .people import ROBOT, bridge, credentials_for, person, until
from .server import KEY, SECRET, LiveKitServer

REFUSALS = (
    asyncio.TimeoutError,
    rtc.RpcError,
    rtc.StreamError,
    rtc.participant.PublishDataError,
    rtc.participant.PublishTrackError,
)
LOCAL = RoomCredentials("ws://localhost:7880", KEY, SECRET, "room", ROBOT)


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def test_a_guest_gets_the_least_rights_for_ten_minutes() -> None:
    guest = LOCAL.guest_token("ann")
    said = claims(guest.token)
    assert said["sub"] == guest.identity == "guest-ann"
    assert guest.expires == 600
    assert said["exp"] - said["nbf"] in (600, 601), "the second may change in between"
    assert said["video"] == {
        "roomJoin": True,
        "room": "room",
        "canPublish": True,
        "canPublishSources": ["camera", "microphone"],
        "canPublishData": False,
        "canSubscribe": True,
        "canUpdateOwnMetadata": False,
    }
    assert (guest.url, guest.room, guest.robot) == (LOCAL.url, "room", ROBOT)
    assert (
        replace(LOCAL, public_url="wss://robot.example").guest_token("ann").url
        == "wss://robot.example"
    )


@pytest.mark.parametrize("identity", ["", " ", "a b", "a\n", "-a", "a" * 65, "é", "<b>", "../x"])
def test_a_bad_identity_is_refused_with_what_is_allowed(identity: str) -> None:
    with pytest.raises(ValueError, match="1 to 64 letters, digits"):
        LOCAL.guest_token(identity)


@pytest.mark.parametrize("identity", [ROBOT, "another-robot", "front-camera"])
def test_no_guest_can_take_the_identity_of_another_participant(identity: str) -> None:
    assert LOCAL.guest_token(identity).identity == f"guest-{identity}"
    with pytest.raises(ValueError, match="names that begin with guest- are for guests"):
        replace(LOCAL, identity=f"Guest-{identity}")


def test_secrets_are_not_printed() -> None:
    assert SECRET not in repr(LOCAL)
    guest = LOCAL.guest_token("ann")
    assert guest.token not in repr(guest)


def test_a_guest_can_publish_camera_and_microphone_and_nothing_else(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        jwt = credentials.guest_token("ann").token
        async with person(credentials, "eve") as eve, person(credentials, "ann", jwt) as ann:
            said: list[object] = []
            eve.room.on("data_received", said.append)
            me = ann.room.local_participant
            video = rtc.LocalVideoTrack.create_video_track("eye", rtc.VideoSource(64, 48))
            camera = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
            await asyncio.wait_for(me.publish_track(video, camera), 10)
            for source in ("SOURCE_SCREENSHARE_AUDIO", "SOURCE_UNKNOWN"):
                audio = rtc.LocalAudioTrack.create_audio_track("mouth", rtc.AudioSource(48_000, 1))
                options = rtc.TrackPublishOptions(source=rtc.TrackSource.Value(source))
                with pytest.raises(REFUSALS):
                    await asyncio.wait_for(me.publish_track(audio, options), 5)
            eve.room.local_participant.register_rpc_method("steer", lambda _: said.append("steer"))
            for send in (
                me.publish_data("hello"),
                me.send_text("hello", topic="lk.transcription"),
                me.perform_rpc(destination_identity="eve", method="steer", payload=""),
            ):
                with suppress(*REFUSALS):
                    await asyncio.wait_for(send, 3)
            others = eve.room.remote_participants
            await until(lambda: others["guest-ann"].track_publications, what="ann's camera")
            await asyncio.sleep(0.5)
            tracks = others["guest-ann"].track_publications.values()
            assert [t.source for t in tracks] == [rtc.TrackSource.SOURCE_CAMERA]
            assert (said, eve.texts) == ([], [])

    asyncio.run(scene())


def test_a_guest_can_hear_the_robot(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        async with bridge(credentials) as robot:
            jwt = robot.livekit.room_token("ann").token
            async with person(credentials, "ann", jwt) as ann:
                await until(lambda: ann.heard, what="the robot's track")

    asyncio.run(scene())


def test_a_guest_administers_nothing_and_enters_no_other_room(server: LiveKitServer) -> None:
    async def scene() -> None:
        credentials = credentials_for(server)
        token = credentials.guest_token("ann").token
        head, _, signature = token.split(".")
        forged = claims(token)
        forged["video"]["room"] = "elsewhere"
        body = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
        room = rtc.Room()
        with pytest.raises(rtc.ConnectError):
            await room.connect(server.url, f"{head}.{body}.{signature}")
        requests = {
            "ListRooms": {},
            "CreateRoom": {"name": "elsewhere"},
            "DeleteRoom": {"room": credentials.room},
            "ListParticipants": {"room": credentials.room},
            "RemoveParticipant": {"room": credentials.room, "identity": ROBOT},
            "SendData": {"room": credentials.room, "data": ""},
            "UpdateParticipant": {"room": credentials.room, "identity": "ann", "metadata": "x"},
        }
        async with aiohttp.ClientSession() as session:
            for method, body_of in requests.items():
                url = f"http://127.0.0.1:{server.port}/twirp/livekit.RoomService/{method}"
                headers = {"Authorization": f"Bearer {token}"}
                async with session.post(url, json=body_of, headers=headers) as response:
                    assert response.status in (401, 403), (method, await response.text())

    asyncio.run(scene())


def test_an_expired_token_opens_nothing(
    server: LiveKitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(jwt: str) -> None:
        await rtc.Room().connect(server.url, jwt)

    credentials = credentials_for(server)
    # The server allows a minute for clocks that differ.
    monkeypatch.setattr(credentials_module, "GUEST_SECONDS", -120)
    with pytest.raises(rtc.ConnectError, match="401|nauthorized|expired"):
        asyncio.run(scene(credentials.guest_token("ann").token))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"secret": ""}, "set LIVEKIT_API_SECRET too"),
        ({"key": "", "secret": ""}, "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET too"),
        ({"url": "robot:7880"}, "LIVEKIT_URL: not the address"),
        ({"public_url": "robot.example"}, "livekit_public_url: not the address"),
        ({"room": ""}, "livekit_room is empty"),
        ({"identity": "the robot"}, "livekit_identity: 'the robot'"),
    ],
)
def test_bad_settings_say_what_to_set(change: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(LOCAL, **change)
