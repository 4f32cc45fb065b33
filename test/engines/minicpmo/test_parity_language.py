"""Prompts, prefill, greedy answers and hidden states against recorded numbers, both layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from video_commentary.core.cancel import CancelToken
from video_commentary.engines.minicpmo.language.language import Language
from video_commentary.engines.minicpmo.language.quant import Int4Linear
from video_commentary.engines.minicpmo.language.sampling import Sampling
from video_commentary.engines.minicpmo.language.tokens import (
    TextStream,
    answer_segment,
    chat,
    picture_text,
    system_segment,
    user_segment,
)
from video_commentary.engines.minicpmo.vision.pixels import cut

from .models import Parts, frames

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
    return parts.vision([cut(images[i]).overview for i in indices])


def embedded(parts: Parts, ids: list[int], seen: list[torch.Tensor]) -> torch.Tensor:
    return language(parts).embed(ids, seen)


def language(parts: Parts, sampling: Sampling | None = None, suppress: bool = True) -> Language:
    tokens = parts.tokens
    return Language(
        parts.qwen,
        sampling or Sampling(greedy=True),
        tokens.suppressed if suppress else tokens.suppressed[:1],
        tokens.terminators,
        tokens.picture_starts,
    )


def follow(parts: Parts, embeds: torch.Tensor, tokens: NDArray[Any]) -> NDArray[np.float32]:
    """Return the raw logits before each of `tokens`, fed one by one after a prompt."""
    decoder = parts.qwen.decoder
    hidden = [decoder.prefill(embeds, 0)[-1:]]
    for position, token in enumerate(tokens[:-1].tolist(), len(embeds)):
        row = parts.qwen.embeddings[token][None]
        hidden.append(decoder.step(row, torch.tensor([position], dtype=torch.int32)))
    return parts.logits(torch.cat(hidden))


def four_frames(golden: Any) -> tuple[list[int], str]:
    facts = golden["chat"]
    items = [picture_text()] * len(facts["frames"]) + [facts["user"]]
    return facts["frames"], chat([("system", facts["system"]), ("user", "\n".join(items))])


def test_chat_prompt(parts: Parts, golden: Any, arrays: Arrays) -> None:
    _, text = four_frames(golden)
    ids = parts.tokens.encode(text)
    assert np.array_equal(ids, arrays["chat/input_ids"])
    start = parts.tokens.id("<image>")
    bounds = [(i + 1, i + 65) for i, id in enumerate(ids) if id == start]
    assert np.array_equal(bounds, arrays["chat/image_bound"])
    assert parts.tokens.decode(ids, special=True) == golden["chat"]["decoded"]


@pytest.mark.parametrize("kind", ["think", "tts"])
def test_other_chat_prompts(kind: str, parts: Parts, golden: Any, arrays: Arrays) -> None:
    turns = [
        ("system", golden["chat"]["system"]),
        ("user", f"{picture_text()}\n{golden['chat']['user']}"),
    ]
    text = chat(turns, think=kind == "think", speak=kind == "tts")
    assert np.array_equal(parts.tokens.encode(text), arrays[f"chat_{kind}/input_ids"])


def test_chat_of_several_turns(parts: Parts, parity: Path, golden: Any, arrays: Arrays) -> None:
    facts = golden["chat_multi"]
    ids = parts.tokens.encode(
        chat(
            [
                ("system", golden["chat"]["system"]),
                ("user", f"{picture_text()}\n{golden['chat']['user']}"),
                ("assistant", facts["assistant"]),
                ("user", f"{picture_text()}\n{facts['user2']}"),
            ]
        )
    )
    assert np.array_equal(ids, arrays["chat_multi/input_ids"])
    embeds = embedded(parts, ids, pictures(parts, parity, golden, facts["frames"]))
    logits = parts.logits(parts.qwen.decoder.prefill(embeds, 0)[-1:])[0]
    np.testing.assert_allclose(logits, arrays["chat_multi/first_logits"], rtol=0, atol=TOLERANCE)


def test_sliced_frame(parts: Parts, parity: Path, golden: Any, arrays: Arrays) -> None:
    facts = golden["slice"]
    seen = cut(frames(parity, golden)[facts["frame"]], facts["max_slice_nums"])
    number = 0 if facts["use_image_id"] else None
    text = f"{picture_text(seen, number)}\n{golden['chat']['user']}"
    ids = parts.tokens.encode(chat([("system", golden["chat"]["system"]), ("user", text)]))
    assert np.array_equal(ids, arrays["slice/input_ids"])
    embeds = embedded(parts, ids, parts.vision([seen.overview, *seen.slices]))
    logits = parts.logits(parts.qwen.decoder.prefill(embeds, 0)[-1:])[0]
    np.testing.assert_allclose(logits, arrays["slice/first_logits"], rtol=0, atol=TOLERANCE)


def test_chat_prefill(parts: Parts, parity: Path, golden: Any, arrays: Arrays) -> None:
    indices, text = four_frames(golden)
    embeds = embedded(parts, parts.tokens.encode(text), pictures(parts, parity, golden, indices))
    norms = embeds.norm(dim=1).numpy()
    np.testing.assert_allclose(norms, arrays["chat/embed_norms"], rtol=0, atol=2e-4)
    trace: list[torch.Tensor] = []
    hidden = parts.qwen.decoder.prefill(embeds, 0, trace)
    last = torch.stack([layer[-1] for layer in trace]).numpy()
    np.testing.assert_allclose(last, arrays["chat/layer_hidden_last"], rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(
        hidden[-1].numpy(), arrays["chat/final_hidden_last"], rtol=0, atol=TOLERANCE
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
    embeds = embedded(model, model.tokens.encode(text), pictures(model, parity, golden, indices))
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
    tokens = model.tokens
    facts = golden["chat"]
    segments = [
        tokens.encode(system_segment(facts["system"])),
        tokens.encode(user_segment([picture_text()] * len(facts["frames"]) + [facts["user"]])),
        tokens.encode(answer_segment(speak=speak)),
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
    sampling = (
        Sampling(repetition_penalty=1.0, temperature=1.0, greedy=True)
        if plain
        else Sampling(greedy=True)
    )
    for _ in range(2):  # the second time on the kept prefix
        writer = language(model, sampling)
        writer.open(segments[0], segments[1] + segments[2], seen, len(expected))
        drawn = [token.id for token in writer.generate(len(expected), CancelToken())]
        assert drawn == expected.tolist()
    text = "".join(part for part, _ in golden[name]["yielded"])
    stream = TextStream(tokens, special=True)
    said = stream.add(drawn)
    assert text.startswith(said)


def test_session_segments(parts: Parts, golden: Any) -> None:
    tokens = parts.tokens
    first = user_segment([picture_text()])
    second = user_segment([picture_text(), golden["chat"]["user"]], first=False)
    assert [tokens.encode(first), tokens.encode(second)] == golden["stream_userfirst"]["ids"]
    assert tokens.encode(answer_segment(think=True)) == golden["stream_think_bos"]["ids"]
    for name in ("turn2_after_terminator", "turn2_after_limit"):
        text = user_segment([picture_text(), golden["chat_multi"]["user2"]], again=True)
        assert tokens.encode(text) == golden[name]["ids"]


def test_suppressed_and_terminators(parts: Parts, golden: Any) -> None:
    assert list(parts.tokens.suppressed) == sorted(set(golden["suppressed_ids"]))
    known = set(golden["stream_terminators"].values()) - set(parts.tokens.suppressed)
    assert set(parts.tokens.terminators) == known
    for name, id in golden["special_ids"].items():
        assert parts.tokens.id(name) == id


def test_text_comes_in_whole_characters(parts: Parts, golden: Any) -> None:
    for case in golden["text_stream"]:
        stream = TextStream(parts.tokens, special=True)
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
        made = Int4Linear.from_awq(q, z, s, torch.float32).weight().numpy()
        assert np.array_equal(made, reference[name])
