"""Watches over DDS: added, found, spoken, listed, kept over a restart, removed."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from video_commentary.msg import Alert
from video_commentary.srv import AddWatch, ListWatches, RemoveWatch

from test.nodes.graph import Probe, commentator, probe, process
from test.nodes.test_webhook import Server, statuses
from video_commentary.config.paths import models_dir
from video_commentary.engines.builtin.engine import MODEL_FILE
from video_commentary.ros.images import decode_jpeg
from video_commentary.ros.qos import EVENTS
from video_commentary.sources.scene import StreetScene


def add(graph: Probe, condition: str, **fields: Any) -> Any:
    request = AddWatch.Request(condition=condition, **fields)
    return graph.call(AddWatch, "/commentator/add_watch", request)


def listed(graph: Probe) -> Any:
    return graph.call(ListWatches, "/commentator/list_watches", ListWatches.Request()).watches


def remove(graph: Probe, number: int) -> Any:
    return graph.call(RemoveWatch, "/commentator/remove_watch", RemoveWatch.Request(id=number))


def test_a_watch_finds_speaks_and_outlives_the_node(tmp_path: Path) -> None:
    file = f"watches_file:={tmp_path / 'watches.json'}"
    with probe() as graph:
        graph.hear(Alert, "alerts", EVENTS)
        with commentator("long", file, voice="speaks"):
            graph.film(lambda: graph.got["audio"])
            added = add(graph, "somebody comes in", name="door", cooldown=600.0, speak=True)
            assert (added.success, added.id) == (True, 1)
            assert added.message == "watching for: a person comes into view"
            graph.film(lambda: graph.got["alerts"])
            alert = graph.got["alerts"][0]
            assert (alert.watch, alert.name, alert.condition) == (1, "door", "somebody comes in")
            assert alert.text == "A person comes into view on the left."
            assert (alert.header.frame_id, alert.confidence) == ("eye", 0.5)
            assert [seen.name for seen in alert.evidence] == ["person"]
            picture = decode_jpeg(bytes(alert.thumbnail))
            assert picture is not None and max(picture.shape) <= 160
            graph.film(lambda: [e for e in graph.finals if e.text == alert.text])
            spoken = next(e for e in graph.finals if e.text == alert.text)
            assert spoken.first_sound.sec
            assert any(e.cancelled for e in graph.finals), "no comment gave way"

            refused = add(graph, "the toast is ready")
            assert (refused.success, refused.id) == (False, 0)
            assert "say who or what" in refused.message
            elsewhere = add(graph, "a dog", camera="ear")
            assert "no camera is called ear: eye" in elsewhere.message
            assert remove(graph, 7).message == "there is no watch 7: there are 1, 2"
            assert remove(graph, 2).success
        with commentator("says", file):
            graph.until(lambda: graph.status() and graph.status().state != "away")
            (kept,) = listed(graph)
            assert (kept.id, kept.name, kept.cooldown, kept.speak) == (1, "door", 600.0, True)
            assert (kept.meaning, kept.alerts) == ("a person comes into view", 0)
            graph.film(lambda: len(graph.got["alerts"]) == 2)
            (kept,) = listed(graph)
            assert kept.alerts == 1
            assert kept.last_alert == graph.got["alerts"][1].header.stamp
            assert "text only" in add(graph, "a dog", speak=True).message
            assert add(graph, "a cat").id == 4, "an id is used twice"


def test_without_facts_a_watch_is_refused_with_what_to_set(tmp_path: Path) -> None:
    path = tmp_path / "watches.json"
    path.write_text("{", encoding="utf-8")
    arguments = ["engine:=test.fakes:FakeEngine", "voice:=none", f"watches_file:={path}"]
    words = [word for argument in arguments for word in ("-p", argument)]
    node = ("-m", "video_commentary.nodes.commentator", "--ros-args", *words)
    with process(*node) as running, probe() as graph:
        refused = add(graph, "a person enters")
        assert not refused.success
        assert "start the commentator with facts:=true" in refused.message
        assert listed(graph) == []
        assert "watches.json.damaged" in running.output()


def test_an_alert_is_posted_where_the_setting_says(tmp_path: Path) -> None:
    with closing(Server(statuses(200))) as server, probe() as graph:
        url = f"alert_webhook:={server.url}"
        with commentator("says", f"watches_file:={tmp_path / 'watches.json'}", url) as running:
            assert add(graph, "a person enters", name="door", cooldown=600.0).success
            graph.film(lambda: not server.requests.empty())
            posted = json.loads(server.requests.get()[2])
            assert (posted["watch"], posted["name"], posted["camera"]) == (1, "door", "eye")
            assert posted["text"] == "A person comes into view on the left."
            assert posted["evidence"][0]["box"]["left"] == 0.25
            assert decode_jpeg(base64.b64decode(posted["thumbnail"].partition(",")[2])) is not None
            assert "set VIDEO_COMMENTARY_ALERT_SECRET" in running.output()


@pytest.mark.skipif(
    not (models_dir() / MODEL_FILE).is_file(), reason="no detector weights: fetch_model builtin"
)
def test_with_facts_watches_work_beside_an_engine_that_only_writes(tmp_path: Path) -> None:
    arguments = ["engine:=test.fakes:FakeEngine", "facts:=true", "voice:=none"]
    arguments.append(f"watches_file:={tmp_path / 'watches.json'}")
    words = [word for argument in arguments for word in ("-p", argument)]
    node = ("-m", "video_commentary.nodes.commentator", "--ros-args", *words)
    street = StreetScene(640, 480, 10.0)
    with process(*node), probe() as graph:
        graph.hear(Alert, "alerts", EVENTS)
        graph.film(lambda: graph.finals, image=street.frame(40)[0])
        added = add(graph, "anything enters", speak=True)
        assert added.success, added.message
        for number in range(55, 400):  # somebody comes in from the left
            graph.picture(image=street.frame(number)[0])
            graph.spin(0.1)
            if graph.got["alerts"]:
                break
        else:
            pytest.fail("nothing is seen")
        alert = graph.got["alerts"][0]
        assert "comes into view" in alert.text
        assert any(seen.has_box for seen in alert.evidence)
        graph.film(lambda: [e for e in graph.finals if e.text == alert.text])
