"""Checks of the checkpoint's files: complete, of a known commit, and stored as expected."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from ...core.engine import EngineError
from ...engines.minicpmo.config import FETCH
from .. import manifest
from ..catalogue import load
from .check import CheckOutcome, fail, ok, warn
from .lower_bounds import FRAME_TOKENS

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

_AWQ_STORED = {".qweight": {"I32"}, ".qzeros": {"I32"}, ".scales": {"F16"}}
_STORED = {"F16", "BF16", "F32"}
_INDEX = "model.safetensors.index.json"


def check_files(model: ModelUnderTest) -> CheckOutcome:
    """Compare the files with what was fetched, with the index, and with reported checksums."""
    folder = model.options.folder
    fetched = manifest.read(folder)
    wrong = [f"{name} is missing or has another size" for name in manifest.missing(folder, fetched)]
    headers = model.headers()
    for name, header in headers.items():
        if header.bytes < header.expected_bytes:
            short = header.expected_bytes - header.bytes
            wrong.append(f"{name} lacks its last {short:,} of {header.expected_bytes:,} bytes")
    wrong += _not_as_indexed(model)
    differing = _differing_from_reports(model)
    sources = manifest.sources(fetched)
    figures: dict[str, Any] = {
        "sources": sources,
        "wrong": wrong,
        "not as reported": differing,
        "gb": round(sum(header.bytes for header in headers.values()) / 1e9, 2),
    }
    if wrong:
        return fail("; ".join(wrong[:3]), FETCH, **figures)
    commits = ", ".join(source[: source.find("@") + 9] for source in sources)
    found = f"{len(headers)} safetensors, {figures['gb']} GB; {commits or 'no fetched.json'}"
    if differing:
        return warn(
            f"{found}; not as others report them: {', '.join(differing)}",
            "another commit, or damaged: `fetch_model awq --verify` reads every byte",
            **figures,
        )
    return ok(found, **figures)


def _not_as_indexed(model: ModelUnderTest) -> list[str]:
    path = model.options.folder / _INDEX
    if not path.is_file():
        return []
    try:
        indexed = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
    except (ValueError, KeyError, TypeError):
        return [f"{_INDEX} is damaged"]
    headers = model.headers()
    absent = sorted(set(indexed.values()) - set(headers))
    if absent:
        return [f"{name} is missing" for name in absent]
    return [
        f"{file} lacks {name}"
        for name, file in indexed.items()
        if name not in headers[file].tensors
    ]


def _differing_from_reports(model: ModelUnderTest) -> list[str]:
    """Return which of the vocoder's files are there but differ from the reported checksums."""
    folder = model.options.folder
    reported = {
        path: sha256
        for part in load()["bf16"].hub
        for path, sha256 in part.sha256.items()
        if (folder / path).is_file()
    }
    return [path for path, sha256 in reported.items() if manifest.digest(folder / path) != sha256]


def check_dtypes(model: ModelUnderTest) -> CheckOutcome:
    """Count how each part is stored; AWQ's parts are read bit by bit and must be as expected."""
    stored = {
        name: tensor.dtype
        for header in model.headers().values()
        for name, tensor in header.tensors.items()
    }
    counts: dict[str, Counter[str]] = {}
    wrong = {}
    for name, dtype in stored.items():
        kind = next((end for end in _AWQ_STORED if name.endswith(end)), "")
        counts.setdefault(kind.lstrip(".") or name.partition(".")[0], Counter())[dtype] += 1
        if dtype not in _AWQ_STORED.get(kind, _STORED):
            wrong[name] = dtype
    listed = {part: dict(count) for part, count in sorted(counts.items())}
    found = ", ".join(f"{part} {'/'.join(count)}" for part, count in listed.items())
    if wrong:
        name, dtype = next(iter(wrong.items()))
        expected = "/".join(
            sorted(next((v for k, v in _AWQ_STORED.items() if name.endswith(k)), _STORED))
        )
        return fail(
            f"{len(wrong)} of {len(stored)} tensors are not stored as published: {name} is "
            f"{dtype}, not {expected}",
            "another quantisation: " + FETCH,
            stored=listed,
            wrong=wrong,
        )
    return ok(found, stored=listed)


def check_tokenizer(model: ModelUnderTest) -> CheckOutcome:
    """Check the ids that steer the model, and that text survives the round trip."""
    tokenizer = model.tokenizer()
    rows = model.config().language.vocab_size
    used = {
        "end of a reply": tokenizer.eos_ids,
        "frames and sounds": tokenizer.media_start_ids,
        "a prompt": tuple(tokenizer.encode("<|im_start|><|tts_bos|>")),
    }
    figures: dict[str, Any] = {name: list(ids) for name, ids in used.items()}
    figures |= {"rows": rows, "suppressed": len(tokenizer.suppress_tokens)}
    outside = [name for name, ids in used.items() if max(ids) >= rows]
    if outside:
        raise EngineError(
            f"the ids of {', '.join(outside)} are beyond the model's {rows} embeddings: the "
            f"tokenizer is another model's; {FETCH}"
        )
    text = "A robot lifts 1 cup."
    if tokenizer.decode(tokenizer.encode(text)) != text:
        return fail(
            "text changes when it is tokenised and put together again",
            f"the tokenizer is another model's; {FETCH}",
            **figures,
        )
    return ok(
        f"a frame is {FRAME_TOKENS} tokens, {len(tokenizer.suppress_tokens)} added tokens are "
        "never sampled",
        **figures,
    )
