"""The built-in engine: comments without a GPU, a model hub or a language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ...core.audio import AudioFormat
from ...core.cancel import CancelToken
from ...core.engine import Delta, Request
from ...core.facts import FrameFacts
from ...core.frames import Frame
from ...core.prompting import Profile
from ...core.stamp import to_seconds
from .answers import answer
from .camera_moves import CameraMove
from .claims import Sentence, frame_facts
from .comment_selector import CommentSelector
from .detector import ObjectDetector
from .evidence import Evidence
from .languages.english import CAMERA_PREFIX, HELP
from .languages.grammar import grammar_for
from .languages.speaker import Speaker
from .perception import PerceptionPipeline
from .recent_images import RecentImages
from .scene_store import SceneHistory, SceneStore
from .styles import style_of
from .text_comments import TextCommenter
from .text_reader import HOW_TO_INSTALL, is_installed
from .text_watch import Read, TextWatch
from .topics import TopicFilter, topic_filter

MODEL_FILE = Path("builtin") / "efficientdet_lite0.tflite"
"""The detector's weights, relative to the models' folder."""

_GENERIC_WORDS = {"camera", "cam", "link", "frame", "optical", "image", "raw", ""}
"""Words in a frame_id or a topic that don't distinguish cameras."""

_MIN_HISTORY = 9.0  # seconds of events before the newest frame
_WORDS_A_TOKEN = 0.75


class BuiltinEngine:
    """Object detection, tracking, optical flow and background subtraction; texts from templates.

    Without the weights or ai_edge_litert it comments on motion, light and cuts alone, and its
    `description` says so.
    """

    look_fps = 5.0
    interjects = True
    voice: AudioFormat | None = None

    def __init__(
        self,
        model: Path | None = None,
        seed: int = 0,
        *,
        read_text: bool = False,
        text_reader: Read | None = None,
        language: str = "en",
    ) -> None:
        """Read the detector's weights from the file `model`; vary the wording by `seed`.

        `read_text`: read text in the picture, with `text_reader` or else with RapidOCR if that is
        installed. `language`: of comments, as espeak-ng names it; English if it is not known.
        """
        self._model = model
        self._grammar = grammar_for(language)
        self._text_reader = text_reader
        self._reads_text = read_text and (text_reader is not None or is_installed())
        self._text_missing = read_text and not self._reads_text
        self._seed = seed
        self._detector: ObjectDetector | None = None
        self._missing = "not loaded yet"
        self._text: TextWatch | None = None
        self._reset()

    def _reset(self) -> None:
        if self._text:
            self._text.close()
        self._text = TextWatch(self._text_reader) if self._reads_text else None
        self._text_commenter = TextCommenter()
        self._speaker = Speaker(self._grammar) if self._grammar else None
        self._store = SceneStore()
        self._images = RecentImages()
        self._pipelines: dict[str, PerceptionPipeline] = {}
        self._selector = CommentSelector(self._seed)
        self._last_orders: tuple[str, str] | None = None

    @property
    def description(self) -> str:
        """What this engine is, and what is missing for it to be complete."""
        trouble = HOW_TO_INSTALL if self._text_missing else self._text.trouble if self._text else ""
        text = f"; reads no text: {trouble}" if trouble else ""
        if self._detector:
            what = "EfficientDet-Lite0 detector, tracks, motion, light"
            what += ", text" if self._reads_text else ""
            return f"built-in: {what}; no language model{text}"
        return f"built-in: motion, light and cuts only, it can name nothing ({self._missing}){text}"

    def load(self) -> None:
        """Load the detector if it is installed; `description` says if not."""
        self._reset()
        if self._text:
            self._text.load()
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

    def look(self, frame: Frame) -> FrameFacts | None:
        """Process a frame and return what it shows; None if its stamp is the last one's.

        A frame that is older than the last restarts its camera.
        """
        stamp = _seconds(frame)
        pipeline = self._pipelines.get(frame.camera)
        if pipeline is None or stamp < pipeline.last_stamp:
            pipeline = self._pipelines[frame.camera] = PerceptionPipeline(self._detector)
            self._store.clear(frame.camera)
        if stamp <= pipeline.last_stamp:
            return None
        state, events = pipeline.process(stamp, frame.image)
        self._images.add(frame.camera, stamp, frame.image)
        if self._text:
            still = state.camera_move is CameraMove.STILL and stamp > state.scene_start
            self._text.offer(frame.camera, stamp, frame.image, still)
        self._store.add(frame.camera, replace(state, frame_stamp=frame.stamp), events)
        return frame_facts(self._store.history(frame.camera, stamp, stamp), events)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield a comment or an answer word by word."""
        said = (
            Sentence(self._answer(request, cancel))
            if request.prompt.question
            else self._translated(self._comment(request, cancel), request)
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

    def _comment(self, request: Request, cancel: CancelToken) -> Sentence:
        prompt, stamp = request.prompt, self._newest(request.frames)
        topics = topic_filter(prompt.instruction, prompt.profile)
        histories = self._histories(request.frames)
        if self._new_orders(prompt.instruction, prompt.profile):
            said = self._confirmation(stamp, histories, topics, prompt.instruction)
            if said:
                return said
        style = style_of(prompt.profile.style)
        for history in histories:
            said = self._selector.next_comment(
                stamp, history, topics, prompt.recent, style, pressing=request.pressing
            )
            if said:
                text = _with_camera(said.text, history.camera, len(histories))
                return replace(said, text=text)
        if self._text and "things" in topics.topics and not request.pressing:
            for history in histories:
                texts = self._text.known(history.camera, stamp, cancel)
                if texts and history.states:
                    said = self._text_commenter.comment(history.camera, texts, history.states[-1])
                    if said:
                        text = _with_camera(said.text, history.camera, len(histories))
                        return replace(said, text=text)
        return Sentence()

    def _translated(self, said: Sentence, request: Request) -> Sentence:
        """Return a sentence in the language that is set."""
        if self._speaker is None:
            return said
        return self._speaker.say(said, names_camera=len(_cameras(request.frames)) > 1)

    def _confirmation(
        self, stamp: float, histories: list[SceneHistory], topics: TopicFilter, instruction: str
    ) -> Sentence:
        found = [
            (h.camera, self._selector.confirm_instruction(stamp, h, topics, ())) for h in histories
        ]
        if instruction and not (topics.asked or topics.excluded):
            return Sentence(HELP)
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

    def _answer(self, request: Request, cancel: CancelToken) -> str:
        cameras = _cameras(request.frames)
        question = request.prompt.question
        answers = [
            _with_camera(answer(question, self._evidence(camera, cancel)), camera, len(cameras))
            for camera in cameras
        ]
        return " ".join(dict.fromkeys(answers))

    def _evidence(self, camera: str, cancel: CancelToken) -> Evidence:
        """Return everything that is still known of a camera's scene."""
        known = self._store.history(camera, float("-inf"), float("inf"))
        start = known.kept[-1].scene_start if known.kept else 0.0
        images = [(at, image) for at, image in self._images.of(camera) if at >= start]
        states = [state for state in known.kept if state.stamp >= start]
        text = self._text
        newest = states[-1].stamp if states else 0.0
        read = (
            (lambda: text.known(camera, newest, cancel) or text.read_now(images, cancel))
            if text
            else None
        )
        so_far = partial(self._selector.seen_so_far, camera)
        return Evidence(states, known.events, images, self._detector, read, so_far)

    def _newest(self, frames: tuple[Frame, ...]) -> float:
        """Return the stamp of the newest image that was seen of the frames' cameras, seconds."""
        seen = [self._store.newest(camera) for camera in _cameras(frames)]
        return max(_seconds(frames[-1]), *seen)

    def _histories(self, frames: tuple[Frame, ...]) -> list[SceneHistory]:
        """Return each camera's history within the frames' time, the newest frame's camera first."""
        newest = self._newest(frames)
        oldest = min(_seconds(frames[0]), newest - _MIN_HISTORY)
        return [self._store.history(camera, oldest, newest) for camera in _cameras(frames)]


def _cameras(frames: tuple[Frame, ...]) -> list[str]:
    """Return the cameras of frames, the newest frame's first."""
    return list(dict.fromkeys(frame.camera for frame in reversed(frames)))


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
    return CAMERA_PREFIX.format(camera=name or camera) + text
