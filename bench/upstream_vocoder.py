"""minicpmo-utils' own Token2wav modules, driven as its `Token2wav.stream` drives them.

For comparison only: pip install --no-deps -r requirements/upstream.txt (which says why), and
einops, scipy, onnxruntime.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from video_commentary.engines.minicpmo.speech.flow import GUIDANCE, Flow
from video_commentary.engines.minicpmo.speech.flow_stream import SILENT_CODE, VoicePrompt
from video_commentary.engines.minicpmo.speech.hift import Hift


def available() -> bool:
    """Return whether minicpmo-utils and what its modules import are installed."""
    return all(
        importlib.util.find_spec(name) for name in ("stepaudio2", "einops", "scipy", "onnxruntime")
    )


def _bare_package() -> None:
    """Let its modules be imported without its __init__, which imports everything else."""
    if "stepaudio2" not in sys.modules:
        spec = importlib.util.find_spec("stepaudio2")
        assert spec is not None and spec.origin is not None
        package = types.ModuleType("stepaudio2")
        package.__path__ = [str(Path(spec.origin).parent)]
        sys.modules["stepaudio2"] = package


def _flow(flow: Flow, device: torch.device, max_frames: int) -> Any:
    from stepaudio2.cosyvoice2.flow.decoder_dit import DiT
    from stepaudio2.cosyvoice2.flow.flow import CausalMaskedDiffWithXvec
    from stepaudio2.cosyvoice2.flow.flow_matching import CausalConditionalCFM
    from stepaudio2.cosyvoice2.transformer.upsample_encoder_v2 import UpsampleConformerEncoderV2

    c = flow.config
    encoder = UpsampleConformerEncoderV2(
        c.hidden_size,
        c.hidden_size,
        num_blocks=c.num_blocks,
        num_up_blocks=c.num_up_blocks,
        attention_heads=c.num_heads,
        linear_units=c.intermediate_size,
    )
    estimator = DiT(
        4 * c.num_mels,
        c.num_mels,
        mlp_ratio=c.dit_intermediate_size / c.dit_hidden_size,
        depth=c.dit_depth,
        num_heads=c.dit_num_heads,
        head_dim=c.dit_head_dim,
        hidden_size=c.dit_hidden_size,
    )
    decoder = CausalConditionalCFM(estimator, GUIDANCE)
    # sized for the published model; other sizes need their own
    conv = (c.dit_depth, 2, 2 * c.dit_hidden_size, 2)
    attention = (c.dit_depth, 2, c.dit_num_heads, max_frames, 2 * c.dit_head_dim)
    for owner, steps in ((estimator, ()), (decoder, (16,))):
        owner.cnn_cache_buffer = torch.zeros(*steps, *conv)
        owner.att_cache_buffer = torch.zeros(*steps, *attention)
    model = CausalMaskedDiffWithXvec(
        c.hidden_size, c.num_mels, c.speaker_dim, "mel", c.vocab_size, encoder, decoder
    )
    state = {name: value.float().cpu() for name, value in flow.state_dict().items()}
    model.load_state_dict(state, strict=True)
    return model.to(device).eval()


def _hift(hift: Hift, device: torch.device) -> Any:
    from stepaudio2.flashcosyvoice.modules.hifigan import ConvRNNF0Predictor, HiFTGenerator
    from torch.nn.utils import parametrize

    c = hift.config
    model = HiFTGenerator(
        base_channels=c.channels,
        f0_predictor=ConvRNNF0Predictor(cond_channels=c.f0_channels),
    )
    # ours are folded already: drop the parametrisations, then fill
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")
    model.load_state_dict(hift.state_dict(), strict=True)
    return model.to(device).eval()


class UpstreamVocoder:
    """Eager, float32, caches grown by concatenation."""

    def __init__(
        self,
        flow: Flow,
        hift: Hift,
        voice: VoicePrompt,
        steps: int,
        device: torch.device,
        noise: Tensor | None = None,
        max_frames: int = 1000,
    ) -> None:
        _bare_package()
        self._steps, self._device = steps, device
        self._flow, self._hift = _flow(flow, device, max_frames), _hift(hift, device)
        if noise is not None:
            self._flow.decoder.rand_noise = noise[None].to(device)
        self._mel = voice.mel[None].to(device)
        self._speaker = voice.speaker[None].float().to(device)
        codes = torch.cat([voice.codes, voice.codes.new_full((3,), SILENT_CODE)])[None]
        with torch.inference_mode():
            self._voice = self._flow.setup_cache(
                codes.to(device), self._mel, self._speaker, n_timesteps=steps
            )
            self._voice = {name: tensor.clone() for name, tensor in self._voice.items()}
        self._fade = torch.from_numpy(np.hamming(2 * 3840)).to(device)
        self.start()

    def start(self) -> None:
        """Begin an utterance."""
        self._cache = {name: tensor.clone() for name, tensor in self._voice.items()}
        self._kept_mel = torch.zeros(1, self._mel.shape[2], 0, device=self._device)
        self._source = torch.zeros(1, 1, 0, device=self._device)
        self._tail = torch.zeros(1, 0, device=self._device)

    @torch.inference_mode()
    def chunk(self, codes: list[int], last: bool) -> NDArray[np.float32]:
        """Return sound as Vocoder.chunk does, with 1.0.6's trimming."""
        mel, self._cache = self._flow.inference_chunk(
            torch.tensor([codes], device=self._device),
            self._speaker,
            self._cache,
            last,
            self._steps,
        )
        prompt = self._mel.shape[1]
        for name, time in (("estimator_att_cache", 4), ("conformer_att_cache", 3)):
            cache = self._cache[name]
            length = cache.shape[time]
            if length > prompt + 100:
                ends = [cache.narrow(time, 0, prompt), cache.narrow(time, length - 100, 100)]
                self._cache[name] = torch.cat(ends, dim=time)
        mel = torch.cat([self._kept_mel, mel], dim=2)
        wave, source = self._hift(mel, self._source)
        if self._tail.shape[1]:
            wave = wave.clone()
            wave[:, :3840] = wave[:, :3840] * self._fade[:3840] + self._tail * self._fade[3840:]
        self._kept_mel, self._source = mel[..., -8:].clone(), source[..., -3840:].clone()
        self._tail = wave[:, -3840:].clone()
        said: NDArray[np.float32] = (wave if last else wave[:, :-3840])[0].cpu().numpy()
        return said
