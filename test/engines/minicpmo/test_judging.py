"""Conditions judged in batches behind the frames: the same as each alone, and as a whole prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError, Request, judge
from video_commentary.core.prompting import build_judging_prompt, judging_question
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.judging import answer_tokens, probability_of_yes
from video_commentary.engines.minicpmo.language.language_model import CHUNK_ROWS, LanguageModel
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.language.tokenizer import Tokenizer, judging_ids
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig
from video_commentary.engines.minicpmo.vision.image_processing import SlicedImage, slice_image

from .models import Parts
from .test_engine import NEVER, a_request, said, started

CONDITIONS = ("a person falls", "the stove is on", "nobody", "somebody waves with both arms")


def judging(count: int = 2) -> Request:
    request = a_request(count)
    return Request(request.frames, build_judging_prompt(request.frames), request.limits, False)


def probabilities(engine: MiniCpmoEngine, *conditions: str, count: int = 2) -> list[float]:
    found = list(judge(engine, judging(count), conditions, NEVER))
    assert all(judgement and judgement.measured for judgement in found)
    return [judgement.probability for judgement in found if judgement]


@pytest.fixture(scope="module")
def parts(parity: Path) -> Parts:
    return Parts(parity / "checkpoint")


@pytest.fixture(scope="module")
def engine(parity: Path) -> MiniCpmoEngine:
    return started(parity / "checkpoint")


def language_model(parts: Parts) -> LanguageModel:
    tokenizer = parts.tokenizer
    return LanguageModel(
        parts.qwen3,
        SamplingParams(greedy=True),
        suppress_tokens=tokenizer.suppress_tokens,
        eos_ids=tokenizer.eos_ids,
        media_start_ids=tokenizer.media_start_ids,
    )


def prompt_of(parts: Parts) -> tuple[list[int], list[list[int]], list[torch.Tensor]]:
    request = judging()
    images = [slice_image(torch.from_numpy(frame.image)) for frame in request.frames]
    questions = [judging_question(condition) for condition in CONDITIONS]
    shared, endings = judging_ids(parts.tokenizer, request.prompt, images, questions)
    return shared, endings, parts.vision([image.overview for image in images])


def test_a_batch_behind_the_frames_is_what_whole_prompts_give(parts: Parts) -> None:
    shared, endings, embeds = prompt_of(parts)
    assert len({*map(len, endings)}) > 1, "none is padded"
    assert len(shared) > CHUNK_ROWS < len(endings) * max(map(len, endings))
    model = language_model(parts)
    batched = model.first_logits(shared, embeds, endings, NEVER)
    assert len(batched) == len(CONDITIONS)
    for ending, logits in zip(endings, batched, strict=True):
        hidden = parts.qwen3.decoder.prefill(model.embed([*shared, *ending], embeds), 0)
        torch.testing.assert_close(
            logits, parts.qwen3.lm_head.gemv(hidden)[0], atol=1e-4, rtol=1e-4
        )


@pytest.mark.parametrize("kind", ["checkpoint", "checkpoint_awq"])
def test_conditions_together_get_what_each_gets_alone(parity: Path, kind: str) -> None:
    engine = started(parity / kind)
    together = probabilities(engine, *CONDITIONS)
    assert len({round(p, 6) for p in together}) > 1, "all conditions look alike"
    alone = [probabilities(engine, condition)[0] for condition in CONDITIONS]
    assert together == pytest.approx(alone, abs=1e-4)


@pytest.fixture
def begun(engine: MiniCpmoEngine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The position at which each prefill began."""
    model = engine._model
    assert model is not None
    decoder = model.language_model._model.decoder
    begun: list[int] = []
    prefill = decoder.prefill

    def counted(embeds: torch.Tensor, start_pos: int) -> torch.Tensor:
        begun.append(start_pos)
        return prefill(embeds, start_pos)

    monkeypatch.setattr(decoder, "prefill", counted)
    return begun


def test_comments_go_on_with_the_cached_prefix(engine: MiniCpmoEngine, begun: list[int]) -> None:
    first = said(engine, a_request())
    probabilities(engine, *CONDITIONS)
    begun.clear()
    assert said(engine, a_request()) == first
    assert len(begun) == 1 and begun[0] > 0, "the prefix was computed again"


def test_a_new_instruction_is_prefilled_together_with_the_frames(
    engine: MiniCpmoEngine, begun: list[int]
) -> None:
    request = a_request(text="Say it in a new way.")
    first = said(engine, request)
    assert begun == [0], "it took a pass of its own"
    assert said(engine, request) == first
    assert len(begun) == 2 and begun[1] > 0, "the prefix was computed again"


@pytest.mark.parametrize("when", ["prefill", "prefill_rows"])
def test_it_stops_after_the_chunk_in_which_it_is_cancelled(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    shared, endings, embeds = prompt_of(parts)
    model, cancel, chunks = language_model(parts), CancelToken(), []
    compute = getattr(parts.qwen3.decoder, when)

    def cancelling(rows: torch.Tensor, *arguments: Any) -> torch.Tensor:
        chunks.append(len(rows))
        cancel.cancel()
        computed: torch.Tensor = compute(rows, *arguments)
        return computed

    monkeypatch.setattr(parts.qwen3.decoder, when, cancelling)
    found = model.first_logits(shared, embeds, endings * 20, cancel)
    assert len(chunks) == 1 and chunks[0] <= CHUNK_ROWS
    assert len(found) == (0 if when == "prefill" else chunks[0] // max(map(len, endings)))


def test_cancelled_it_encodes_no_further_frame(
    engine: MiniCpmoEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel, encoded = CancelToken(), []
    encode = engine._encode

    def cancelling(model: Any, frame: Any) -> Any:
        encoded.append(frame)
        cancel.cancel()
        return encode(model, frame)

    monkeypatch.setattr(engine, "_encode", cancelling)
    assert list(judge(engine, judging(3), CONDITIONS, cancel)) == []
    assert len(encoded) == 1


def test_a_prompt_too_long_is_refused(parity: Path) -> None:
    engine = MiniCpmoEngine(
        MiniCpmoConfig(model_path=str(parity / "checkpoint"), device="cpu", max_seq_len=500)
    )
    engine.load()
    with pytest.raises(EngineError, match="lower frames_per_request") as caught:
        probabilities(engine, *CONDITIONS, count=6)
    assert not caught.value.retry
    assert probabilities(engine, "nobody", count=1)


def test_the_probability_is_that_of_yes_among_both_answers(parity: Path) -> None:
    logits = torch.full((10,), -20.0)
    logits[[1, 2, 5]] = torch.tensor([0.3, 0.2, 0.25]).log()
    logits[7] = 5.0  # another word altogether
    assert probability_of_yes(logits, [1, 2], [5, 6]) == pytest.approx(2 / 3, abs=1e-6)
    yes, no = answer_tokens(Tokenizer(parity / "checkpoint"))
    assert yes and no and not {*yes} & {*no}


def test_special_tokens_in_a_condition_are_only_text(parts: Parts) -> None:
    image = SlicedImage(torch.zeros(14, 14, 3, dtype=torch.uint8))
    prompt = judging(1).prompt
    questions = ["a dog <|im_end|>", "a dog  "]
    _, (marked, plain) = judging_ids(parts.tokenizer, prompt, [image], questions)
    assert marked == plain
