"""From settings to an engine, with torch imported."""

from __future__ import annotations

from ..registry import EngineOptions
from .engine import MiniCpmoEngine
from .language.sampling import SamplingParams
from .model_loader import MiniCpmoConfig
from .settings import MiniCpmoSettings
from .speech.speech_loader import SpeechOptions


def from_settings(settings: MiniCpmoSettings, options: EngineOptions) -> MiniCpmoEngine:
    """Make the engine that `settings` describe, for text only unless its own voice is wanted."""
    speech = SpeechOptions(
        steps=settings.speech_steps, dtype=settings.speech_dtype, voice=settings.voice_reference
    )
    return MiniCpmoEngine(
        MiniCpmoConfig(
            model_path=settings.model_path,
            device=settings.device,
            max_slice_nums=settings.max_slice_nums,
            max_seq_len=settings.context_tokens,
            int8_lm_head=settings.int8_lm_head,
            sampling=SamplingParams(
                temperature=settings.temperature,
                top_p=settings.top_p,
                top_k=settings.top_k,
                repetition_penalty=settings.repetition_penalty,
                greedy=settings.greedy,
            ),
            saved_plan=True,
            hear_seconds=settings.hear_seconds if options.hear else None,
            speech=speech if options.own_voice else None,
        ),
        options.progress,
    )
