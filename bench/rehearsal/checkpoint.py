"""Checkpoints in the published layout: full-size with random weights, or the tests' tiny one.

python -m bench.rehearsal.checkpoint awq|bf16 FOLDER [--tiny]
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from bench.random_model import PUBLISHED, RandomTensors, published_config
from bench.rehearsal.talker import TTS_CONFIG, speaking_talker
from bench.rehearsal.vocabulary import write_tokenizer
from bench.speech import random_voice
from test.engines.minicpmo.token2wav import add_voice
from video_commentary.core.audio import AudioFormat, Pcm, write_wav
from video_commentary.engines.minicpmo.config import VOCODER_FOLDER
from video_commentary.engines.minicpmo.speech.flow import Flow, FlowConfig
from video_commentary.engines.minicpmo.speech.hift import Hift, HiftConfig
from video_commentary.engines.minicpmo.speech.voice_reference import cached_voice_path, save_voice

COMPLETE = "complete"
"""Name of the empty file in a folder whose checkpoint was written to its end."""
DATA = Path(__file__).resolve().parents[2] / "test" / "data" / "minicpmo"
SAMPLE = Path("assets") / "system_ref_audio.wav"
SAMPLE_SECONDS = 8
SHARDS = 4
KINDS = ("awq", "bf16")


def write_tiny(folder: Path, kind: str) -> None:
    """Write the tests' checkpoint, which speaks on a CPU."""
    source = DATA / {"awq": "checkpoint_awq", "bf16": "checkpoint"}[kind]
    shutil.copytree(source, folder, dirs_exist_ok=True)
    add_voice(folder, DATA)


def write_full_size(folder: Path, kind: str) -> None:
    """Write text, vision, talker, vocoder and a voice sample: about 8 GB as AWQ, 19 GB as BF16.

    Needs a CUDA GPU, which makes the numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = PUBLISHED | {"tts_config": TTS_CONFIG}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    write_tokenizer(DATA / "checkpoint", folder, int(config["vocab_size"]))  # type: ignore[call-overload]
    cuda = torch.device("cuda", 0)
    tensors = RandomTensors(published_config(), kind == "awq", cuda)
    names = sorted(tensors.names())
    for shard in range(SHARDS):
        part = {name: tensors.load(name).contiguous() for name in names[shard::SHARDS]}
        save_file(part, folder / f"model-{shard + 1:05}-of-{SHARDS + 1:05}.safetensors")
        del part
    dtype = torch.float16 if kind == "awq" else torch.bfloat16
    talker = {f"tts.{name}": tensor for name, tensor in speaking_talker(dtype).items()}
    save_file(talker, folder / f"model-{SHARDS + 1:05}-of-{SHARDS + 1:05}.safetensors")
    _write_vocoder(folder)


def _write_vocoder(folder: Path) -> None:
    torch.manual_seed(0)
    vocoder = folder / VOCODER_FOLDER
    vocoder.mkdir(parents=True)
    torch.save(Flow(FlowConfig()).state_dict(), vocoder / "flow.pt")
    torch.save(Hift(HiftConfig()).state_dict(), vocoder / "hift.pt")
    noise = np.random.default_rng(0).normal(0, 3000, 16_000 * SAMPLE_SECONDS).astype(np.int16)
    sample = folder / SAMPLE
    write_wav(sample, Pcm(noise, AudioFormat(16_000)))
    path = cached_voice_path(vocoder, sample.read_bytes())
    path.parent.mkdir()
    save_voice(path, random_voice(float(SAMPLE_SECONDS)))


def main() -> None:
    """Write a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    (write_tiny if options.tiny else write_full_size)(options.folder, options.kind)
    (options.folder / COMPLETE).touch()


if __name__ == "__main__":
    main()
