"""Every setting of every node, with its default, range and description, in one place.

ROS parameters, environment variables (VIDEO_COMMENTARY_<NAME>), launch files and the README's
tables are all made from these dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass

from .rules import setting

ENGINES = ("builtin", "minicpmo", "server")


@dataclass(frozen=True)
class CommentatorSettings:
    """Settings of the commentator node."""

    # camera
    image_topics: tuple[str, ...] = setting(
        ("/camera/image_raw",), "Image topics to watch, one per camera", live=True
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
        1.0,
        "How much the picture must change to count: higher ignores more",
        low=0.1,
        high=10.0,
        live=True,
    )
    context_comments: int = setting(
        3, "Recent comments told to the engine against repetition", low=0, high=16, live=True
    )
    # pace
    breathing_pause: float = setting(
        1.0, "Silence between two spoken comments, s", low=0.0, high=60.0, live=True
    )
    engine_timeout: float = setting(
        20.0,
        "Longest wait for an engine's next words, s, before it counts as hung",
        low=0.5,
        high=600.0,
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
    max_slice_nums: int = setting(
        1, "Slices a frame is cut into, for small text and far faces; costs time", low=1, high=3
    )
    context_tokens: int = setting(
        4096, "Tokens that prompt, frames (66 each) and answer share", low=512, high=40960
    )
    int8_lm_head: bool = setting(
        False, "Hold the model's output layer in 8 bits: 0.6 GB less, slightly rounded"
    )
    greedy: bool = setting(False, "Always take the likeliest word instead of drawing one")
    temperature: float = setting(0.7, "Variety of the drawn words", low=0.05, high=2.0)
    top_p: float = setting(
        0.8, "Draw among the likeliest words of this total probability", low=0.05, high=1.0
    )
    top_k: int = setting(
        100, "Draw among so many of the likeliest words; 0 for all", low=0, high=1000
    )
    repetition_penalty: float = setting(
        1.02, "Penalty on words already in the comment; 1 for none", low=1.0, high=2.0
    )
    # native speech (engine minicpmo, voice auto)
    speech_steps: int = setting(
        10, "Steps of the voice's flow; fewer are faster and rougher", low=1, high=50
    )
    speech_dtype: str = setting(
        "float16",
        "Numbers the voice is computed in on a GPU",
        choices=("float16", "bfloat16", "float32"),
    )
    voice_reference: str = setting(
        "", "16-bit mono WAV file of the voice to speak with, 3-30 s; empty for the model's own"
    )
    # engine server
    server_url: tuple[str, ...] = setting(
        ("http://127.0.0.1:8000/v1",),
        "OpenAI-compatible servers with the same model, for the server engine; up to /v1",
    )
    server_model: str = setting(
        "", "Model to ask for; empty for the first that the server names in /v1/models"
    )
    server_speech: bool = setting(
        True, "Use the server's own speech where it has any (vLLM-Omni) and voice is auto"
    )
    server_first_timeout: float = setting(
        15.0,
        "Longest wait for a server's first word, s (engine_timeout limits it too)",
        low=0.5,
        high=600.0,
    )
    server_next_timeout: float = setting(
        5.0, "Longest wait between two words of a server, s", low=0.1, high=600.0
    )
    server_image_side: int = setting(
        448, "Frames are sent at most this large, pixels of the longer side", low=32, high=4096
    )
    server_jpeg_quality: int = setting(
        80, "JPEG quality of the frames that are sent", low=1, high=100
    )
    server_extra: str = setting(
        "",
        "More request fields, as a JSON object, "
        'such as {"chat_template_kwargs": {"enable_thinking": false}}',
    )


@dataclass(frozen=True)
class SourceSettings:
    """Settings of the source node."""

    source: str = setting(
        "test", "test, a file, rtsp://..., http://... (MJPEG) or /dev/video<n>", live=True
    )
    image_topic: str = setting("/camera/image_raw", "Topic to publish on")
    frame_id: str = setting("camera", "frame_id of the published images")
    publish: str = setting(
        "raw",
        "raw, compressed (JPEG on <topic>/compressed) or both",
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
        5.0,
        "Seconds without a new picture after which a stream is opened again",
        low=0.5,
        high=120.0,
    )


@dataclass(frozen=True)
class SpeakerSettings:
    """Settings of the speaker node."""

    audio_topic: str = setting("/commentator/audio_stamped", "Sound to play")
    sound_device: str = setting(
        "", "Sound card, by part of its name; empty for the system's default"
    )
    latency: float = setting(0.1, "Sound kept ready against gaps, s", low=0.02, high=2.0)


@dataclass(frozen=True)
class BridgeSettings:
    """Settings of the bridge node. Secrets come from the environment: docs/bridge.md."""

    # where it listens
    listen: str = setting(
        "127.0.0.1", "Address to listen on; 0.0.0.0 for all, which needs a token (docs/bridge.md)"
    )
    port: int = setting(8199, "TCP port to listen on", low=1, high=65535)
    allowed_hosts: str = setting(
        "",
        "Names, separated by commas, under which the page may be opened beside localhost, this "
        "machine's name and IP addresses; needed behind a proxy, and then a token is too",
    )
    max_clients: int = setting(
        100, "Streams served at once; more are told to come later", low=1, high=1000
    )
    # what it shows
    commentator_node: str = setting("commentator", "Name of the commentator, with its namespace")
    view_topic: str = setting("/camera/image_raw", "Image topic to show")
    view_transport: str = setting(
        "auto",
        "auto (compressed where that is published), raw, or compressed (<topic>/compressed)",
        choices=("auto", "raw", "compressed"),
    )
    view_jpeg_quality: int = setting(
        80, "Quality of what is compressed here", low=1, high=100, live=True
    )
    view_max_side: int = setting(
        1280, "Larger raw images are shrunk, pixels of the longer side", low=64, high=7680
    )
    buffer_seconds: float = setting(30.0, "Pictures kept to be shown later, s", low=1.0, high=300.0)
    buffer_megabytes: int = setting(64, "Memory for these at the most, MB", low=1, high=4096)
    # LiveKit: LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET turn it on
    livekit_room: str = setting("commentary", "LiveKit room to join")
    livekit_identity: str = setting("robot", "Name of the bridge in that room")
    livekit_public_url: str = setting(
        "", "The LiveKit server's address for browsers, where LIVEKIT_URL is not; wss://..."
    )
    livekit_video: bool = setting(False, "Publish the camera in the room, delayed as on the page")
    livekit_camera: str = setting(
        "", "Participant whose camera becomes phone_topic; empty for whoever publishes one first"
    )
    phone_topic: str = setting(
        "/phone/image_raw", "Topic on which a LiveKit participant's camera is published"
    )
