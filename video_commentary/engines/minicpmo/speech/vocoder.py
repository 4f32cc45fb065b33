"""Audio codes to sound, streamed: Token2wav as published beside the checkpoint.

Not minicpmo-utils' modules, though the tests compare with them: those import onnx, torchaudio,
librosa and a YAML loader that runs code, allocate 2 GB that nothing reads, crash in float16, and
grow their caches by concatenation, which no CUDA graph can capture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ....core.audio import AudioFormat
from ....core.engine import EngineError
from ..kernels.launching import compiling
from ..language.cuda_graph import CudaGraphed
from .flow_encoder import LOOKAHEAD
from .flow_stream import CHUNK_CODES, MAX_CHUNK_FRAMES, SILENT_CODE, FlowStream
from .hift import Hift
from .hift_stream import FusedHiftStream, HiftStream, Noise

FORMAT = AudioFormat(24_000)


class Vocoder:
    """Speaks one utterance at a time: `start`, then `chunk` until the last.

    On a GPU a chunk is one CUDA graph. `source_noise`: random if None.
    """

    def __init__(
        self, flow_stream: FlowStream, hift: Hift, *, source_noise: Noise | None = None
    ) -> None:
        self._flow_stream = flow_stream
        self._hift_stream: HiftStream | FusedHiftStream
        if hift.conv_pre.weight.is_cuda:
            # float16 rounds as TF32 does, bfloat16 more
            half = flow_stream.dtype == torch.float16
            dtype = torch.float16 if half else torch.float32
            self._hift_stream = FusedHiftStream(hift, dtype, MAX_CHUNK_FRAMES, source_noise)
        else:
            self._hift_stream = HiftStream(hift, source_noise)
        self._speak = CudaGraphed(self._speak_packed)
        self._stream = _PrivateStream(flow_stream.device)
        self.start()

    @torch.inference_mode()
    def start(self) -> None:
        """Begin an utterance; the rest of another is dropped."""
        with self._stream.entered(wait=True):
            self._flow_stream.start()
            self._hift_stream.start()

    @property
    def device(self) -> torch.device:
        """Where the vocoder is."""
        return self._flow_stream.device

    @torch.inference_mode()
    def compile(self) -> None:
        """Compile the kernels, before `capture`. On a CPU there is nothing to do."""
        if isinstance(self._hift_stream, HiftStream):
            return
        with compiling(self.device):
            self._speak_packed(self._silence())

    @torch.inference_mode()
    def capture(self) -> None:
        """Capture the CUDA graph of a chunk, of whatever length. On a CPU do nothing."""
        if isinstance(self._hift_stream, HiftStream):
            return
        # what was kept of kernels that did not run is undefined; NaN would stay in the slots
        self.start()
        self._speak.capture(self._silence())
        self.start()

    @torch.inference_mode()
    def chunk(self, codes: list[int], last: bool) -> NDArray[np.float32]:
        """Return sound, float32 at 24 kHz; for `codes` see `FlowStream.chunk`.

        The last `OVERLAP_FRAMES` frames of sound are held back for the next chunk, unless `last`.
        Raise EngineError if the sound is not finite.
        """
        with self._stream.entered():
            if isinstance(self._hift_stream, HiftStream):
                wave = self._hift_stream.chunk(self._flow_stream.chunk(codes, last), last)
            else:
                packed, samples = self._pack(codes, last)
                wave = self._speak(packed)[0][:samples]
            sound = self._stream.to_host(wave)
            # else it would be a comment without sound: NaN is never louder than silence
            if not np.isfinite(sound).all():
                self._flow_stream.clear()
                raise EngineError(
                    "the vocoder computed NaN or infinity: set speech_dtype:=float32, or another "
                    "voice"
                )
        return sound

    def _silence(self) -> Tensor:
        return self._pack([SILENT_CODE] * (CHUNK_CODES + LOOKAHEAD), last=False)[0]

    def _pack(self, codes: list[int], last: bool) -> tuple[Tensor, int]:
        """Return what `_speak_packed` takes, on the device, and the number of samples."""
        assert isinstance(self._hift_stream, FusedHiftStream)
        for_flow, frames = self._flow_stream.pack(codes, last)
        lengths, samples = self._hift_stream.lengths(frames, last)
        packed = torch.from_numpy(np.concatenate([np.array(lengths, np.int32), for_flow]))
        return packed.to(self._flow_stream.device, non_blocking=True), samples

    def _speak_packed(self, packed: Tensor) -> tuple[Tensor, ...]:
        """Return the sound of a chunk, on a GPU, and what it is not long enough for."""
        assert isinstance(self._hift_stream, FusedHiftStream)
        mel = self._flow_stream.generate(packed[3:])
        return (self._hift_stream.synthesize(mel, packed[:3]),)


class _PrivateStream:
    """A CUDA stream of the vocoder's own: the talker's step ahead does not hold its chunk up.

    On a CPU all runs in its place.
    """

    def __init__(self, device: torch.device) -> None:
        cuda = device.type == "cuda"
        self._stream = torch.cuda.Stream(device, priority=-1) if cuda else None
        self._host = torch.empty(0)

    @contextmanager
    def entered(self, *, wait: bool = False) -> Iterator[None]:
        """Run the block on the stream; with `wait`, after all before it on the current one."""
        if self._stream is None:
            yield
            return
        if wait:
            self._stream.wait_stream(torch.cuda.current_stream(self._stream.device))
        with torch.cuda.stream(self._stream):
            yield

    def to_host(self, wave: Tensor) -> NDArray[np.float32]:
        """Return a copy on the host of a result of the stream."""
        if self._stream is None:
            plain: NDArray[np.float32] = wave.numpy()
            return plain
        if len(self._host) < len(wave):
            self._host = torch.empty(len(wave), pin_memory=True)
        host = self._host[: len(wave)]
        host.copy_(wave, non_blocking=True)
        self._stream.synchronize()
        copied: NDArray[np.float32] = host.numpy().copy()
        return copied
