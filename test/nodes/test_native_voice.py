"""The real commentator with the tiny MiniCPM-o checkpoint and vocoder, on a CPU, over DDS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from video_commentary.msg import Alert
from video_commentary.srv import AddWatch, ListWatches, Say

from test.engines.minicpmo.conftest import DATA
from test.engines.minicpmo.token2wav import add_voice
from test.nodes.graph import Probe, probe, process
from video_commentary.ros.images import decode_jpeg
from video_commentary.ros.qos import EVENTS
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
        "watches_file": str(model / "watches.json"),
        # random weights: any probability is a yes
        "watch_threshold": "0.001",
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


def test_it_judges_watches_in_the_pauses(graph: Probe) -> None:
    graph.hear(Alert, "alerts", EVENTS)
    watched = ("the toast is ready", "tell me when a person falls")
    for condition in watched:
        request = AddWatch.Request(condition=condition, cooldown=600.0, speak=True)
        added = graph.call(AddWatch, "/commentator/add_watch", request)
        assert added.success, added.message
        assert added.message.endswith("(judged by the model)")
    graph.film(lambda: len(graph.got["alerts"]) == len(watched), SLOW)
    toast, fall = sorted(graph.got["alerts"], key=lambda alert: alert.watch)
    assert (toast.text, fall.text) == ("The toast is ready.", "A person falls.")
    for alert in (toast, fall):
        assert 0.001 <= alert.confidence <= 1.0
        assert alert.header.frame_id == "eye" and to_seconds(alert.header.stamp) > 0
        assert [seen.has_box for seen in alert.evidence] == [False]
        picture = decode_jpeg(bytes(alert.thumbnail))
        assert picture is not None and max(picture.shape) <= 160
    listed = graph.call(ListWatches, "/commentator/list_watches", ListWatches.Request()).watches
    assert [watch.meaning for watch in listed] == [
        "the toast is ready (judged by the model)",
        "a person falls (judged by the model)",
    ]
    graph.film(lambda: {toast.text, fall.text} <= {event.text for event in graph.finals}, SLOW)
    assert graph.ask("What is it?", quiet=True).success
