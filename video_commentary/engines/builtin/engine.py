"""The built-in engine: comments without a GPU, a model hub or a language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...core.audio import AudioFormat
from ...core.cancel import CancelToken
from ...core.engine import Delta, Request
from ...core.frames import Frame
from ...core.prompting import Profile
from ...core.stamp import to_seconds
from .answers import answer
from .claims import Sentence
from .comment_selector import CommentSelector
from .detector import ObjectDetector
from .perception import PerceptionPipeline
from .scene_store import SceneHistory, SceneStore
from .styles import style_of
from .topics import TopicFilter, topic_filter

MODEL_FILE = Path("builtin") / "efficientdet_lite0.tflite"
"""The detector's weights, relative to the models' folder."""

_GENERIC_WORDS = {"camera", "cam", "link", "frame", "optical", "image", "raw", ""}
"""Words in a frame_id or a topic that don't distinguish cameras."""

_MIN_HISTORY = 9.0  # seconds of events before the newest frame
_WORDS_A_TOKEN = 0.75
_HELP = "I can follow people, vehicles, animals, motion, light and the camera's own movement."


class BuiltinEngine:
    """Object detection, tracking, optical flow and background subtraction; texts from templates.

    Without the weights or ai_edge_litert it comments on motion, light and cuts alone, and its
    `description` says so.
    """

    look_fps = 5.0
    voice: AudioFormat | None = None

    def __init__(self, model: Path | None = None, seed: int = 0) -> None:
        """Read the detector's weights from the file `model`; vary the wording by `seed`."""
        self._model = model
        self._seed = seed
        self._detector: ObjectDetector | None = None
        self._missing = "not loaded yet"
        self._reset()

    def _reset(self) -> None:
        self._store = SceneStore()
        self._pipelines: dict[str, PerceptionPipeline] = {}
        self._selector = CommentSelector(self._seed)
        self._last_orders: tuple[str, str] | None = None

    @property
    def description(self) -> str:
        """What this engine is, and what is missing for it to be complete."""
        if self._detector:
            return "built-in: EfficientDet-Lite0 detector, tracks, motion, light; no language model"
        return f"built-in: motion, light and cuts only, it can name nothing ({self._missing})"

    def load(self) -> None:
        """Load the detector if it is installed; `description` says if not."""
        self._reset()
        self._detector = None
        if self._model is None or not self._model.is_file():
            self._missing = "no detector weights: run fetch_model builtin"
            return
        try:
            self._detector = ObjectDetector(self._model)
        except ImportError:
            self._missing = "no detector runtime: pip install ai-edge-litert"
        except (OSError, ValueError, RuntimeError) as error:
            self._missing = (
                f"the detector weights don't load, run fetch_model builtin again: {error}"
            )

    def look(self, frame: Frame) -> None:
        """Process a frame; one that is older than the last restarts its camera."""
        stamp = _seconds(frame)
        pipeline = self._pipelines.get(frame.camera)
        if pipeline is None or stamp < pipeline.last_stamp:
            pipeline = self._pipelines[frame.camera] = PerceptionPipeline(self._detector)
            self._store.clear(frame.camera)
        if stamp > pipeline.last_stamp:
            state, events = pipeline.process(stamp, frame.image)
            self._store.add(frame.camera, replace(state, frame_stamp=frame.stamp), events)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield a comment or an answer word by word."""
        said = (
            Sentence(self._answer(request)) if request.prompt.question else self._comment(request)
        )
        if not said:
            yield Delta(silent=True, last=True)
            return
        words = said.text.split()[: max(1, int(request.limits.max_tokens * _WORDS_A_TOKEN))]
        for index, word in enumerate(words):
            if cancel.cancelled:
                return
            last = index == len(words) - 1
            claims = said.claims if last else ()
            yield Delta(word if last else word + " ", last=last, claims=claims)

    def close(self) -> None:
        """Free the detector and forget what was seen."""
        self._detector = None
        self._missing = "closed"
        self._reset()

    def _comment(self, request: Request) -> Sentence:
        prompt, stamp = request.prompt, _seconds(request.frames[-1])
        topics = topic_filter(prompt.instruction, prompt.profile)
        histories = self._histories(request.frames)
        if self._new_orders(prompt.instruction, prompt.profile):
            said = self._confirmation(stamp, histories, topics, prompt.instruction)
            if said:
                return said
        style = style_of(prompt.profile.style)
        for history in histories:
            said = self._selector.next_comment(stamp, history, topics, prompt.recent, style)
            if said:
                text = _with_camera(said.text, history.camera, len(histories))
                return replace(said, text=text)
        return Sentence()

    def _confirmation(
        self, stamp: float, histories: list[SceneHistory], topics: TopicFilter, instruction: str
    ) -> Sentence:
        found = [
            (h.camera, self._selector.confirm_instruction(stamp, h, topics, ())) for h in histories
        ]
        if instruction and not (topics.asked or topics.excluded):
            return Sentence(_HELP)
        said = Sentence()
        for camera, one in found:
            if one:
                text = _with_camera(one.text, camera, len(histories))
                said = said.followed_by(replace(one, text=text))
        return said

    def _new_orders(self, instruction: str, profile: Profile) -> bool:
        """Return whether the instruction or profile changed since the last comment."""
        orders, before = (instruction, profile.name), self._last_orders
        self._last_orders = orders
        return orders != before and (before is not None or bool(instruction))

    def _answer(self, request: Request) -> str:
        histories = self._histories(request.frames)
        question = request.prompt.question
        answers = [
            _with_camera(answer(question, history.states), history.camera, len(histories))
            for history in histories
        ]
        return " ".join(dict.fromkeys(answers))

    def _histories(self, frames: tuple[Frame, ...]) -> list[SceneHistory]:
        """Return each camera's history within the frames' time, the newest frame's camera first."""
        cameras = list(dict.fromkeys(frame.camera for frame in reversed(frames)))
        newest = _seconds(frames[-1])
        oldest = min(_seconds(frames[0]), newest - _MIN_HISTORY)
        return [self._store.history(camera, oldest, newest) for camera in cameras]


def _seconds(frame: Frame) -> float:
    """Return a frame's stamp in seconds, the unit of every stamp in this engine."""
    return to_seconds(frame.stamp)


def _with_camera(text: str, camera: str, cameras: int) -> str:
    """Name the camera in a text if there are several."""
    if cameras < 2:
        return text
    words = camera.replace("/", "_").split("_")
    name = " ".join(word for word in words if word not in _GENERIC_WORDS)
    if not text.startswith(("I ", "I'")):
        text = text[0].lower() + text[1:]
    return f"On camera {name or camera}: {text}"
