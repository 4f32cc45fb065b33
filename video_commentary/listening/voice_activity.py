"""Whether somebody speaks: Silero's network, 32 ms at a time."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from ..config.paths import model_file
from .items import RATE, RecognizerError, Samples

STEP = 512
"""Samples of one step at 16 kHz: what the network was trained on."""
STEP_SECONDS = STEP / RATE
_CONTEXT = 64
"""Samples before a step that the network sees too."""
_STATE = (2, 1, 128)
_WARM_UP = 6
"""Steps before a word that the network hears first, where it heard nothing for some time."""
_SILENCE = 1e-4
"""Root mean square below which nothing can be heard: -80 dB of full scale."""
_FILE = "ears/silero_vad_16k.onnx"
FETCH = "fetch_model ears"
INSTALL = "pip install 'faster-whisper>=1.1,<2'"


class VoiceActivity:
    """The network, which all streams share."""

    def __init__(self) -> None:
        self._session: Any = None

    def load(self) -> None:
        """Load the weights. Raise RecognizerError, saying what to fetch or to install."""
        path = model_file(_FILE)
        if not path.is_file():
            raise RecognizerError(f"the voice activity's weights are not in {path.parent}: {FETCH}")
        try:
            import onnxruntime
        except ImportError as error:
            raise RecognizerError(f"voice activity: {error}; install it: {INSTALL}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise RecognizerError(f"{path} can't be loaded ({error}): {FETCH}") from error

    def run(self, samples: Samples, state: Any) -> tuple[float, Any]:
        """Return the probability of speech in [_CONTEXT + STEP] samples, and the next state."""
        inputs = {"input": samples[None], "state": state, "sr": np.array(RATE, np.int64)}
        probability, following = self._session.run(None, inputs)
        return float(probability[0, 0]), following


class StreamActivity:
    """The voice activity of one stream, step after step."""

    def __init__(self, network: VoiceActivity) -> None:
        self._network = network
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._state = np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._skipped: deque[Samples] = deque(maxlen=_WARM_UP)

    def skip(self, step: Samples) -> None:
        """Take a step in which nobody can be speaking, at no cost."""
        self._skipped.append(step)

    def push(self, step: Samples) -> float:
        """Return the probability that somebody speaks in `step`: float32, shape [STEP]."""
        if float(np.dot(step, step)) < STEP * _SILENCE**2:
            self.reset()
            return 0.0
        if self._skipped:
            skipped = list(self._skipped)
            self.reset()
            for each in skipped:
                self._run(each)
        return self._run(step)

    def _run(self, step: Samples) -> float:
        samples = np.concatenate([self._context, step])
        self._context = step[-_CONTEXT:]
        probability, self._state = self._network.run(samples, self._state)
        return probability
