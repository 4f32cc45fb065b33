"""The settings of the minicpmo engine."""

from __future__ import annotations

from dataclasses import dataclass

from ...config.rules import setting


@dataclass(frozen=True)
class MiniCpmoSettings:
    """Settings of the minicpmo engine. Those of speech apply if the setting voice is auto."""

    model_path: str = setting("", "Folder of the checkpoint; empty for the newest in models/")
    device: str = setting("auto", "Torch device: auto, cpu or cuda[:n]")
    max_slice_nums: int = setting(
        1,
        "Maximum slices per frame: more show small text and distant faces, and take longer",
        low=1,
        high=3,
    )
    context_tokens: int = setting(
        4096,
        "Context length in tokens: prompt, frames (66 each) and comment",
        low=512,
        high=40960,
    )
    hear_seconds: int = setting(
        4,
        "Seconds of the scene's sound in a prompt, 12 tokens each, if hear is on; 0 for spoken "
        "questions only",
        low=0,
        high=30,
    )
    int8_lm_head: bool = setting(
        False, "Quantize the LM head to INT8: takes 0.6 GB less, and rounds slightly"
    )
    greedy: bool = setting(False, "Greedy decoding: take the most likely token, do not sample")
    temperature: float = setting(0.7, "Sampling temperature", low=0.05, high=2.0)
    top_p: float = setting(0.8, "Top-p (nucleus) sampling, 1 for off", low=0.05, high=1.0)
    top_k: int = setting(100, "Top-k sampling, 0 for off", low=0, high=1000)
    repetition_penalty: float = setting(
        1.02, "Repetition penalty on tokens of the same comment, 1 for off", low=1.0, high=2.0
    )
    speech_steps: int = setting(
        10, "Flow-matching steps of the vocoder: fewer are faster and rougher", low=1, high=50
    )
    speech_dtype: str = setting(
        "float16", "Precision of the vocoder on a GPU", choices=("float16", "bfloat16", "float32")
    )
    voice_reference: str = setting(
        "",
        "Reference recording of the voice to speak with: 16-bit mono WAV, 3 to 30 s; empty for "
        "the model's own",
    )
