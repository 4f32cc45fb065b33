from __future__ import annotations

from video_commentary.tools.problem_log import SETTLE, SILENT, Problem, ProblemLog

NOBODY = Problem("nobody publishes /camera: start the camera", error=False)
BROKEN = Problem("no such file", error=True)


class Demo:
    """A log of two nodes that report once a second, and what it has printed."""

    def __init__(self) -> None:
        self.now = 100.0
        self.log = ProblemLog(["source", "bridge"], self.now)
        self.printed: list[str] = []

    def report(
        self, seconds: float, source: Problem | None = None, bridge: Problem | None = None
    ) -> list[str]:
        """Let both report for some seconds; return the lines printed meanwhile."""
        before, end = len(self.printed), self.now + seconds
        while self.now < end:
            self.log.report("source", {"pictures": source}, self.now)
            self.log.report("bridge", {"camera": bridge, "web": None}, self.now)
            self.printed += self.log.due(self.now)
            self.now += 1.0
        return self.printed[before:]


def test_an_error_is_printed_at_once_and_once() -> None:
    demo = Demo()
    demo.log.report("source", {"pictures": BROKEN}, demo.now)
    assert demo.log.due(demo.now) == ["source: no such file"]
    assert demo.report(30.0, source=BROKEN) == []


def test_a_warning_is_printed_once_it_lasts() -> None:
    demo = Demo()
    assert demo.report(2.0, bridge=NOBODY) == []
    assert demo.report(30.0, bridge=NOBODY) == [f"bridge: {NOBODY.message}"]


def test_warnings_wait_for_every_node() -> None:
    demo = Demo()
    for _ in range(10):
        demo.log.report("bridge", {"camera": NOBODY}, demo.now)
        assert demo.log.due(demo.now) == []
        assert demo.log.missing == ["source"]
        demo.now += 1.0
    demo.log.report("source", {"pictures": None}, demo.now)
    assert demo.log.missing == []
    assert demo.log.due(demo.now) == []
    demo.log.report("bridge", {"camera": None}, demo.now + 1)
    assert demo.log.due(demo.now + 2 * SETTLE) == []


def test_it_is_printed_again_after_it_was_well() -> None:
    demo = Demo()
    demo.report(5.0, source=BROKEN)
    assert demo.report(5.0) == ["all well again"]
    assert demo.report(5.0, source=BROKEN) == ["source: no such file"]


def test_another_message_is_printed_and_counting_seconds_are_not() -> None:
    demo = Demo()
    printed = []
    for seconds in range(1, 9):
        problem = Problem(f"no picture from /video1 for {seconds} s", error=True)
        printed += demo.report(1.0, source=problem)
    assert printed == ["source: no picture from /video1 for 1 s"]
    other = Problem("no picture from /video2 for 9 s", error=True)
    assert demo.report(1.0, source=other) == ["source: no picture from /video2 for 9 s"]


def test_what_two_nodes_report_alike_is_printed_once() -> None:
    demo = Demo()
    assert demo.report(10.0, source=NOBODY, bridge=NOBODY) == [f"source: {NOBODY.message}"]


def test_a_check_that_is_no_longer_reported_is_forgotten() -> None:
    demo = Demo()
    demo.report(1.0, source=BROKEN)
    demo.log.report("source", {"another": None}, demo.now)
    assert demo.log.due(demo.now) == ["all well again"]


def test_a_node_that_falls_silent_is_named_until_it_reports_again() -> None:
    demo = Demo()
    demo.report(3.0)
    demo.now += SILENT
    printed = demo.log.due(demo.now)
    assert [line.split(":")[0] for line in printed] == ["source", "bridge"]
    assert "see its log" in printed[0]
    assert demo.report(3.0) == ["all well again"]


def test_nodes_of_others_are_ignored() -> None:
    demo = Demo()
    demo.log.report("navigation", {"map": BROKEN}, demo.now)
    assert demo.log.due(demo.now) == []
