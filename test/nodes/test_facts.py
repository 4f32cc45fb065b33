"""The built-in engine beside another one, over DDS, on the drawn street."""

from __future__ import annotations

from typing import Any

import pytest
from vision_msgs.msg import Detection2DArray, LabelInfo

from test.nodes.graph import probe, process
from video_commentary.config.paths import models_dir
from video_commentary.engines.builtin.engine import MODEL_FILE
from video_commentary.ros.qos import EVENTS, LATCHED
from video_commentary.sources.scene import StreetScene

pytestmark = pytest.mark.skipif(
    not (models_dir() / MODEL_FILE).is_file(), reason="no detector weights: fetch_model builtin"
)


def test_facts_come_beside_an_engine_that_only_writes() -> None:
    arguments = ["engine:=test.fakes:FakeEngine", "facts:=true", "voice:=none"]
    words = [word for argument in arguments for word in ("-p", argument)]
    node = ("-m", "video_commentary.nodes.commentator", "--ros-args", *words)
    street = StreetScene(640, 480, 10.0)
    with process(*node), probe() as graph:
        graph.hear(Detection2DArray, "detections", EVENTS)
        graph.hear(LabelInfo, "labels", LATCHED)

        def found() -> Any:
            return [m for m in graph.got["detections"] if m.detections] and graph.got["events"]

        graph.film(lambda: graph.finals, image=street.frame(40)[0])
        for number in range(55, 400):  # somebody comes in from the left
            graph.picture(image=street.frame(number)[0])
            graph.spin(0.1)
            if found():
                break
        else:
            pytest.fail("nothing is seen")
        graph.until(lambda: graph.got["labels"])
        names = {label.class_name for label in graph.got["labels"][-1].class_map}
        assert "person" in names
        assert {event.who for event in graph.got["events"]} & {"person", "something"}
        assert graph.finals[-1].text == "Hello there."
        assert not graph.finals[-1].evidence, "the words are another's"
