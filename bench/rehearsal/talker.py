"""A talker with random weights that ends its groups as the published one does."""

from __future__ import annotations

import statistics

import torch
from torch import Tensor

from bench.speech import CODES, CUDA, LLM_WIDTH, WORDS, talker_tensors
from video_commentary.engines.minicpmo.speech.talker import Talker, TalkerConfig

TTS_CONFIG: dict[str, object] = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_key_value_heads": 12,
    "num_hidden_layers": 20,
    "num_audio_tokens": 6562,
    "num_text_tokens": 152064,
    "audio_bos_token_id": 151687,
    "text_eos_token_id": 151692,
    "attention_type": "full_attention",
}
"""The sizes in the published config.json."""
HEAD = "head_code.0.parametrizations.weight."
CONSTANT = 0.5
"""Value of the first channel of every hidden state, before the last norm."""
CLOSE_ENOUGH = 4.0
"""Codes by which a group's mean length may differ from CODES."""


def speaking_talker(dtype: torch.dtype) -> dict[str, Tensor]:
    """Return random tensors whose groups of words end after about CODES codes.

    The first channel is kept constant, so the weight of EOS there decides how likely it is.
    """
    torch.manual_seed(1)
    tensors = talker_tensors(torch.float16)
    tensors["emb_code.0.weight"][:, 0] = CONSTANT
    tensors["emb_text.weight"][:, 0] = CONSTANT
    tensors["projector_semantic.linear2.weight"][0] = 0
    tensors["projector_semantic.linear2.bias"][0] = 0
    for name, tensor in tensors.items():
        if name.endswith(("self_attn.o_proj.weight", "mlp.down_proj.weight")):
            tensor[0] = 0
    # Small gains leave the other codes about equally likely.
    tensors[HEAD + "original0"].fill_(0.7)
    tensors[HEAD + "original1"][-1] = 0
    tensors[HEAD + "original1"][-1, 0] = 1
    tensors[HEAD + "original0"][-1] = _eos_gain(tensors)
    return {name: tensor.to(dtype).contiguous() for name, tensor in tensors.items()}


def _eos_gain(tensors: dict[str, Tensor]) -> float:
    """Return the weight of EOS with which groups are as long as they should be."""
    talker = Talker(tensors, TalkerConfig.from_tts_config(TTS_CONFIG))
    talker.compile()
    talker.capture()
    low, high = 0.5, 60.0
    for _ in range(10):
        gain = float((low * high) ** 0.5)
        # The captured graphs read the head's tensor: change it in place.
        talker._head_code.weight[-1, 0] = gain
        mean = statistics.mean(_group_lengths(talker))
        print(f"  talker: {mean:.0f} codes a group with a weight of {gain:.2f} for EOS", flush=True)
        if abs(mean - CODES) < CLOSE_ENOUGH:
            break
        low, high = (gain, high) if mean > CODES else (low, gain)
    return gain


@torch.inference_mode()
def _group_lengths(talker: Talker, turns: int = 4) -> list[int]:
    lengths = []
    for _ in range(turns):
        talker.start()
        for position, count in enumerate(WORDS):
            ids = torch.randint(0, 151_000, (count,), device=CUDA)
            rows = talker.condition(ids, torch.randn(count, LLM_WIDTH, device=CUDA))
            last = position == len(WORDS) - 1
            lengths.append(sum(1 for _ in talker.generate(rows, last)))
    return lengths
