"""Stands in for upstream's environment: the API of its model and vocoder, our code behind it.

A file fake.json in the model's folder changes what it does: `text` is said instead, `error` is
raised by streaming_generate, and `noise` is the seed of the flow's noise; below 0 the sound is
noise only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from video_commentary.core.cancel import CancelToken
from video_commentary.core.load_progress import LoadProgress
from video_commentary.engines.minicpmo.checkpoint import Checkpoint
from video_commentary.engines.minicpmo.config import read_config
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.language.tokenizer import (
    answer_segment,
    image_placeholder,
    system_segment,
)
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig, load_model
from video_commentary.engines.minicpmo.speech.flow_stream import FlowStream
from video_commentary.engines.minicpmo.speech.vocoder import Vocoder
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_flow, load_hift
from video_commentary.engines.minicpmo.speech.voice_reference import load_voice
from video_commentary.engines.minicpmo.vision.image_processing import slice_image

CPU = torch.device("cpu")


class AutoModel:
    @staticmethod
    def from_pretrained(
        name: str, *, trust_remote_code: bool, attn_implementation: str, torch_dtype: Any
    ) -> FakeModel:
        assert trust_remote_code and attn_implementation == "sdpa"
        return FakeModel(Path(name))


class FakeModel:
    def __init__(self, folder: Path) -> None:
        fake = folder / "fake.json"
        self._fake = json.loads(fake.read_text()) if fake.is_file() else {}
        self._folder = folder
        tensors, config = Checkpoint(folder, CPU), read_config(folder)
        greedy = MiniCpmoConfig(sampling=SamplingParams(greedy=True))
        self._parts = load_model(tensors, config, folder, CPU, greedy, LoadProgress())
        self._text, self._images = "", list[Any]()

    def eval(self) -> None:
        pass

    def reset_session(self) -> None:
        self._text = ""

    def streaming_prefill(
        self,
        session_id: str,
        msgs: list[dict[str, Any]],
        omni_mode: bool,
        max_slice_nums: int,
        use_tts_template: bool,
        enable_thinking: bool,
    ) -> None:
        (message,) = msgs
        assert omni_mode and max_slice_nums == 1 and not use_tts_template and not enable_thinking
        if message["role"] == "system":
            self._text += system_segment("".join(message["content"]))
            return
        self._text += "<|im_start|>user\n"
        for item in message["content"]:
            if isinstance(item, Image.Image):
                self._images.append(slice_image(torch.from_numpy(np.array(item))))
                self._text += image_placeholder()
            else:
                self._text += item

    def streaming_generate(
        self,
        session_id: str,
        generate_audio: bool,
        use_tts_template: bool,
        enable_thinking: bool,
        do_sample: bool,
        max_new_tokens: int,
        repetition_penalty: float,
    ) -> Iterator[tuple[str, bool]]:
        assert not generate_audio and not do_sample and repetition_penalty == 1.02
        if "error" in self._fake:
            raise RuntimeError(self._fake["error"])
        if "text" in self._fake:
            yield self._fake["text"], True
            return
        parts = self._parts
        ids = parts.tokenizer.encode(self._text) + parts.tokenizer.encode(answer_segment())
        embeds = parts.vision([image.overview for image in self._images])
        language = parts.language_model
        language.prefill(ids[:1], ids[1:], embeds, max_new_tokens=max_new_tokens, speak=True)
        said = [token.id for token in language.generate(max_new_tokens, CancelToken())]
        text = parts.tokenizer.decode(said, special=True)
        yield text[:10], False
        yield text[10:], True

    def init_tts(self, streaming: bool) -> FakeVocoder:
        assert streaming
        return FakeVocoder(self._folder / "assets" / "token2wav", self._fake.get("noise", 7))


class FakeVocoder:
    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self.stream_cache: dict[str, Any] | None = None
        self.hift_cache_dict: dict[str, Any] = {}

    def set_stream_cache(self, prompt_wav: str) -> tuple[dict[str, Any], dict[str, Any]]:
        voice = load_voice(Path(prompt_wav), self._folder)
        flow = load_flow(self._folder, CPU, torch.float32)
        generator = torch.Generator().manual_seed(self._seed)
        noise = torch.randn(flow.config.num_mels, len(voice.mel) + 400, generator=generator)
        stream = FlowStream(flow, voice, 10, noise=noise)
        return {"vocoder": Vocoder(stream, load_hift(self._folder, CPU))}, {"first": True}

    def stream(
        self, codes: list[int], prompt_wav: str, last_chunk: bool, return_waveform: bool
    ) -> np.ndarray:
        assert self.stream_cache is not None and return_waveform
        wave = self.stream_cache["vocoder"].chunk(codes, last_chunk)
        if self._seed < 0:
            wave = np.random.default_rng(0).uniform(-1, 1, len(wave))
        lead = np.zeros(3840 * self.hift_cache_dict.pop("first", False))
        return np.concatenate([lead, wave])[None]
