"""Mel, encoder, stream and prompts with sound against recorded numbers."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from video_commentary.core.audio import Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.engines.minicpmo.hearing.log_mel import RATE, MelStream
from video_commentary.engines.minicpmo.language.tokenizer import (
    image_placeholder,
    sound_placeholder,
)
from video_commentary.engines.minicpmo.speech.voice_features import slaney_filters

from .models import Parts
from .sounds import MONO_16K, Recorded
from .test_parity_language import follow, language_model, pictures

pytestmark = pytest.mark.parity
MEL, ENCODED, SOUND, NORM, LOGITS = 5e-4, 2e-4, 1e-4, 2e-4, 5e-4
CHATS = ("chat_one", "chat_two", "chat_voice", "chat_omni", "chat_chunked")


@pytest.fixture(scope="module")
def recorded(parity: Path) -> Recorded:
    if not (parity / "hearing").is_dir():
        pytest.skip("these fixtures have no hearing")
    return Recorded(parity / "hearing")


@pytest.fixture(scope="module")
def parts(parity: Path) -> Parts:
    return Parts(parity / "checkpoint")


def test_filters(recorded: Recorded) -> None:
    bins = recorded.hearing_config.num_mel_bins
    recorded.close("mel/filters", slaney_filters(bins, 400, RATE, RATE / 2), 1e-7)


def test_a_whole_sound(recorded: Recorded) -> None:
    encoder = recorded.encoder()
    for i, facts in enumerate(recorded.facts["alone"]):
        mel = recorded.mel(recorded.sounds[facts["sound"]])
        recorded.close(f"alone{i}/mel", mel, MEL)
        with torch.inference_mode():
            encoded = encoder.encoder.whole(mel[None], [facts["mel_frames"]])[0]
        recorded.close(f"alone{i}/encoder", encoded, ENCODED)
        recorded.close(f"alone{i}/sound", encoder.whole([mel])[0], SOUND)
        assert encoded.shape[0] == facts["positions"]
        # as the system message of a streaming session has it: all of it attends to all of it
        encoder.restart()
        recorded.close(f"full{i}/sound", encoder.stream(mel), SOUND)


def test_convolutions_and_the_first_layer(recorded: Recorded) -> None:
    whisper = recorded.encoder().encoder
    mel = recorded.mel(recorded.sounds[1])
    with torch.inference_mode():
        x = whisper.convolve(mel[None])
        recorded.close("alone1/conv", x[0], ENCODED)
        x = x + whisper.embed_positions[: x.shape[1]]
        block = torch.arange(x.shape[1]) // recorded.hearing_config.block_positions
        recorded.close("alone1/layer0", whisper.layers[0](x, block <= block[:, None])[0], ENCODED)


def test_several_sounds_at_once(recorded: Recorded) -> None:
    sounds = [recorded.sounds[i] for i in recorded.facts["batch"]["sounds"]]
    for i, made in enumerate(recorded.encoder().whole([recorded.mel(s) for s in sounds])):
        recorded.close(f"batch/sound{i}", made, SOUND)


def test_a_sound_of_more_than_30_seconds(recorded: Recorded) -> None:
    facts = recorded.facts["pieces"]
    made = recorded.hearing().encode(recorded.pcm(facts["sound"]))
    assert made is not None
    assert len(made) == facts["placeholder"]
    recorded.close("pieces/sound_tail", made[facts["first_row"] :], SOUND)


def test_number_of_embeddings(recorded: Recorded) -> None:
    hearing = recorded.hearing()
    samples = np.resize(recorded.samples[0], recorded.arrays["placeholder_counts"].max())
    for length, count in recorded.arrays["placeholder_counts"].tolist():
        made = hearing.encode(Pcm(np.resize(samples, length), MONO_16K))
        assert (0 if made is None else len(made)) == count, length


def test_a_stream(recorded: Recorded) -> None:
    mels = MelStream(recorded.hearing_config.num_mel_bins)
    encoder, beside = recorded.encoder(), recorded.encoder()
    for call in recorded.facts["stream"]:
        k, start = call["chunk"], call["positions_cached_before"]
        if k == 4:
            cached = encoder.encoder.kv_cache[-1, :, :, :start]
            recorded.close("stream/cache_last_layer", cached, ENCODED)
        mel = mels.push(recorded.second(4, k))
        recorded.close(f"stream/mel{k}", mel, MEL)
        made = encoder.stream(mel)
        recorded.close(f"stream/sound{k}", made[: call["vectors"]], SOUND)
        if f"stream/encoder{k}" in recorded.arrays:
            with torch.inference_mode():
                encoded = beside.encoder.step(mel, torch.tensor([start]))
            recorded.close(f"stream/encoder{k}", encoded, ENCODED)


def test_a_stream_whose_cache_is_dropped_after_its_first_second(recorded: Recorded) -> None:
    mels, encoder = MelStream(recorded.hearing_config.num_mel_bins), recorded.encoder()
    for call in recorded.facts["stream_userfirst"]:
        if not call["positions_cached_before"]:
            encoder.restart()
        made = encoder.stream(mels.push(recorded.second(4, call["chunk"])))
        recorded.close(f"stream_userfirst/sound{call['chunk']}", made, SOUND)


def test_a_stream_of_more_than_30_seconds(recorded: Recorded) -> None:
    mels, encoder = MelStream(recorded.hearing_config.num_mel_bins), recorded.encoder()
    compared = 0
    for k, second in enumerate(recorded.sounds[5].split(RATE)):
        mel = mels.push(second)
        made = encoder.stream(mel)
        if f"long/sound{k}" in recorded.arrays:
            recorded.close(f"long/mel{k}", mel, MEL)
            recorded.close(f"long/sound{k}", made, SOUND)
            compared += 1
    assert compared


def of_message(recorded: Recorded, facts: Any, items: list[str]) -> list[Tensor]:
    """Return the sounds among a message's items."""
    sounds = []
    for item in items:
        if found := re.fullmatch(r"sound(\d+)", item):
            sounds.append(recorded.sounds[int(found[1])])
        elif found := re.fullmatch(r"sec(\d+)", item):
            (of,) = re.findall(r"sound(\d+)", facts["sounds"][0])
            sounds.append(recorded.second(int(of), int(found[1])))
    return sounds


def chat_sounds(recorded: Recorded, name: str) -> list[list[Tensor]]:
    """Return the embeddings of each sound of a chat's prompt, one for each pair of marks."""
    facts, bounds = recorded.facts[name], recorded.arrays[f"{name}/audio_bounds"]
    sizes = (bounds[:, 1] - bounds[:, 0]).tolist()
    messages = [of_message(recorded, facts, facts.get(k, [])) for k in ("system", "items")]
    messages = [sounds for sounds in messages if sounds]
    # the sounds of one message are encoded as one
    mels = [recorded.mel(torch.cat(sounds)) for sounds in messages]
    assert [mel.shape[1] for mel in mels] == facts["mel_lengths"]
    one = sum(map(len, messages)) == 1
    result = []
    for sounds, made in zip(messages, recorded.encoder().whole(mels), strict=True):
        begin = 0
        for _ in sounds:
            taken, sizes = (sizes, []) if one else (sizes[:1], sizes[1:])
            ends = np.cumsum([begin, *taken]).tolist()
            result.append([made[a:b] for a, b in pairwise(ends)])
            begin = ends[-1]
    return result


@pytest.mark.parametrize("name", CHATS)
def test_chat_with_sound(
    name: str, recorded: Recorded, parts: Parts, parity: Path, golden: Any
) -> None:
    facts, arrays = recorded.facts[name], recorded.arrays
    heard = iter(chat_sounds(recorded, name))
    seen = iter(pictures(parts, parity, golden, facts["frames"]))
    media: list[Tensor] = []

    def expand(found: re.Match[str]) -> str:
        if found[1] == "image":
            media.append(next(seen))
            return image_placeholder()
        pairs = next(heard)
        media.extend(pairs)
        return "".join(sound_placeholder(len(pair)) for pair in pairs)

    text = re.sub(r"<(image|audio)>\./</\1>", expand, facts["prompt_before_expansion"])
    ids = parts.tokenizer.encode(text)
    assert np.array_equal(ids, arrays[f"{name}/input_ids"])
    embeds = language_model(parts).embed(ids, media)
    rows = [embeds[a:b] for a, b in arrays[f"{name}/audio_bounds"].tolist()]
    recorded.close(f"{name}/sound", torch.cat(rows), SOUND)
    recorded.close(f"{name}/embed_norms", embeds.norm(dim=1), NORM)
    made = follow(parts, embeds, arrays[f"{name}/tokens"])
    recorded.close(f"{name}/logits", torch.from_numpy(made), LOGITS)
    assert made.argmax(1).tolist() == arrays[f"{name}/tokens"].tolist()


def session_media(recorded: Recorded) -> list[Tensor | None]:
    """Return the embeddings of the sound of each segment of the session, None if it has none."""
    mels, encoder = MelStream(recorded.hearing_config.num_mel_bins), recorded.encoder()
    made: list[Tensor | None] = []
    for k, segment in enumerate(recorded.facts["session"]["segments"]):
        sounds = [s for i in segment["items"] if (s := re.match(r"sound(\d+)(?:\[(\d+)s\])?", i))]
        if not sounds:
            made.append(None)
            continue
        (sound,) = sounds
        whole = segment["role"] == "system"
        if whole:
            embeds = encoder.stream(recorded.mel(recorded.sounds[int(sound[1])]))
        else:
            if not segment["positions_cached_before"]:
                encoder.restart()
                mels.restart()
            second = recorded.second(int(sound[1]), int(sound[2] or 0))
            embeds = encoder.stream(mels.push(second))
        ((begin, end),) = recorded.arrays[f"session/bounds{k}"].tolist()
        embeds = embeds[: end - begin]  # the rest has no place
        recorded.close(f"session/sound{k}", embeds, SOUND)
        made.append(embeds)
    return made


def test_session_with_sound(recorded: Recorded, parts: Parts, parity: Path, golden: Any) -> None:
    facts, arrays = recorded.facts["session"], recorded.arrays
    seen = pictures(parts, parity, golden, facts["frames"])
    segments: list[NDArray[Any]] = []
    media: list[Tensor] = []
    frames = 0
    for k, (segment, heard) in enumerate(
        zip(facts["segments"], session_media(recorded), strict=True)
    ):
        text = segment["prompt"].replace("<image>./</image>", image_placeholder())
        if heard is not None:
            text = text.replace("<audio>./</audio>", sound_placeholder(len(heard)))
        ids = parts.tokenizer.encode(text)
        assert np.array_equal(ids, arrays[f"session/ids{k}"])
        if segment["kv_before"] >= facts["kv_after_reply"]:
            continue  # the next turn
        for item in segment["items"]:
            if item == "frame":
                media.append(seen[frames % len(seen)])
                frames += 1
            elif item.startswith("sound") and heard is not None:
                media.append(heard)
        segments.append(np.array(ids))
    bos = parts.tokenizer.encode(facts["bos"])
    assert np.array_equal(bos, arrays["session/bos_ids"])
    ids = np.concatenate([*segments, bos]).tolist()
    writer = language_model(parts)
    tokens = arrays["session/tokens"]
    made = follow(parts, writer.embed(ids, media), tokens)
    recorded.close("session/logits", torch.from_numpy(made), LOGITS)
    writer.prefill([], ids, media, max_new_tokens=len(tokens))
    generated = [token.id for token in writer.generate(len(tokens), CancelToken())]
    assert generated == tokens.tolist()
