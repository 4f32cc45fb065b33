"""The fused vocoder and encoder against the plain ones, in Triton's interpreter.

Run with TRITON_INTERPRET=1, it prints the checks that fail, with their traceback, as JSON.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from video_commentary.engines.minicpmo.speech.flow import Flow, FlowConfig
from video_commentary.engines.minicpmo.speech.flow_encoder import LOOKAHEAD, EncoderCache
from video_commentary.engines.minicpmo.speech.flow_stream import keep_ends
from video_commentary.engines.minicpmo.speech.fused_flow_encoder import FusedFlowEncoder
from video_commentary.engines.minicpmo.speech.hift import Hift, HiftConfig
from video_commentary.engines.minicpmo.speech.hift_stream import FusedHiftStream, HiftStream

from .interpreting import print_failures

MAX_FRAMES = 12


def small_hift() -> Hift:
    """Return a vocoder with two stages, channels that are padded, voiced and unvoiced frames."""
    config = HiftConfig(
        num_mels=20,
        channels=32,
        f0_channels=16,
        harmonics=3,
        upsample_kernel_sizes=(4, 7),
        source_resblock_kernel_sizes=(7, 5),
        resblock_kernel_sizes=(3, 7, 5),
    )
    hift = Hift(config).eval().requires_grad_(False)
    for name, parameter in hift.named_parameters():
        if "alpha" in name:
            parameter.uniform_(0.3, 2)
    classifier = hift.f0_predictor.classifier
    # half of the frames above 10 Hz
    ratio = 10 / hift.f0_predictor(torch.randn(1, config.num_mels, 100)).median()
    classifier.weight.mul_(ratio)
    classifier.bias.mul_(ratio)
    return hift


@torch.inference_mode()
def check_hift_stream() -> None:
    """Two utterances; the last chunk is shorter, and the second utterance has only that one."""
    hift = small_hift()
    noise = torch.randn(1, 2000, hift.config.harmonics)

    def source_noise(samples: int) -> Tensor:
        return noise[:, :samples]

    plain = HiftStream(hift, source_noise)
    fused = FusedHiftStream(hift, torch.float32, MAX_FRAMES, source_noise)
    pitches = []
    for frames, last in ((MAX_FRAMES, False), (10, True), (6, True)):
        mel = torch.randn(hift.config.num_mels, frames)
        lengths, samples = fused.lengths(frames, last)
        rows = torch.nn.functional.pad(mel.T, (0, 0, 0, MAX_FRAMES - frames), value=3.0)
        made = fused.synthesize(rows.contiguous(), torch.tensor(lengths, dtype=torch.int32))
        expected = plain.chunk(mel, last)
        assert (made[:samples] - expected).abs().max() < 1e-4
        pitches.append(hift.f0_predictor(mel[None]))
        if last:
            plain.start()
            fused.start()
    voiced = torch.cat(pitches, dim=1) > 10
    assert voiced.any()
    assert not voiced.all()


@torch.inference_mode()
def check_flow_encoder() -> None:
    """Two utterances, long enough that their caches are trimmed, and with a short last chunk."""
    config = FlowConfig(
        vocab_size=50,
        hidden_size=32,
        num_heads=4,
        intermediate_size=64,
        num_blocks=1,
        num_up_blocks=1,
        num_mels=20,
        speaker_dim=8,
        dit_hidden_size=16,
        dit_num_heads=1,
        dit_head_dim=16,
        dit_depth=1,
        dit_intermediate_size=16,
    )
    flow = Flow(config).eval().requires_grad_(False)
    for name, parameter in flow.named_parameters():
        if "pos_bias" in name:
            parameter.normal_(std=0.5)
    plain, prompt_codes, tail, most = copy.deepcopy(flow), 9, 8, 10
    codes = torch.randint(0, 50, (prompt_codes + LOOKAHEAD,))
    _, prompt = plain.encode(codes, plain.encoder.empty_cache(), False)
    fused = FusedFlowEncoder(flow, prompt, tail, most)
    cache = prompt
    for count, last in ((13, False), (13, False), (7, True), (6, True)):
        codes = torch.randint(0, 50, (count,))
        expected, cache = plain.encode(codes, cache, last)
        if cache.token_kv.shape[2] > prompt_codes + tail:
            cache = EncoderCache(
                cache.lookahead_conv,
                cache.up_conv,
                keep_ends(cache.token_kv, prompt_codes, tail),
                keep_ends(cache.mel_kv, 2 * prompt_codes, 2 * tail),
            )
        lengths = torch.tensor(fused.lengths(count, last), dtype=torch.int32)
        padded = torch.nn.functional.pad(codes, (0, most + LOOKAHEAD - count))
        made = fused.encode(padded, lengths)
        assert (made[: len(expected)] - expected).abs().max() < 1e-5
        assert not made[len(expected) :].any()
        if last:
            fused.start()
            cache = prompt


CHECKS = (check_hift_stream, check_flow_encoder)


if __name__ == "__main__":
    torch.backends.cudnn.allow_tf32 = False
    print_failures(CHECKS)
