"""Audio codes to sound, streamed: Token2wav as published beside the checkpoint.

Not minicpmo-utils' modules, though the tests compare with them: those import onnx, torchaudio,
librosa and a YAML loader that runs code, allocate 2 GB that nothing reads, crash in float16, and
grow their caches by concatenation, which no CUDA graph can capture.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ....core.audio import AudioFormat
from ....core.engine import EngineError
from .flow_stream import MAX_CHUNK_FRAMES, FlowStream
from .hift import Hift
from .hift_stream import FusedHiftStream, HiftStream, Noise

FORMAT = AudioFormat(24_000)


class Vocoder:
    """Speaks one utterance at a time: `start`, then `chunk` until the last.

    `source_noise`: random if None.
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
        self.start()

    @torch.inference_mode()
    def start(self) -> None:
        """Begin an utterance; the rest of another is dropped."""
        self._flow_stream.start()
        self._hift_stream.start()

    @torch.inference_mode()
    def capture(self) -> None:
        """Capture the CUDA graphs, which serve chunks of any length."""
        self._flow_stream.capture()
        self._hift_stream.capture()
        self.start()

    @torch.inference_mode()
    def chunk(self, codes: list[int], last: bool) -> NDArray[np.float32]:
        """Return sound, float32 at 24 kHz; for `codes` see `FlowStream.chunk`.

        The last `OVERLAP_FRAMES` frames of sound are held back for the next chunk, unless `last`.
        Raise EngineError if the sound is not finite.
        """
        wave = self._hift_stream.chunk(self._flow_stream.chunk(codes, last), last)
        sound: NDArray[np.float32] = wave.cpu().numpy()
        # else it would be a comment without sound: NaN is never louder than silence
        if not np.isfinite(sound).all():
            self._flow_stream.clear()
            raise EngineError(
                "the vocoder computed NaN or infinity: set speech_dtype:=float32, or another voice"
            )
        return sound
