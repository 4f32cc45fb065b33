"""The voice to speak with, from a short sample: prepared once and cached beside the model."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ....config.paths import cache_dir
from ....core.audio import Pcm, read_wav
from ....core.engine import EngineError
from .flow_stream import VoicePrompt
from .voice_features import flow_mel, resample, speaker_fbank, whisper_mel

MIN_DURATION, MAX_DURATION = 3.0, 30.0
"""Seconds."""
MIN_SAMPLE_RATE = 16_000
SPEECH_TOKENIZER = "speech_tokenizer_v2_25hz.onnx"
SPEAKER_NET = "campplus.onnx"

LOG = logging.getLogger(__name__)


class VoiceRefusedError(EngineError):
    """The sample is not usable; the message says what is."""


def load_voice(sample: Path, folder: Path) -> VoicePrompt:
    """Return the voice of the WAV file `sample`, prepared with the networks in `folder`.

    Prepared voices are cached in `folder`/voices by the sample's content, or in the user's cache
    folder where that is read-only; a damaged one is prepared again. Raise VoiceRefusedError, or
    EngineError if a network is missing.
    """
    try:
        content = sample.read_bytes()
    except OSError as error:
        raise _refused(sample, f"can't be read ({error.strerror})") from None
    paths = (cached_voice_path(folder, content), _user_cache_path(folder, content))
    for path in paths:
        cached = _read_cached(path)
        if cached is not None:
            return cached
    voice = _prepare(_read_sample(sample), folder)
    problems = []
    for path in paths:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_voice(path, voice)
        except OSError as error:
            problems.append(f"{path.parent} ({error.strerror})")
        else:
            return voice
    LOG.warning("the prepared voice can't be saved in %s", " or ".join(problems))
    return voice


def cached_voice_path(folder: Path, content: bytes) -> Path:
    """Return the file of the prepared voice for a WAV file with this content."""
    return folder / "voices" / f"{hashlib.sha256(content).hexdigest()[:16]}.npz"


def _user_cache_path(folder: Path, content: bytes) -> Path:
    """Return the file of the prepared voice in the user's cache, one for each model's folder."""
    key = hashlib.sha256(content + os.fsencode(folder.resolve())).hexdigest()[:16]
    return cache_dir() / "voices" / f"{key}.npz"


def save_voice(path: Path, voice: VoicePrompt) -> None:
    """Write a prepared voice, whole or not at all, even if power fails. Raise OSError."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file, codes=voice.codes.numpy(), mel=voice.mel.numpy(), speaker=voice.speaker.numpy()
        )
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _read_cached(path: Path) -> VoicePrompt | None:
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            codes, mel, speaker = (
                torch.from_numpy(arrays[name]) for name in ("codes", "mel", "speaker")
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        LOG.warning("the prepared voice %s is damaged (%s): preparing it again", path, error)
        return None
    return VoicePrompt(codes, mel, speaker)


def _read_sample(sample: Path) -> Pcm:
    try:
        pcm = read_wav(sample)
    except (OSError, ValueError) as error:
        raise _refused(sample, str(error)) from None
    if pcm.format.channels != 1:
        raise _refused(sample, f"it has {pcm.format.channels} channels")
    if pcm.format.rate < MIN_SAMPLE_RATE:
        raise _refused(sample, f"it has {pcm.format.rate} Hz")
    if not MIN_DURATION <= pcm.duration <= MAX_DURATION:
        raise _refused(sample, f"it lasts {pcm.duration:.1f} s")
    if not pcm.samples.any():
        raise _refused(sample, "it is silent")
    return pcm


def _refused(sample: Path, reason: str) -> VoiceRefusedError:
    return VoiceRefusedError(
        f"voice_reference {sample}: {reason}; set a 16-bit mono WAV file of one person "
        f"speaking for {MIN_DURATION:.0f} to {MAX_DURATION:.0f} s, {MIN_SAMPLE_RATE} Hz or more",
        retry=False,
    )


def _prepare(pcm: Pcm, folder: Path) -> VoicePrompt:
    sound = torch.from_numpy(pcm.samples.astype(np.float32) / 32768)
    at16k = resample(sound, pcm.format.rate, 16_000)
    features = whisper_mel(at16k)[None]
    length = torch.tensor([features.shape[2]], dtype=torch.int32)
    codes = _run_onnx(folder / SPEECH_TOKENIZER, features, length).flatten().long()
    speaker = _run_onnx(folder / SPEAKER_NET, speaker_fbank(at16k)[None]).flatten().float()
    mel = flow_mel(resample(sound, pcm.format.rate, 24_000))
    missing = 2 * len(codes) - len(mel)
    mel = F.pad(mel.T[None], (0, max(missing, 0)), mode="replicate")[0].T[: 2 * len(codes)]
    return VoicePrompt(codes, mel.contiguous(), speaker)


def _run_onnx(network: Path, *inputs: Tensor) -> Tensor:
    """Run an ONNX network on the CPU; a voice is prepared only once."""
    try:
        import onnxruntime
    except ImportError:
        raise EngineError(
            "a new voice_reference needs onnxruntime: pip install onnxruntime"
        ) from None
    if not network.is_file():
        raise EngineError(f"{network} is missing: fetch the model again, or unset voice_reference")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(network), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001 - onnxruntime raises plain Exception
        raise EngineError(
            f"{network} is damaged ({error}): fetch the model again, or unset voice_reference"
        ) from None
    named = {
        wanted.name: given.numpy()
        for wanted, given in zip(session.get_inputs(), inputs, strict=True)
    }
    return torch.from_numpy(np.asarray(session.run(None, named)[0]))
