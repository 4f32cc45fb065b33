"""Prompts, prefill, greedy answers and hidden states against recorded numbers, both layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from video_commentary.core.cancel import CancelToken
from video_commentary.engines.minicpmo.language.language_model import LanguageModel
from video_commentary.engines.minicpmo.language.quantization import Int4Linear
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.language.tokenizer import (
    StreamDetokenizer,
    answer_segment,
    image_placeholder,
    system_segment,
    user_segment,
)
from video_commentary.engines.minicpmo.vision.image_processing import slice_image

from .models import Parts, chat, frames

pytestmark = pytest.mark.parity
Arrays = dict[str, NDArray[Any]]
TOLERANCE = 5e-4


@pytest.fixture(scope="module")
def parts(parity: Path) -> Parts:
    return Parts(parity / "checkpoint")


@pytest.fixture(scope="module")
def awq(parity: Path) -> Parts:
    return Parts(parity / "checkpoint_awq")


def pictures(parts: Parts, parity: Path, golden: Any, indices: list[int]) -> list[torch.Tensor]:
    images = frames(parity, golden)
    return parts.vision([slice_image(torch.from_numpy(images[i])).overview for i in indices])


def embedded(parts: Parts, ids: list[int], seen: list[torch.Tensor]) -> torch.Tensor:
    return language_model(parts).embed(ids, seen)


def language_model(parts: Parts, params: SamplingParams | None = None) -> LanguageModel:
    tokenizer = parts.tokenizer
    return LanguageModel(
        parts.qwen3,
        params or SamplingParams(greedy=True),
        suppress_tokens=tokenizer.unspeakable_tokens,
        eos_ids=tokenizer.eos_ids,
        media_start_ids=tokenizer.media_start_ids,
    )


def follow(parts: Parts, embeds: torch.Tensor, tokens: NDArray[Any]) -> NDArray[np.float32]:
    """Return the raw logits before each of `tokens`, fed one by one after a prompt."""
    decoder = parts.qwen3.decoder
    hidden = [decoder.prefill(embeds, 0)]
    for position, token in enumerate(tokens[:-1].tolist(), len(embeds)):
        row = parts.qwen3.embed_tokens[token][None]
        hidden.append(decoder.decode(row, torch.tensor([position], dtype=torch.int32)))
    return parts.logits(torch.cat(hidden))


def four_frames(golden: Any) -> tuple[list[int], str]:
    facts = golden["chat"]
    items = [image_placeholder()] * len(facts["frames"]) + [facts["user"]]
    return facts["frames"], chat([("system", facts["system"]), ("user", "\n".join(items))])


def test_chat_prompt(parts: Parts, golden: Any, arrays: Arrays) -> None:
    _, text = four_frames(golden)
    ids = parts.tokenizer.encode(text)
    assert np.array_equal(ids, arrays["chat/input_ids"])
    start = parts.tokenizer.id("<image>")
    bounds = [(i + 1, i + 65) for i, id in enumerate(ids) if id == start]
    assert np.array_equal(bounds, arrays["chat/image_bound"])
    assert parts.tokenizer.decode(ids, special=True) == golden["chat"]["decoded"]


@pytest.mark.parametrize("kind", ["think", "tts"])
def test_other_chat_prompts(kind: str, parts: Parts, golden: Any, arrays: Arrays) -> None:
    turns = [
        ("system", golden["chat"]["system"]),
        ("user", f"{image_placeholder()}\n{golden['chat']['user']}"),
    ]
    text = chat(turns, think=kind == "think", speak=kind == "tts")
    assert np.array_equal(parts.tokenizer.encode(text), arrays[f"chat_{kind}/input_ids"])


def test_chat_of_several_turns(parts: Parts, parity: Path, golden: Any, arrays: Arrays) -> None:
    facts = golden["chat_multi"]
    ids = parts.tokenizer.encode(
        chat(
            [
                ("system", golden["chat"]["system"]),
                ("user", f"{image_placeholder()}\n{golden['chat']['user']}"),
                ("assistant", facts["assistant"]),
                ("user", f"{image_placeholder()}\n{facts['user2']}"),
            ]
        )
    )
    assert np.array_equal(ids, arrays["chat_multi/input_ids"])
    embeds = embedded(parts, ids, pictures(parts, parity, golden, facts["frames"]))
    logits = parts.logits(parts.qwen3.decoder.prefill(embeds, 0))[0]
    np.testing.assert_allclose(logits, arrays["chat_multi/first_logits"], rtol=0, atol=TOLERANCE)


def test_sliced_frame(parts: Parts, parity: Path, golden: Any, arrays: Arrays) -> None:
    facts = golden["slice"]
    image = torch.from_numpy(frames(parity, golden)[facts["frame"]])
    seen = slice_image(image, facts["max_slice_nums"])
    number = 0 if facts["use_image_id"] else None
    text = f"{image_placeholder(seen, number)}\n{golden['chat']['user']}"
    ids = parts.tokenizer.encode(chat([("system", golden["chat"]["system"]), ("user", text)]))
    assert np.array_equal(ids, arrays["slice/input_ids"])
    embeds = embedded(parts, ids, parts.vision([seen.overview, *seen.slices]))
    logits = parts.logits(parts.qwen3.decoder.prefill(embeds, 0))[0]
    np.testing.assert_allclose(logits, arrays["slice/first_logits"], rtol=0, atol=TOLERANCE)


def test_chat_prefill(parts: Parts, parity: Path, golden: Any, arrays: Arrays) -> None:
    indices, text = four_frames(golden)
    embeds = embedded(parts, parts.tokenizer.encode(text), pictures(parts, parity, golden, indices))
    norms = embeds.norm(dim=1).numpy()
    np.testing.assert_allclose(norms, arrays["chat/embed_norms"], rtol=0, atol=2e-4)
    decoder = parts.qwen3.decoder
    x, y, last = embeds.clone(), torch.zeros_like(embeds), []
    start_pos = torch.zeros(1, dtype=torch.int32)
    with torch.inference_mode():
        for layer in decoder.layers:
            y = layer.prefill(x, y, start_pos, decoder.dtype)
            last.append(x[-1] + y[-1])
    np.testing.assert_allclose(
        torch.stack(last).numpy(), arrays["chat/layer_hidden_last"], rtol=0, atol=TOLERANCE
    )
    hidden = decoder.prefill(embeds, 0)
    np.testing.assert_allclose(
        hidden[0].numpy(), arrays["chat/final_hidden_last"], rtol=0, atol=TOLERANCE
    )


@pytest.mark.parametrize(
    ("name", "penalty", "quantised"),
    [
        ("chat", 1.0, False),
        ("chat_rp1.5", 1.5, False),
        ("awq_chat", 1.0, True),
    ],
)
def test_chat_answer(
    name: str,
    penalty: float,
    quantised: bool,
    parts: Parts,
    awq: Parts,
    parity: Path,
    golden: Any,
    arrays: Arrays,
) -> None:
    model = awq if quantised else parts
    indices, text = four_frames(golden)
    embeds = embedded(model, model.tokenizer.encode(text), pictures(model, parity, golden, indices))
    logits, tokens = arrays[f"{name}/logits"], arrays[f"{name}/tokens"]
    made = follow(model, embeds, tokens)
    np.testing.assert_allclose(made, logits, rtol=0, atol=TOLERANCE)
    for step, token in enumerate(tokens.tolist()):
        row = made[step].copy()
        for seen in set(tokens[:step].tolist()):
            row[seen] = row[seen] / penalty if row[seen] > 0 else row[seen] * penalty
        assert row.argmax() == token


@pytest.mark.parametrize("name", ["stream_tts", "stream_text", "stream_plain", "awq_stream_tts"])
def test_streaming_session(
    name: str, parts: Parts, awq: Parts, parity: Path, golden: Any, arrays: Arrays
) -> None:
    model = awq if name.startswith("awq") else parts
    speak = name.endswith("tts")
    tokenizer = model.tokenizer
    facts = golden["chat"]
    segments = [
        tokenizer.encode(system_segment(facts["system"])),
        tokenizer.encode(
            user_segment([image_placeholder()] * len(facts["frames"]) + [facts["user"]])
        ),
        tokenizer.encode(answer_segment(speak=speak)),
    ]
    recorded = "stream_tts" if speak else "stream_text"
    for segment, part in zip(segments, ("system", "user", "bos"), strict=True):
        assert np.array_equal(segment, arrays[f"{recorded}/{part}_ids"])
    seen = pictures(model, parity, golden, facts["frames"])
    expected = arrays[f"{name}/tokens"]
    embeds = embedded(model, [*segments[0], *segments[1], *segments[2]], seen)
    logits = follow(model, embeds, expected)
    np.testing.assert_allclose(logits, arrays[f"{name}/logits"], rtol=0, atol=TOLERANCE)

    plain = name == "stream_plain"
    params = (
        SamplingParams(repetition_penalty=1.0, temperature=1.0, greedy=True)
        if plain
        else SamplingParams(greedy=True)
    )
    writer = language_model(model, params)
    for _ in range(2):  # the second time on the cached prefix
        writer.prefill(segments[0], segments[1] + segments[2], seen, max_new_tokens=len(expected))
        generated = [token.id for token in writer.generate(len(expected), CancelToken())]
        assert generated == expected.tolist()
    text = "".join(part for part, _ in golden[name]["yielded"])
    stream = StreamDetokenizer(tokenizer, special=True)
    said = stream.add(generated)
    assert text.startswith(said)


def test_session_segments(parts: Parts, golden: Any) -> None:
    tokenizer = parts.tokenizer
    first = user_segment([image_placeholder()])
    second = user_segment([image_placeholder(), golden["chat"]["user"]], first=False)
    assert [tokenizer.encode(first), tokenizer.encode(second)] == golden["stream_userfirst"]["ids"]
    assert tokenizer.encode(answer_segment(think=True)) == golden["stream_think_bos"]["ids"]
    for name in ("turn2_after_terminator", "turn2_after_limit"):
        text = user_segment([image_placeholder(), golden["chat_multi"]["user2"]], again=True)
        assert tokenizer.encode(text) == golden[name]["ids"]


def test_suppressed_and_eos_ids(parts: Parts, golden: Any) -> None:
    unspeakable = set(parts.tokenizer.unspeakable_tokens)
    assert sorted(unspeakable) == sorted(set(golden["suppressed_ids"]))
    known = set(golden["stream_terminators"].values()) - unspeakable
    assert set(parts.tokenizer.eos_ids) == known | {parts.tokenizer.id("<|endoftext|>")}
    for name, id in golden["special_ids"].items():
        assert parts.tokenizer.id(name) == id


def test_text_comes_in_whole_characters(parts: Parts, golden: Any) -> None:
    for case in golden["text_stream"]:
        stream = StreamDetokenizer(parts.tokenizer, special=True)
        chunks = case["chunks"]
        made = [
            stream.add(chunk, last=i == len(chunks) - 1 and not case.get("last_unfinished"))
            for i, chunk in enumerate(chunks)
        ]
        assert made == case["yields"]


def test_int4_weights_are_exact(awq: Parts, parity: Path) -> None:
    reference = np.load(parity / "checkpoint_awq" / "dequant_reference.npz")
    for name in reference.files:
        base = name.removesuffix(".weight")
        q, z, s = (awq.tensors.load(f"{base}.{p}") for p in ("qweight", "qzeros", "scales"))
        made = Int4Linear.from_awq(q, z, s, torch.float32).dequantize().numpy()
        assert np.array_equal(made, reference[name])


def test_a_reply_that_is_given_has_the_hidden_states_of_one_that_is_generated(
    parts: Parts,
) -> None:
    tokenizer = parts.tokenizer
    model = LanguageModel(
        parts.qwen3,
        SamplingParams(greedy=True),
        suppress_tokens=tokenizer.suppress_tokens,
        eos_ids=tokenizer.eos_ids,
        media_start_ids=tokenizer.media_start_ids,
    )
    prefix = tokenizer.encode(system_segment("You comment."))
    rest = tokenizer.encode(user_segment(["What happens?"]) + answer_segment(speak=True))
    model.prefill(prefix, rest, [], max_new_tokens=13)
    ids = [token.id for token in model.generate(12, CancelToken(), ignore_eos=True)]
    generated = model.hidden_states(len(ids)).clone()
    model.prefill(prefix, rest, [], max_new_tokens=len(ids))
    given = model.read(ids)
    assert given.shape == generated.shape
    assert float((given - generated).abs().max()) < TOLERANCE
