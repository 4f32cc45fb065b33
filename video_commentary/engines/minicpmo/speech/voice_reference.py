"""The voice to speak with, from a short sample: prepared once, kept on disk beside the model."""

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

from ....core.audio import Pcm, read_wav
from ....core.engine import EngineError
from .flow_stream import VoicePrompt
from .voice_features import flow_mel, resample, speaker_fbank, whisper_mel

SHORTEST, LONGEST = 3.0, 30.0
LOWEST_RATE = 16_000
TOKENIZER = "speech_tokenizer_v2_25hz.onnx"
SPEAKER_NET = "campplus.onnx"

_log = logging.getLogger(__name__)


class VoiceRefusedError(EngineError):
    """A sample won't do; the message says what would."""


def load_voice(sample: Path, folder: Path) -> VoicePrompt:
    """Return the voice of the WAV file `sample`, prepared with the networks in `folder`.

    What was prepared is kept in `folder`/voices, by the sample's content; where that is damaged it
    is prepared again. Raise VoiceRefusedError, or EngineError where a network is missing.
    """
    try:
        content = sample.read_bytes()
    except OSError as error:
        raise _refused(sample, f"can't be read ({error.strerror})") from None
    kept = kept_voice(folder, content)
    known = _read(kept)
    if known is not None:
        return known
    voice = _prepare(_checked(sample), folder)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        save_voice(kept, voice)
    except OSError as error:
        _log.warning("the prepared voice can't be kept in %s: %s", kept.parent, error.strerror)
    return voice


def kept_voice(folder: Path, content: bytes) -> Path:
    """Return where the prepared voice of a WAV file with this content is kept."""
    return folder / "voices" / f"{hashlib.sha256(content).hexdigest()[:16]}.npz"


def save_voice(path: Path, voice: VoicePrompt) -> None:
    """Write a prepared voice, whole or not at all, even where power fails. Raise OSError."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file, codes=voice.codes.numpy(), mel=voice.mel.numpy(), speaker=voice.speaker.numpy()
        )
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _read(path: Path) -> VoicePrompt | None:
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            codes, mel, speaker = (
                torch.from_numpy(arrays[name]) for name in ("codes", "mel", "speaker")
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("the prepared voice %s is damaged (%s): preparing it again", path, error)
        return None
    return VoicePrompt(codes, mel, speaker)


def _checked(sample: Path) -> Pcm:
    try:
        pcm = read_wav(sample)
    except (OSError, ValueError) as error:
        raise _refused(sample, str(error)) from None
    if pcm.format.channels != 1:
        raise _refused(sample, f"it has {pcm.format.channels} channels")
    if pcm.format.rate < LOWEST_RATE:
        raise _refused(sample, f"it has {pcm.format.rate} Hz")
    if not SHORTEST <= pcm.duration <= LONGEST:
        raise _refused(sample, f"it lasts {pcm.duration:.1f} s")
    if not pcm.samples.any():
        raise _refused(sample, "it is silent")
    return pcm


def _refused(sample: Path, why: str) -> VoiceRefusedError:
    return VoiceRefusedError(
        f"voice_reference {sample}: {why}; set a 16-bit mono WAV file of one person speaking for "
        f"{SHORTEST:.0f} to {LONGEST:.0f} s, {LOWEST_RATE} Hz or more",
        retry=False,
    )


def _prepare(pcm: Pcm, folder: Path) -> VoicePrompt:
    sound = torch.from_numpy(pcm.samples.astype(np.float32) / 32768)
    at16k = resample(sound, pcm.format.rate, 16_000)
    features = whisper_mel(at16k)[None]
    length = torch.tensor([features.shape[2]], dtype=torch.int32)
    codes = _run(folder / TOKENIZER, features, length).flatten().long()
    speaker = _run(folder / SPEAKER_NET, speaker_fbank(at16k)[None]).flatten().float()
    mel = flow_mel(resample(sound, pcm.format.rate, 24_000))
    missing = 2 * len(codes) - len(mel)
    mel = F.pad(mel.T[None], (0, max(missing, 0)), mode="replicate")[0].T[: 2 * len(codes)]
    return VoicePrompt(codes, mel.contiguous(), speaker)


def _run(network: Path, *inputs: Tensor) -> Tensor:
    """Run an ONNX network on the CPU: a voice is prepared once."""
    try:
        import onnxruntime
    except ImportError:
        raise EngineError(
            "a new voice_reference needs onnxruntime: pip install onnxruntime", retry=False
        ) from None
    if not network.is_file():
        raise EngineError(
            f"{network} is missing: fetch the model again, or unset voice_reference", retry=False
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(network), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001 - onnxruntime raises plain Exception
        raise EngineError(
            f"{network} is damaged ({error}): fetch the model again, or unset voice_reference",
            retry=False,
        ) from None
    named = {
        wanted.name: given.numpy()
        for wanted, given in zip(session.get_inputs(), inputs, strict=True)
    }
    return torch.from_numpy(np.asarray(session.run(None, named)[0]))
