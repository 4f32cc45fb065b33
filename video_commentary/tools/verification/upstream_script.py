"""Runs upstream's own code, for `verify --against`: by the Python of another environment.

It imports nothing of this package and calls only what upstream's README and model code offer to
their users: AutoModel with trust_remote_code, init_tts, streaming_prefill, streaming_generate, and
the vocoder's set_stream_cache and stream. It reads one JSON file, its only argument, and writes
answer.json and wave.npy beside it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoModel

SESSION = "verify"
SILENT_CODE, CHUNK_CODES, LOOKAHEAD = 4218, 25, 3
"""As upstream's streaming_generate feeds its vocoder."""


def load_model(folder: str) -> Any:
    """Load the model with its own code, in the dtype it was saved in."""
    cuda = torch.cuda.is_available()
    dtype = "auto" if cuda else torch.float32
    model = AutoModel.from_pretrained(
        folder, trust_remote_code=True, attn_implementation="sdpa", torch_dtype=dtype
    )
    model.eval()
    return model.cuda() if cuda else model


def reply(model: Any, order: dict[str, Any]) -> str:
    """Return the greedy reply to a picture and a question, special tokens included."""
    with Image.open(order["picture"]) as picture:
        image = picture.convert("RGB")
    layout = {"omni_mode": True, "use_tts_template": False, "enable_thinking": False}
    model.reset_session()
    for role, content in (("system", [order["system"]]), ("user", [image, order["text"]])):
        message = {"role": role, "content": content}
        model.streaming_prefill(session_id=SESSION, msgs=[message], max_slice_nums=1, **layout)
    pieces = model.streaming_generate(
        session_id=SESSION,
        generate_audio=False,
        use_tts_template=False,
        enable_thinking=False,
        do_sample=False,
        max_new_tokens=order["max_new_tokens"],
        **order["sampling"],
    )
    return "".join(text for text, _ in pieces)


def speak(model: Any, order: dict[str, Any]) -> np.ndarray:
    """Return the sound of audio codes, float32 at 24 kHz, as upstream streams them."""
    vocoder = model.init_tts(streaming=True)
    sample = order["sample"]
    vocoder.stream_cache, vocoder.hift_cache_dict = vocoder.set_stream_cache(sample)
    buffer = [SILENT_CODE] * LOOKAHEAD + order["codes"]
    pieces = []
    while len(buffer) >= CHUNK_CODES + LOOKAHEAD:
        codes = buffer[: CHUNK_CODES + LOOKAHEAD]
        pieces.append(vocoder.stream(codes, sample, last_chunk=False, return_waveform=True))
        buffer = buffer[CHUNK_CODES:]
    pieces.append(vocoder.stream(buffer, sample, last_chunk=True, return_waveform=True))
    return np.concatenate([np.asarray(piece).reshape(-1) for piece in pieces]).astype(np.float32)


def attempt(work: Callable[[], Any]) -> tuple[Any, str]:
    """Return what `work` returns, or None and why it failed."""
    try:
        return work(), ""
    except Exception as error:  # noqa: BLE001 - whatever upstream raises is part of the answer
        return None, f"{type(error).__name__}: {error}"


def main(path: str) -> None:
    """Carry out the order in the file `path`."""
    order = json.loads(Path(path).read_text(encoding="utf-8"))
    folder = Path(path).parent
    model = load_model(order["model"])
    answer: dict[str, Any] = {}
    with torch.inference_mode():
        answer["text"], answer["text_error"] = attempt(lambda: reply(model, order))
        if order["codes"]:
            wave, answer["sound_error"] = attempt(lambda: speak(model, order))
            if wave is not None:
                np.save(folder / "wave.npy", wave)
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
