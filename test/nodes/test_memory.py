"""The memory node in a separate process, over DDS."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from video_commentary.msg import Alert, Commentary, Event
from video_commentary.srv import History, Recall, Recap

from test.nodes.graph import Probe, Process, commentator, probe, process
from test.nodes.test_robot_location import transforms
from video_commentary.ros.qos import LATCHED
from video_commentary.ros.time import to_time

HELLO = "Hello."
COMMENTS, EVENTS = "/commentator/commentary_events", "/commentator/events"


@contextmanager
def memory(path: Path, *parameters: str) -> Iterator[Process]:
    given = [f"memory_path:={path}", *parameters]
    arguments = [word for parameter in given for word in ("-p", parameter)]
    with process("-m", "video_commentary.nodes.memory", "--ros-args", *arguments) as running:
        yield running


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        yield it


def say(graph: Probe, text: str, stamp: float, final: bool = True, **fields: Any) -> None:
    header = Header(stamp=to_time(stamp), frame_id="eye")
    message = Commentary(header=header, text=text, final=final, **fields)
    graph.publish(Commentary, COMMENTS, message, True)


def see(graph: Probe, kind: str, who: str, stamp: float, **fields: Any) -> None:
    header = Header(stamp=to_time(stamp), frame_id="eye")
    values = {"count": -1} | fields
    graph.publish(Event, EVENTS, Event(header=header, kind=kind, who=who, **values), True)


def connect(graph: Probe, pictures: bool = True) -> None:
    """Wait until the memory hears comments and events and sees pictures."""

    def heard() -> bool:
        say(graph, HELLO, graph.now())
        see(graph, "light", "camera", graph.now())
        if pictures:
            graph.picture()
        graph.spin(0.1)
        got = history(graph, limit=200, thumbnails=True).entries
        return {entry.kind for entry in got} == {"comment", "event"} and (
            not pictures or len(got[0].thumbnail) > 0
        )

    end = time.monotonic() + 20
    while not heard():
        assert time.monotonic() < end, "the memory hears nothing"


def history(graph: Probe, **request: Any) -> Any:
    return graph.call(History, "/memory/history", History.Request(**request))


def stored(graph: Probe, number: int, **request: Any) -> list[Any]:
    """Wait for this many entries but those of `connect`; return them, the newest first."""
    return poll(graph, lambda: ours(history(graph, **request)), lambda got: len(got) >= number)


def ours(reply: Any) -> list[Any]:
    """Return the entries but those of `connect`."""
    return [entry for entry in reply.entries if entry.text != HELLO and entry.who != "camera"]


def poll(graph: Probe, read: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + 20
    while not good(got := read()):
        assert time.monotonic() < end, got
        graph.spin(0.05)
    return got


def picture_of(grey: int) -> Any:
    return np.full((240, 320, 3), grey, np.uint8)


def grey_of(jpeg: Any) -> float:
    picture = cv2.imdecode(np.frombuffer(bytes(jpeg), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (120, 160, 3)
    return float(picture.mean())


def test_an_alert_is_kept_with_its_own_picture(graph: Probe, tmp_path: Path) -> None:
    with memory(tmp_path / "m.db"):
        ok, jpeg = cv2.imencode(".jpg", picture_of(200)[::2, ::2])
        assert ok
        header = Header(stamp=to_time(graph.now()), frame_id="eye")
        alert = Alert(header=header, text="A person comes in.", thumbnail=jpeg.tobytes())

        def kept() -> Any:
            graph.publish(Alert, "/commentator/alerts", alert, True)
            return history(graph, kinds=["alert"], thumbnails=True).entries

        entry = poll(graph, kept, bool)[0]
        assert (entry.text, entry.camera) == ("A person comes in.", "eye")
        assert entry.stamp == header.stamp
        assert abs(grey_of(entry.thumbnail) - 200) < 3


def test_what_is_said_and_seen_is_kept_with_its_picture(graph: Probe, tmp_path: Path) -> None:
    places = tmp_path / "places.yaml"
    places.write_text("the dock: {x: 2, y: 3}")
    localization = graph.node.create_publisher(TFMessage, "/tf_static", LATCHED)
    localization.publish(transforms(("map", "base_link", 2.1, 3.4, 90.0)))
    with memory(tmp_path / "m.db", f"places_file:={places}"):
        connect(graph)
        now = graph.now() - 6.0
        for i in range(5):
            graph.picture(stamp=now + i, image=picture_of(50 * i))
            graph.spin(0.2)
        see(graph, "enters", "car", now + 1.0, where="left", colour="red")
        say(graph, "A red", now + 3.0, final=False)
        say(graph, "A red car comes in.", now + 3.0, sequence=1)
        say(graph, "One car.", now + 4.0, question="How many cars?", sequence=2)
        kept = stored(graph, 3, thumbnails=True)
        assert [(entry.kind, entry.text, entry.camera) for entry in kept] == [
            ("answer", "One car.", "eye"),
            ("comment", "A red car comes in.", "eye"),
            ("event", "A red car comes in from the left.", "eye"),
        ]
        assert kept[0].question == "How many cars?"
        assert (kept[2].event, kept[2].who, kept[2].where, kept[2].count) == (
            "enters",
            "car",
            "left",
            -1,
        )
        place = kept[2]
        assert (place.place, place.place_frame, place.has_fix) == ("the dock", "map", False)
        assert (place.x, place.y, place.yaw) == pytest.approx((2.1, 3.4, math.pi / 2))
        greys = [grey_of(entry.thumbnail) for entry in kept]
        assert greys == pytest.approx([200, 150, 50], abs=8)
        request = Recall.Request(question="When was the last car?")
        recalled = graph.call(Recall, "/memory/recall", request)
        assert recalled.success and recalled.answer.startswith("The last car was at ")
        assert [entry.id for entry in recalled.entries] == [kept[2].id]
        assert grey_of(recalled.entries[0].thumbnail) == pytest.approx(50, abs=8)
        request = Recall.Request(question="Where did you see the red car?")
        where = graph.call(Recall, "/memory/recall", request).answer
        assert "last seen near the dock, at 2.1, 3.4 m on the map" in where
        summary = graph.call(Recap, "/memory/recap", Recap.Request(period="the last hour"))
        assert summary.success and "one car came in" in summary.text.lower()
        assert (summary.answers, summary.alerts) == (1, 0) and summary.comments > 1
        assert graph.call(Recap, "/memory/recap", Recap.Request()).text == summary.text
        assert ("enters", "car", 1) in [(c.event, c.who, c.count) for c in summary.counts]


def test_pages_follow_one_another_and_new_entries_can_be_fetched(
    graph: Probe, tmp_path: Path
) -> None:
    with memory(tmp_path / "m.db", "memory_thumbnails:=false"):
        connect(graph, pictures=False)
        now = graph.now()
        for i in range(7):
            say(graph, f"c{i}", now - 60 + i)
        stored(graph, 7)
        past = {"end": to_time(now - 30), "limit": 4}
        first = history(graph, **past)
        second = history(graph, cursor=first.cursor, **past)
        assert [e.text for e in first.entries] == ["c6", "c5", "c4", "c3"]
        assert [e.text for e in second.entries] == ["c2", "c1", "c0"]
        assert second.cursor == ""
        newer = history(graph, after=first.entries[1].id)
        assert [e.text for e in ours(newer)] == ["c6"]
        assert [e.text for e in history(graph, query="c3").entries] == ["c3"]
        until = history(graph, start=to_time(now - 58.5), end=to_time(now - 56.5))
        assert [e.text for e in until.entries] == ["c3", "c2"]


def test_bad_requests_are_refused_with_what_is_allowed(graph: Probe, tmp_path: Path) -> None:
    with memory(tmp_path / "m.db", "memory_thumbnails:=false"):
        for request, words in (
            ({"kinds": ["comment", "dream"]}, "comment, event, alert, answer"),
            ({"limit": 201}, "above 200"),
            ({"cursor": "x"}, "cursor"),
            ({"query": "?!"}, "no word"),
        ):
            reply = history(graph, **request)
            assert not reply.success and words in reply.message
        recalled = graph.call(Recall, "/memory/recall", Recall.Request(question=" "))
        assert not recalled.success and "1 to 2000" in recalled.answer
        summary = graph.call(Recap, "/memory/recap", Recap.Request(period="when pigs flew"))
        assert not summary.success and "since noon" in summary.text
        request = Recap.Request(start=to_time(9.0), end=to_time(5.0))
        assert not graph.call(Recap, "/memory/recap", request).success


def test_a_killed_memory_has_all_that_it_had_stored(tmp_path: Path) -> None:
    number = 0
    for _ in range(2):
        with memory(tmp_path / "m.db") as running, probe() as graph:
            connect(graph)
            known: list[str] = []
            end = time.monotonic() + 2.0
            while time.monotonic() < end or not known:
                for _ in range(20):
                    number += 1
                    say(graph, f"comment {number}", graph.now())
                graph.picture()
                known = [entry.text for entry in ours(history(graph, limit=200))]
            assert running.stop(signal.SIGKILL)[0] == -signal.SIGKILL
        # another probe: for a while the old one would call the one that is gone
        with memory(tmp_path / "m.db") as running, probe() as graph:
            again = [entry.text for entry in ours(history(graph, limit=200))]
            later = again.index(known[0])
            assert again[later:] == known[: len(again) - later]
            assert "damaged" not in running.output()


def test_a_damaged_database_is_moved_aside_and_said_so(graph: Probe, tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(b"no database at all" * 500)
    with memory(path, "memory_thumbnails:=false") as running:
        connect(graph, pictures=False)
        say(graph, "It goes on.", graph.now())
        assert stored(graph, 1)[0].text == "It goes on."
        assert "moved to" in running.output() and "m.db.damaged-" in running.output()
        assert list(tmp_path.glob("m.db.damaged-*"))


def test_a_folder_that_cant_be_written_is_an_error_with_what_to_do(
    graph: Probe, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with memory(tmp_path / "file" / "m.db", "memory_thumbnails:=false"):
        graph.until(lambda: "can't be written" in graph.troubles(), what="the diagnostics")
        assert "Free space" in graph.troubles()
        reply = history(graph)
        assert not reply.success and "can't be opened" in reply.message


def test_retention_changes_while_it_runs(graph: Probe, tmp_path: Path) -> None:
    def set_days(days: float) -> Any:
        parameter = Parameter("memory_days", value=days).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        return graph.call(SetParameters, "/memory/set_parameters", request).results[0]

    with memory(tmp_path / "m.db", "memory_thumbnails:=false"):
        connect(graph, pictures=False)
        say(graph, "an hour ago", graph.now() - 3600)
        say(graph, "now", graph.now())
        stored(graph, 2)
        assert set_days(0.02).successful
        texts = poll(
            graph,
            lambda: [entry.text for entry in ours(history(graph))],
            lambda got: len(got) == 1,
        )
        assert texts == ["now"]
        refused = set_days(0.0)
        assert not refused.successful


def test_the_commentator_does_not_notice_a_memory_that_stands_still(
    graph: Probe, tmp_path: Path
) -> None:
    with commentator("says"), memory(tmp_path / "m.db") as remembering:
        graph.film(lambda: len(graph.finals) > 1)
        poll(
            graph,
            lambda: history(graph, kinds=["comment"]).entries,
            lambda got: any("frames of eye" in entry.text for entry in got),
        )
        remembering.popen.send_signal(signal.SIGSTOP)
        before = len(graph.finals)
        try:
            graph.film(lambda: len(graph.finals) > before + 3)
        finally:
            remembering.popen.send_signal(signal.SIGCONT)
