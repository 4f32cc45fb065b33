"""The real commentator with the tiny MiniCPM-o checkpoint and vocoder, on a CPU, over DDS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from video_commentary.srv import Say

from test.engines.minicpmo.conftest import DATA
from test.engines.minicpmo.token2wav import add_voice
from test.nodes.graph import Probe, probe, process
from video_commentary.ros.time import to_seconds

pytestmark = pytest.mark.timeout(180)

SLOW = 90.0
"""Seconds: a busy machine without a GPU loads torch and speaks at its own pace."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    shutil.copytree(DATA / "checkpoint", folder, dirs_exist_ok=True)
    add_voice(folder, DATA)
    return folder


@pytest.fixture(scope="module")
def graph(model: Path) -> Iterator[Probe]:
    parameters = {
        "engine": "minicpmo",
        "model_path": str(model),
        "device": "cpu",
        "speech_steps": "2",
        "max_tokens": "16",
        "max_tokens_brief": "16",
        "engine_timeout": "60.0",
    }
    arguments = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    with (
        process(
            "-m",
            "video_commentary.nodes.commentator",
            "--ros-args",
            *arguments,
            env={"OMP_NUM_THREADS": "1"},
        ),
        probe() as it,
    ):
        yield it


def test_the_native_voice_is_heard_with_its_words(graph: Probe) -> None:
    graph.film(lambda: any(e.text and to_seconds(e.first_sound) for e in graph.finals), SLOW)
    graph.film(lambda: any(np.any(message.data) for message in graph.got["audio"]), SLOW)
    graph.film(lambda: graph.status() and graph.status().voice == "the engine's own")
    info = graph.got["audio_info"][0]
    assert (info.sample_rate, info.channels) == (48_000, 1)


def test_the_native_voice_says_a_sentence_of_the_callers(graph: Probe) -> None:
    request = Say.Request(text="Mind the step, please.", interrupt=True)
    reply = graph.call(Say, "/commentator/say", request)
    assert (reply.success, reply.message) == (True, "")
    graph.film(lambda: any(e.text == request.text for e in graph.finals), SLOW)
    said = next(e for e in graph.finals if e.text == request.text)
    assert not said.cancelled
    assert to_seconds(said.first_sound)


def test_it_stops_within_a_chunk_and_goes_on_cleanly(graph: Probe) -> None:
    graph.film(lambda: any(np.any(message.data) for message in graph.got["audio"]), SLOW)
    assert graph.enable(False).success
    graph.spin(1.0)
    heard = len([m for m in graph.got["audio"] if np.any(m.data)])
    graph.spin(1.5)
    assert len([m for m in graph.got["audio"] if np.any(m.data)]) == heard
    assert graph.enable(True).success
    graph.film(lambda: len([m for m in graph.got["audio"] if np.any(m.data)]) > heard + 5, SLOW)
