"""Every setting of every node, with its default, range and description, in one place.

ROS parameters, environment variables (VIDEO_COMMENTARY_<NAME>), launch files and the README's
tables are all made from these dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

ENV_PREFIX = "VIDEO_COMMENTARY_"


@dataclass(frozen=True)
class Rule:
    """What a setting means and allows.

    `low`, `high`: inclusive bounds of a number. `choices`: the only values allowed, if any.
    `live`: may change while the node runs.
    """

    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False


def setting(
    default: Any,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
) -> Any:
    """Declare a dataclass field with its rule."""
    rule = Rule(description, low, high, choices, live)
    return field(default=default, metadata={"rule": rule})


ENGINES = ("builtin", "minicpmo", "server")


@dataclass(frozen=True)
class CommentatorSettings:
    """Settings of the commentator node."""

    # camera
    image_topics: tuple[str, ...] = setting(
        ("/camera/image_raw",), "Image topics to watch, one per camera"
    )
    image_transport: str = setting(
        "raw",
        "raw (sensor_msgs/Image) or compressed (CompressedImage on <topic>/compressed)",
        choices=("raw", "compressed"),
    )
    max_image_side: int = setting(
        1280, "Larger images are shrunk on arrival, pixels of the longer side", low=64, high=7680
    )
    # window
    capture_fps: float = setting(
        2.0, "Frames a second kept for requests, chosen by header stamps", low=0.1, high=30.0
    )
    window_capacity: int = setting(32, "Kept frames a camera", low=1, high=256)
    frames_per_request: int = setting(4, "Frames in one request", low=1, high=32)
    frame_stride: int = setting(2, "Every n-th kept frame goes into a request", low=1, high=32)
    # what to say
    engine: str = setting("builtin", "What looks and comments", choices=ENGINES)
    profile: str = setting(
        "commentator", "Manner of commenting: a name from config/profiles.yaml", live=True
    )
    profiles_file: str = setting("", "Another profiles.yaml; empty for the package's own")
    instruction: str = setting("", "What to talk about, in plain words; empty for all", live=True)
    enabled: bool = setting(True, "Comment at all (also by ~/set_enabled)", live=True)
    autostart: bool = setting(
        True, "Configure and activate by itself; false leaves that to a lifecycle manager"
    )
    max_tokens: int = setting(64, "Longest comment, in tokens", low=8, high=512, live=True)
    max_tokens_brief: int = setting(
        32, "Longest comment when little changed, in tokens", low=8, high=512, live=True
    )
    change_threshold: float = setting(
        1.0, "Sensitivity to change in the picture: higher sees less", low=0.1, high=10.0, live=True
    )
    context_comments: int = setting(
        3, "Recent comments told to the engine against repetition", low=0, high=16, live=True
    )
    # pace
    breathing_pause: float = setting(
        1.0, "Silence between two spoken comments, s", low=0.0, high=60.0, live=True
    )
    engine_timeout: float = setting(
        20.0, "Longest wait for an engine's next words, s, before it counts as hung",
        low=0.5, high=600.0,
    )
    # voice
    voice: str = setting(
        "auto",
        "auto (the engine's own, else neural, else espeak), neural, espeak or none",
        choices=("auto", "neural", "espeak", "none"),
    )
    voice_language: str = setting("en", "Language of the espeak voice, as espeak-ng names it")
    # engine minicpmo
    model_path: str = setting(
        "", "Folder of the model's checkpoint; empty for the newest in models/"
    )
    device: str = setting("auto", "auto, cpu or cuda[:n], for the minicpmo engine")


@dataclass(frozen=True)
class SourceSettings:
    """Settings of the source node."""

    source: str = setting(
        "test", "test, a file, rtsp://..., http://... (MJPEG) or /dev/video<n>", live=True
    )
    image_topic: str = setting("/camera/image_raw", "Topic to publish on")
    frame_id: str = setting("camera", "frame_id of the published images")
    publish: str = setting(
        "raw", "raw, compressed (JPEG on <topic>/compressed) or both",
        choices=("raw", "compressed", "both"),
    )
    jpeg_quality: int = setting(80, "Quality of compressed images", low=1, high=100, live=True)
    loop: bool = setting(True, "Start a file again at its end; otherwise stop there", live=True)
    width: int = setting(640, "Width of the test scene and of a device, pixels", low=64, high=7680)
    height: int = setting(
        480, "Height of the test scene and of a device, pixels", low=64, high=4320
    )
    fps: float = setting(30.0, "Rate of the test scene and of a device, Hz", low=1.0, high=240.0)
    clock: bool = setting(False, "Draw a clock into the test scene")
    freeze_timeout: float = setting(
        5.0, "Seconds without a new picture after which a stream is opened again",
        low=0.5, high=120.0,
    )


@dataclass(frozen=True)
class SpeakerSettings:
    """Settings of the speaker node."""

    audio_topic: str = setting("/commentator/audio_stamped", "Sound to play")
    sound_device: str = setting(
        "", "Sound card, by part of its name; empty for the system's default"
    )
    latency: float = setting(0.1, "Sound kept ready against gaps, s", low=0.02, high=2.0)


def rules(settings: type) -> dict[str, tuple[Any, Rule]]:
    """Return each setting's default and rule by name."""
    return {f.name: (f.default, f.metadata["rule"]) for f in fields(settings)}


def check(name: str, value: Any, rule: Rule) -> None:
    """Raise ValueError, saying what is allowed, where `value` breaks its rule."""
    if rule.choices and value not in rule.choices:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(rule.choices)}")
    if rule.low is not None and value < rule.low or rule.high is not None and value > rule.high:
        raise ValueError(f"{name}: {value} is outside {rule.low} to {rule.high}")


def parse(text: str, default: Any) -> Any:
    """Read an environment variable's text as the type of `default`.

    Lists are separated by commas. Raise ValueError.
    """
    if isinstance(default, bool):
        known = {"1": True, "true": True, "yes": True, "on": True}
        known |= {"0": False, "false": False, "no": False, "off": False}
        if text.strip().lower() not in known:
            raise ValueError(f"{text!r} is neither true nor false")
        return known[text.strip().lower()]
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return type(default)(text)


def from_environment(settings: type, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the defaults, each replaced by its environment variable where that is set.

    Raise ValueError that names the variable and what is allowed.
    """
    values: dict[str, Any] = {}
    for name, (default, rule) in rules(settings).items():
        variable = ENV_PREFIX + name.upper()
        values[name] = default
        if variable in environment:
            try:
                values[name] = parse(environment[variable], default)
                check(name, values[name], rule)
            except ValueError as error:
                raise ValueError(f"{variable}: {error}") from None
    return values
