from __future__ import annotations

import io
import wave
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np

from test.engines.server.asking import ask, request
from test.engines.server.misbehaving import Behaviour, Handler, Misbehaving, chunk, sends
from test.fakes import FakeVoice, tone
from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.engines.server.engine import ServerEngine
from video_commentary.voices.speaking import SpeakingEngine

Start = Callable[[Behaviour], Misbehaving]
Make = Callable[..., ServerEngine]


def wav(pcm: Pcm) -> str:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(pcm.format.channels)
        out.setsampwidth(2)
        out.setframerate(pcm.format.rate)
        out.writeframes(pcm.tobytes())
    return b64encode(file.getvalue()).decode()


SOUND = tone(0.5, AudioFormat(24_000))


def omni(handler: Handler, body: dict[str, Any]) -> None:
    """Answer as vLLM-Omni does: audio comes in chunks marked so, as base64 of a WAV each."""
    handler.begin()
    handler.event(chunk("A man.", modality="text"))
    if "audio" in body.get("modalities", ["text", "audio"]):
        handler.event(chunk(wav(SOUND), modality="audio"))
        handler.event(chunk(wav(SOUND), modality="audio"))
    handler.event(chunk(finish="stop", modality="text"))
    handler.event("[DONE]")
    handler.end()


def test_a_server_that_speaks_is_heard(misbehaving: Start, engine: Make) -> None:
    it = engine(misbehaving(omni).url, server_speech=True)
    assert it.voice == SOUND.format
    deltas = list(it.comment(request(speak=True), CancelToken()))
    assert "".join(delta.text for delta in deltas) == "A man."
    heard = np.concatenate([delta.pcm.samples for delta in deltas if delta.pcm])
    np.testing.assert_array_equal(heard, np.tile(SOUND.samples, 2))


def test_it_is_asked_for_text_alone(misbehaving: Start, engine: Make) -> None:
    server = misbehaving(omni)
    it = engine(server.url, server_speech=True)
    deltas = list(it.comment(request(speak=False), CancelToken()))
    assert not any(delta.pcm for delta in deltas)
    assert server.asked[-1]["modalities"] == ["text"]


def test_a_server_that_does_not_speak_gets_our_voice(misbehaving: Start, engine: Make) -> None:
    def refuse(handler: Handler, body: dict[str, Any]) -> None:
        if "modalities" in body:
            handler.say(422, '{"detail": "Unexpected keys"}')
        else:
            sends(chunk("A man."), chunk(finish="stop"))(handler, body)

    it = engine(misbehaving(refuse).url, server_speech=True)
    assert it.voice is None
    voice = FakeVoice()
    speaking = SpeakingEngine(it, voice)
    speaking.load()
    list(speaking.comment(request(speak=True), CancelToken()))
    assert voice.said == ["A man."]


def test_our_voice_leaves_the_word_to_a_server_that_speaks(
    misbehaving: Start, engine: Make
) -> None:
    voice = FakeVoice()
    speaking = SpeakingEngine(engine(misbehaving(omni).url, server_speech=True), voice)
    speaking.load()
    assert speaking.voice == SOUND.format
    deltas = list(speaking.comment(request(speak=True), CancelToken()))
    assert sum(delta.pcm.duration for delta in deltas if delta.pcm) == 1.0
    assert voice.said == []


def test_bare_pcm_in_the_audio_field_is_heard_too(misbehaving: Start, engine: Make) -> None:
    spoken = chunk()
    data = b64encode(SOUND.tobytes()).decode()
    spoken["choices"][0]["delta"] = {"audio": {"data": data, "transcript": "A man."}}
    it = engine(misbehaving(sends(spoken, chunk(finish="stop"))).url, server_speech=True)
    assert it.voice == AudioFormat(24_000)
    assert ask(it, request(speak=True)) == ["A man."]
