"""Comments as text streams, read by a participant."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from video_commentary.bridge.livekit.transcription import segment_id
from video_commentary.core.comment import Comment

from .people import bridge, credentials_for, person, until
from .server import LiveKitServer

COMMENT = Comment(
    sequence=7,
    camera="camera",
    newest=1700000010_250000001,
    oldest=1700000008_500000000,
    instruction="",
    question="",
    requested=1700000010_500000000,
)
WORDS = 1700000011_000000000
FINAL = replace(
    COMMENT,
    text="A dog runs home.",
    first_words=WORDS,
    first_sound=WORDS + 500_000_000,
    final=True,
)


def test_partial_and_final_texts_arrive_in_order_with_their_stamps(server: LiveKitServer) -> None:
    words = ["A", "dog", "runs", "home."]
    partial = [replace(COMMENT, text=" ".join(words[:n]), first_words=WORDS) for n in range(1, 4)]

    async def scene() -> tuple[list[tuple[str, dict[str, str]]], str]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            for comment in [*partial, FINAL]:
                robot.gateway.publish(comment)
            await until(lambda: len(ann.texts) == 4, what="four texts")

            def tracks() -> list[str]:
                others = ann.room.remote_participants.values()
                return [sid for other in others for sid in other.track_publications]

            [track] = await until(tracks, what="the robot's track")
            return ann.texts, track

    texts, track = asyncio.run(scene())
    assert [text for text, _ in texts] == ["A", "A dog", "A dog runs", "A dog runs home."]
    assert [facts["lk.transcription_final"] for _, facts in texts] == ["false"] * 3 + ["true"]
    assert len({facts["lk.segment_id"] for _, facts in texts}) == 1
    last = texts[-1][1]
    assert last["lk.transcribed_track_id"] == track
    assert last["newest"] == "1700000010.250000001"
    assert last["oldest"] == "1700000008.500000000"
    assert last["first_words"] == "1700000011.000000000"
    assert last["first_sound"] == "1700000011.500000000"
    assert "first_sound" not in texts[0][1]
    assert (last["sequence"], last["camera"], last["cancelled"]) == ("7", "camera", "false")


def test_silence_is_not_sent_and_a_cut_comment_says_so(server: LiveKitServer) -> None:
    async def scene() -> list[tuple[str, dict[str, str]]]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            robot.gateway.publish(replace(COMMENT, final=True, silent=True))
            cut = replace(COMMENT, sequence=8, text="A dog", final=True, cancelled=True)
            robot.gateway.publish(cut)
            robot.gateway.publish(replace(FINAL, sequence=9, question="What runs?"))
            await until(lambda: len(ann.texts) == 2, what="two texts")
            return ann.texts

    (first, cut), (_, answer) = asyncio.run(scene())
    assert (first, cut["cancelled"], cut["lk.transcription_final"]) == ("A dog", "true", "true")
    assert answer["question"] == "What runs?"
    assert cut["lk.segment_id"] != answer["lk.segment_id"]


def test_a_commentator_that_starts_again_does_not_go_on_with_an_old_comment() -> None:
    assert segment_id(COMMENT) == segment_id(FINAL)
    later = replace(COMMENT, requested=COMMENT.requested + 60_000_000_000)
    assert segment_id(COMMENT) != segment_id(later)
