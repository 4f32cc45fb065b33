"""The settings of the listener node: a part of the table in settings.py."""

from __future__ import annotations

from dataclasses import dataclass

from .node_settings import NodeSettings
from .registry import RECOGNIZERS
from .rules import setting

COMMENTATOR_NODE = "Name of the commentator, with its namespace"


@dataclass(frozen=True)
class ListenerSettings(NodeSettings):
    """Settings of the listener node. Secrets come from the environment: docs/listening.md."""

    # what it hears
    sound_topics: tuple[str, ...] = setting(
        ("bridge/microphone",),
        "Topics of sound to listen to (audio_common_msgs/AudioDataStamped or AudioData)",
    )
    microphone: bool = setting(False, "Whether to listen to this machine's microphone")
    microphone_device: str = setting(
        "", "That microphone, by part of its name; empty for the system's default"
    )
    # whom it steers
    commentator_node: str = setting("commentator", COMMENTATOR_NODE)
    # what a sentence asks for
    chooser_url: str = setting(
        "",
        "URL of an OpenAI-compatible chat server, up to and with /v1, that chooses what a sentence "
        "asks for where the rules don't know; empty for rules only",
    )
    chooser_model: str = setting("", "Model of that server; empty for its first")
    send_sound: bool = setting(
        False,
        "Whether a question's sound goes to the commentator with its words, for an engine that "
        "hears",
        live=True,
    )
    # from speech to words
    recognizer: str = setting(
        "whisper",
        "What turns speech into words: whisper on this machine, or openai, a server to which the "
        "sound is sent",
        plugins=RECOGNIZERS,
    )
    recognizer_model: str = setting(
        "",
        "Model of the recognizer: a folder or a name of faster-whisper, or a name that the server "
        "knows; empty for `fetch_model ears`, or the server's whisper-1",
    )
    recognizer_url: str = setting(
        "", "URL of the server for recognizer openai, up to and with /v1; empty for OpenAI's"
    )
    language: str = setting(
        "en", "Language that is spoken (en, de, ...); empty to find out, with a multilingual model"
    )
    # to whom it listens
    wake: str = setting(
        "", "Wake word with which a sentence to the robot begins; empty to always listen", live=True
    )
    allowed_speakers: tuple[str, ...] = setting(
        ("",),
        "Names of those who are listened to, where the stream knows who speaks; empty for all",
        live=True,
    )
    # when it stops the robot
    barge_in: bool = setting(
        True, "Whether speech quietens and then stops what the robot is saying", live=True
    )
    end_of_utterance_min: float = setting(
        0.4, "Silence after a finished sentence that ends the utterance, s", low=0.2, high=3.0
    )
    end_of_utterance_max: float = setting(
        1.0, "Silence that ends any utterance, s", low=0.2, high=5.0
    )
