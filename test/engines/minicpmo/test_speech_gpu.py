from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.speech.speech_loader import SpeechOptions, load_speech
from video_commentary.engines.minicpmo.speech.talker import Talker, TalkerConfig
from video_commentary.engines.minicpmo.speech.vocoder import Vocoder
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_hift

from .talkers import tts_config, tts_tensors
from .test_speech_loader import model
from .token2wav import Token2wav, difference, source_noise

__all__ = ["model"]

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU"),
]

CUDA = torch.device("cuda")


@pytest.fixture(autouse=True)
def _exact_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def test_the_graph_gives_the_same_sound_as_the_cpu(parity: Path) -> None:
    """Chunks of any length; test_vocoder.py compares the CPU's with recorded sound."""
    recorded = Token2wav.read(parity)
    noise = source_noise(64 * 480).to(CUDA)
    captured = Vocoder(
        recorded.flow_stream(device=CUDA),
        load_hift(recorded.folder, CUDA),
        source_noise=lambda samples: noise[:, :samples],
    )
    captured.compile()
    captured.capture()
    plain = recorded.vocoder()
    calls = [(call["codes"], call["last"]) for call in recorded.record["calls"]]
    for codes, last in (*calls, (recorded.record["single"]["codes"], True), *calls):
        assert difference(captured.chunk(codes, last), plain.chunk(codes, last)) < 1e-2
        if last:
            captured.start()
            plain.start()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_near(parity: Path, dtype: torch.dtype) -> None:
    recorded = Token2wav.read(parity)
    with torch.inference_mode():
        stream = recorded.flow_stream(device=CUDA, dtype=dtype)
        for i, call in enumerate(recorded.record["calls"]):
            mel = stream.chunk(call["codes"], call["last"]).cpu()
            expected = torch.from_numpy(recorded.arrays[f"trim107/call{i}/mel"])
            assert (mel - expected).norm() < 0.05 * expected.norm()


@pytest.mark.parametrize("attention", ["full_attention", "sliding_recompute"])
def test_the_captured_step_samples_what_the_plain_one_samples(parity: Path, attention: str) -> None:
    config = TalkerConfig.from_tts_config({**tts_config(parity), "attention_type": attention})
    tensors = tts_tensors(parity)

    def until(count: int) -> Callable[[torch.Tensor], torch.Tensor]:
        """Return a sampler that a graph can hold: the likeliest, EOS once it divides by `count`."""

        def sample(logits: torch.Tensor) -> torch.Tensor:
            code = logits[:-1].argmax(keepdim=True)
            return torch.where(code % count == 0, len(logits) - 1, code)

        return sample

    on_gpu = {name: value.to(CUDA) for name, value in tensors.items()}
    plain = Talker(tensors, config, sample=until(23))
    captured = Talker(on_gpu, config, sample=until(23))
    captured.compile()
    captured.capture()
    lengths = []
    torch.manual_seed(0)
    for group in torch.randn(4, 10, tts_config(parity)["hidden_size"]):
        expected = list(plain.generate(group, False))
        assert list(captured.generate(group.to(CUDA), False)) == expected
        assert torch.equal(captured._state.recent.cpu(), plain._state.recent)
        lengths.append(len(expected))
    assert any(lengths)


def test_no_room_means_text_only_and_says_so(
    model: Path, parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10_000_000, 8_000_000_000))
    tensors = {name: value.to(CUDA) for name, value in tts_tensors(parity).items()}
    with pytest.raises(EngineError, match=r"no room .* 0\.0 of 8\.0 are free"):
        load_speech(model, tensors, tts_config(parity), CUDA, SpeechOptions())
