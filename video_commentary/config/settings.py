"""Every setting of every node, with its default, range and description, in one place.

ROS parameters, environment variables (VIDEO_COMMENTARY_<NAME>), launch arguments, config/*.yaml
and .env.example are all made from these dataclasses and from those of the plug-ins.
"""

from __future__ import annotations

from dataclasses import dataclass

from .listener_settings import COMMENTATOR_NODE, ListenerSettings
from .memory_settings import MemorySettings
from .node_settings import NodeSettings
from .registry import ENGINES, SOURCES, VOICES
from .rules import setting

_LISTENER_NODE = "Name of the listener to give way to, with its namespace; empty for none"
_MEMORY_NODE = "Name of the memory for history and questions about the past, with its namespace"


@dataclass(frozen=True)
class CommentatorSettings(NodeSettings):
    """Settings of the commentator node."""

    # camera
    image_topics: tuple[str, ...] = setting(
        ("/camera/image_raw",), "Image topics to watch, one per camera", live=True
    )
    image_transport: str = setting(
        "auto",
        "raw (sensor_msgs/Image), compressed (sensor_msgs/CompressedImage on <topic>/compressed), "
        "or auto: compressed if that is published and the publisher is on another machine or raw "
        "images do not arrive",
        choices=("auto", "raw", "compressed"),
    )
    max_image_side: int = setting(
        1280,
        "Longer side, in pixels, to which larger images are scaled down on arrival",
        low=64,
        high=7680,
    )
    # window
    capture_fps: float = setting(
        2.0, "Frames per second kept for requests, chosen by header stamp", low=0.1, high=30.0
    )
    window_capacity: int = setting(
        32, "Frames in the sliding window of each camera", low=1, high=256
    )
    frames_per_request: int = setting(4, "Frames in one request", low=1, high=32)
    frame_stride: int = setting(
        2, "Stride: every n-th frame of the window goes into a request", low=1, high=32
    )
    # what to say
    engine: str = setting("builtin", "Engine that watches and comments", plugins=ENGINES)
    facts: bool = setting(
        False,
        "Whether the built-in engine looks beside another one: ~/events, ~/detections, watches",
    )
    hear: bool = setting(
        False,
        "Whether an engine that can hear gets the sound of sound_topic; minicpmo takes 0.8 GB "
        "for it",
    )
    sound_topic: str = setting(
        "/audio/audio_stamped",
        "Topic of the scene's sound, one microphone (audio_common_msgs/AudioDataStamped or "
        "AudioData, with AudioInfo on audio_info beside it), if hear is on",
    )
    watches_file: str = setting(
        "", "File of watches; empty for one named after the node, in ~/.ros/video_commentary"
    )
    watch_threshold: float = setting(
        0.7,
        "Probability from which a condition holds that the engine's model judges for a watch",
        low=0.0,
        high=1.0,
    )
    alert_webhook: str = setting(
        "", "URL to which each alert of a watch is posted; empty for none (docs/watches.md)"
    )
    memory_node: str = setting("memory", _MEMORY_NODE)
    profile: str = setting(
        "commentator", "Profile, the style of the comments: a name from profiles.yaml", live=True
    )
    profiles_file: str = setting("", "Another profiles.yaml; empty for the package's own")
    instruction: str = setting(
        "", "What to comment on, in plain language; empty for everything", live=True
    )
    enabled: bool = setting(True, "Whether to comment; ~/set_enabled sets it too", live=True)
    autostart: bool = setting(
        True, "Configure and activate at start; false leaves that to a lifecycle manager"
    )
    max_tokens: int = setting(
        64, "Maximum length of a comment, in tokens", low=8, high=512, live=True
    )
    max_tokens_brief: int = setting(
        32,
        "Maximum length of a comment when little has changed, in tokens",
        low=8,
        high=512,
        live=True,
    )
    change_threshold: float = setting(
        1.0,
        "Change threshold: the higher, the more the picture must change to count as changed",
        low=0.1,
        high=10.0,
        live=True,
    )
    context_comments: int = setting(
        3,
        "Recent comments given to the engine, so that it does not repeat them",
        low=0,
        high=16,
        live=True,
    )
    # pace
    breathing_pause: float = setting(
        1.0, "Pause between two spoken comments, in seconds", low=0.0, high=60.0, live=True
    )
    engine_timeout: float = setting(
        20.0, "Seconds without output after which an engine counts as hung", low=0.5, high=600.0
    )
    # voice
    voice: str = setting(
        "auto",
        "Voice: auto takes the engine's own, else neural, else espeak; none is text only",
        plugins=VOICES,
    )
    voice_language: str = setting(
        "en",
        "Language of the voice, as espeak-ng names it; neural speaks English only. The built-in "
        "engine comments in de, en and es",
    )
    volume: float = setting(
        1.0,
        "Gain of the speech: 1 as the voice makes it, 2 twice that, with its peaks cut off",
        low=0.0,
        high=4.0,
        live=True,
    )
    listener_node: str = setting("listener", _LISTENER_NODE)


@dataclass(frozen=True)
class SourceSettings(NodeSettings):
    """Settings of the source node."""

    source: str = setting(
        "test",
        "What to publish: test, a file, rtsp://..., http://... (MJPEG), /dev/video<n>, or "
        "<name>://... of a plug-in",
        live=True,
        plugins=SOURCES,
    )
    image_topic: str = setting("/camera/image_raw", "Image topic to publish on")
    frame_id: str = setting("camera", "frame_id of the published images")
    publish: str = setting(
        "raw",
        "raw, compressed (JPEG on <topic>/compressed) or both",
        choices=("raw", "compressed", "both"),
    )
    jpeg_quality: int = setting(
        80, "JPEG quality of the compressed images", low=1, high=100, live=True
    )
    loop: bool = setting(True, "Restart a file when it ends; false stops there", live=True)
    width: int = setting(640, "Width of the test scene and of a device, pixels", low=64, high=7680)
    height: int = setting(
        480, "Height of the test scene and of a device, pixels", low=64, high=4320
    )
    fps: float = setting(
        30.0, "Frame rate of the test scene and of a device, Hz", low=1.0, high=240.0
    )
    clock: bool = setting(False, "Draw a clock into the test scene")
    freeze_timeout: float = setting(
        5.0,
        "Seconds without a new picture after which a stream is reopened",
        low=0.5,
        high=120.0,
    )


@dataclass(frozen=True)
class SpeakerSettings(NodeSettings):
    """Settings of the speaker node."""

    audio_topic: str = setting(
        "/commentator/audio_stamped", "Topic to play (audio_common_msgs/AudioDataStamped)"
    )
    sound_device: str = setting(
        "", "Sound card, by part of its name; empty for the system's default"
    )
    latency: float = setting(
        0.1, "Sound buffered before it plays, against gaps, in seconds", low=0.02, high=2.0
    )
    listener_node: str = setting("listener", _LISTENER_NODE)


@dataclass(frozen=True)
class BridgeSettings(NodeSettings):
    """Settings of the bridge node. Secrets come from the environment: docs/bridge.md."""

    # where it listens
    listen: str = setting(
        "127.0.0.1", "Address to listen on; 0.0.0.0 for all, which needs a token (docs/bridge.md)"
    )
    port: int = setting(8199, "TCP port to listen on", low=1, high=65535)
    allowed_hosts: str = setting(
        "",
        "Host names, separated by commas, under which the page may be opened besides localhost, "
        "this machine's name and its IP addresses; needed behind a proxy, and requires a token",
    )
    max_clients: int = setting(
        100, "Streams served at once; further clients get 503 with Retry-After", low=1, high=1000
    )
    # what it shows
    commentator_node: str = setting("commentator", COMMENTATOR_NODE)
    memory_node: str = setting("memory", _MEMORY_NODE)
    listener_node: str = setting("listener", _LISTENER_NODE)
    view_topic: str = setting("/camera/image_raw", "Image topic to show")
    view_transport: str = setting(
        "auto",
        "auto (compressed if that is published), raw, or compressed (<topic>/compressed)",
        choices=("auto", "raw", "compressed"),
    )
    view_jpeg_quality: int = setting(
        80, "JPEG quality of pictures that the bridge compresses", low=1, high=100, live=True
    )
    view_max_side: int = setting(
        1280,
        "Longer side, in pixels, to which larger raw images are scaled down",
        low=64,
        high=7680,
    )
    buffer_seconds: float = setting(
        30.0, "Length of the buffer of pictures for delayed display, s", low=1.0, high=300.0
    )
    buffer_megabytes: int = setting(64, "Maximum size of that buffer, MB", low=1, high=4096)
    # LiveKit: LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET turn it on
    livekit_room: str = setting("commentary", "LiveKit room to join")
    livekit_identity: str = setting("robot", "Identity of the bridge in that room")
    livekit_public_url: str = setting(
        "", "URL of the LiveKit server for browsers (wss://...), if they can't reach LIVEKIT_URL"
    )
    livekit_video: bool = setting(False, "Publish the camera in the room, with the page's delay")
    livekit_camera: str = setting(
        "",
        "Identity of the participant whose camera goes to phone_topic; empty for the first to "
        "publish one",
    )
    phone_topic: str = setting(
        "/phone/image_raw", "Image topic for the camera of a LiveKit participant"
    )
    phone_timeout: float = setting(
        5.0,
        "Seconds without that camera, while it is watched, after which the robot's own is watched "
        "again",
        low=1.0,
        high=3600.0,
    )


NODE_SETTINGS: dict[str, type[NodeSettings]] = {
    "commentator": CommentatorSettings,
    "source": SourceSettings,
    "bridge": BridgeSettings,
    "speaker": SpeakerSettings,
    "listener": ListenerSettings,
    "memory": MemorySettings,
}
"""The settings of each node, by the node's name."""
