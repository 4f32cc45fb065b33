from __future__ import annotations

from test.core.test_engine_guard import REQUEST
from test.fakes import FORMAT, FakeEngine, FakeVoice, tone
from video_commentary.core.audio import Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Request
from video_commentary.core.silence import SILENCE
from video_commentary.core.voice import VoiceError
from video_commentary.voices.speaking import SpeakingEngine

SPEAK = Request(REQUEST.frames, REQUEST.prompt, REQUEST.limits, speak=True)


def run(engine: SpeakingEngine, request: Request = SPEAK) -> tuple[str, list[Pcm]]:
    deltas = list(engine.comment(request, CancelToken()))
    return "".join(d.text for d in deltas), [d.pcm for d in deltas if d.pcm]


def test_each_clause_is_spoken_after_its_words() -> None:
    voice = FakeVoice()
    engine = SpeakingEngine(FakeEngine(lambda _: ["A man ", "walks. ", "He ", "stops."]), voice)
    engine.load()
    assert engine.voice == FORMAT
    text, sound = run(engine)
    assert text == "A man walks. He stops."
    assert voice.said == ["A man walks.", "He stops."]
    assert len(sound) == 5


def test_silence_and_quiet_requests_make_no_sound() -> None:
    voice = FakeVoice()
    engine = SpeakingEngine(FakeEngine(lambda _: [SILENCE]), voice)
    engine.load()
    for request in (SPEAK, REQUEST):
        deltas = list(engine.comment(request, CancelToken()))
        assert any(delta.silent for delta in deltas)
        assert not any(delta.text or delta.pcm for delta in deltas)
    engine = SpeakingEngine(FakeEngine(lambda _: ["A dog."]), voice)
    engine.load()
    assert run(engine, REQUEST) == ("A dog.", [])
    assert voice.said == []


def test_a_voice_that_dies_leaves_the_words_and_is_tried_again() -> None:
    voice = FakeVoice(fails=RuntimeError("killed"))
    engine = SpeakingEngine(FakeEngine(lambda _: ["One. ", "Two."]), voice)
    engine.load()
    assert run(engine) == ("One. Two.", [])
    assert voice.said == ["One."]
    assert "killed" in engine.trouble
    voice.fails = None
    assert len(run(engine)[1]) == 2
    assert engine.trouble == ""


def test_a_voice_that_is_not_there_leaves_text_only() -> None:
    engine = SpeakingEngine(FakeEngine(), FakeVoice(load_fails=VoiceError("install it")))
    engine.load()
    assert engine.voice is None
    assert engine.trouble == "install it"


def test_another_voice_may_be_wanted_than_the_engines_own() -> None:
    def script(request: Request) -> list[object]:
        return ["Own.", tone(1.0)] if request.speak else ["Own."]

    engine = SpeakingEngine(FakeEngine(script, voice=FORMAT), FakeVoice(), own_first=False)
    engine.load()
    assert [pcm.duration for pcm in run(engine)[1]] == [0.1]
    assert engine.voice_description == "fake voice"


def test_a_replacement_is_freed_when_the_engines_own_voice_is_back() -> None:
    inner, voice = FakeEngine(lambda _: ["One. ", "Two."]), FakeVoice()
    engine = SpeakingEngine(inner, voice)
    engine.load()
    assert engine.voice == FORMAT
    voice.fails = VoiceError("killed")
    run(engine)
    assert engine.trouble == "killed"
    inner.voice = FORMAT
    engine.load()
    assert not voice.loaded
    assert engine.trouble == ""
    assert engine.voice_description == "the engine's own"


def test_the_engines_own_voice_may_come_and_go_between_comments() -> None:
    inner, voice = FakeEngine(lambda _: ["One. ", "Two."]), FakeVoice()
    engine = SpeakingEngine(inner, voice)
    engine.load()
    inner.voice = FORMAT
    run(engine)
    assert not voice.loaded
    inner.voice = None
    assert len(run(engine)[1]) == 2
    assert engine.voice == FORMAT
