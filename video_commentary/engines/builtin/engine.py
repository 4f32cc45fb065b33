"""The built-in engine: comments without a GPU, a hub or a language model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...core.audio import AudioFormat
from ...core.cancel import CancelToken
from ...core.engine import Delta, Request
from ...core.frames import Frame
from ...core.prompting import Profile
from ...core.stamp import to_seconds
from .answers import answer
from .detector import Detector
from .facts import Facts, Known
from .observer import Observer
from .teller import Teller
from .topics import Wishes, wishes

MODEL_FILE = Path("builtin") / "efficientdet_lite0.tflite"
"""Where the detector's weights lie, below the models' folder."""

_NO_NAMES = {"camera", "cam", "link", "frame", "optical", "image", "raw", ""}
"""Words in a frame_id or a topic that tell no camera from another."""

_WORDS_A_TOKEN = 0.75
_HELP = "I can follow people, vehicles, animals, motion, light and the camera's own movement."


class BuiltinEngine:
    """Watches with a detector, tracks, optical flow and background subtraction; tells in templates.

    Without the weights or ai_edge_litert it goes on with motion, light and cuts alone; its
    `description` says so.
    """

    look_fps = 5.0
    voice: AudioFormat | None = None

    def __init__(self, model: Path | None = None, seed: int = 0) -> None:
        """Use the weights in the file `model`; vary the wording by `seed`."""
        self._model = model
        self._seed = seed
        self._detector: Detector | None = None
        self._lack = "not loaded yet"
        self._reset()

    def _reset(self) -> None:
        self._facts = Facts()
        self._observers: dict[str, Observer] = {}
        self._teller = Teller(self._seed)
        self._orders: tuple[str, str] | None = None

    @property
    def description(self) -> str:
        """What this engine is, and what it lacks."""
        if self._detector:
            return "built-in: EfficientDet-Lite0 detector, tracks, motion, light; no language model"
        return f"built-in: motion, light and cuts only, it can name nothing ({self._lack})"

    def load(self) -> None:
        """Load the detector, if it is there."""
        self._reset()
        self._detector = None
        if self._model is None or not self._model.is_file():
            self._lack = "no detector weights: run fetch_model builtin"
            return
        try:
            self._detector = Detector(self._model)
        except ImportError:
            self._lack = "no detector runtime: pip install ai-edge-litert"
        except (OSError, ValueError, RuntimeError) as error:
            self._lack = f"the detector weights don't load, run fetch_model builtin again: {error}"

    def look(self, frame: Frame) -> None:
        """Observe a frame; one whose stamp is before the last starts its camera anew."""
        observer = self._observers.get(frame.camera)
        stamp = to_seconds(frame.stamp)
        if observer is None or stamp < observer.newest:
            observer = self._observers[frame.camera] = Observer(self._detector)
            self._facts.forget(frame.camera)
        if stamp > observer.newest:
            self._facts.add(frame.camera, *observer.observe(stamp, frame.image))

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield a comment or an answer word by word."""
        text = self._answer(request) if request.prompt.question else self._comment(request)
        if not text:
            yield Delta(silent=True, last=True)
            return
        words = text.split()[: max(1, int(request.limits.max_tokens * _WORDS_A_TOKEN))]
        for index, word in enumerate(words):
            if cancel.cancelled:
                return
            last = index == len(words) - 1
            yield Delta(word if last else word + " ", last=last)

    def close(self) -> None:
        """Free the detector and all that was seen."""
        self._detector = None
        self._lack = "closed"
        self._reset()

    def _comment(self, request: Request) -> str:
        prompt, stamp = request.prompt, to_seconds(request.frames[-1].stamp)
        wanted = wishes(prompt.instruction, prompt.profile)
        views = self._views(request.frames)
        if self._steered(prompt.instruction, prompt.profile):
            text = self._restated(stamp, views, wanted, prompt.instruction)
            if text:
                return text
        for known in views:
            text = self._teller.tell(stamp, known, wanted, prompt.recent)
            if text:
                return _placed(text, known, len(views))
        return ""

    def _restated(self, stamp: float, views: list[Known], wanted: Wishes, instruction: str) -> str:
        texts = [(k, self._teller.restate(stamp, k, wanted, ())) for k in views]
        told = " ".join(_placed(text, known, len(views)) for known, text in texts if text)
        if instruction and not (wanted.asked or wanted.without):
            return _HELP
        return told

    def _steered(self, instruction: str, profile: Profile) -> bool:
        """Return whether other orders are in force than at the last comment."""
        orders, before = (instruction, profile.name), self._orders
        self._orders = orders
        return orders != before and (before is not None or bool(instruction))

    def _answer(self, request: Request) -> str:
        views = self._views(request.frames)
        question = request.prompt.question
        replies = [_placed(answer(question, known.moments), known, len(views)) for known in views]
        return " ".join(dict.fromkeys(replies))

    def _views(self, frames: tuple[Frame, ...]) -> list[Known]:
        """Return what is known of each camera within the frames' time, the newest frame's first."""
        cameras = list(dict.fromkeys(frame.camera for frame in reversed(frames)))
        oldest, newest = to_seconds(frames[0].stamp), to_seconds(frames[-1].stamp)
        return [self._facts.known(camera, min(oldest, newest - 2.5), newest) for camera in cameras]


def _placed(text: str, known: Known, cameras: int) -> str:
    """Say which camera, where there are several."""
    if cameras < 2:
        return text
    words = known.camera.replace("/", "_").split("_")
    name = " ".join(w for w in words if w not in _NO_NAMES)
    if not text.startswith(("I ", "I'")):
        text = text[0].lower() + text[1:]
    return f"On camera {name or known.camera}: {text}"
