"""Showing what nodes report as wrong in /diagnostics, between the comments."""

from __future__ import annotations

import time
from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from video_commentary.msg import Status

from ..ros.messages import commentator_status
from ..ros.qos import LATCHED
from .problem_log import Problem, ProblemLog
from .say_client import SayClient
from .say_text import printable, summary
from .say_watch import REFRESH, CommentScreen, open_screen, show_comments


class DiagnosticsWatcher:
    """Shows comments, the commentator's state and the problems of several nodes on a screen.

    The commentator's status has its problems too; they are left to /diagnostics.
    """

    def __init__(self, client: SayClient, screen: CommentScreen, nodes: Sequence[str]) -> None:
        """Subscribe; `nodes` are named without their namespace, as /diagnostics names them."""
        self._screen = screen
        self._problems = ProblemLog(nodes, time.monotonic())
        show_comments(client, screen)
        client.node.create_subscription(Status, f"{client.name}/status", self._status, LATCHED)
        client.node.create_subscription(DiagnosticArray, "/diagnostics", self._report, 10)

    def check(self) -> None:
        """Show what is due by now."""
        for line in self._problems.due(time.monotonic()):
            self._screen.note(line)
        if missing := self._problems.missing:
            self._screen.status(f"starting: {', '.join(missing)}", "")

    def _status(self, message: Status) -> None:
        if not self._problems.missing:
            self._screen.status(summary(commentator_status(message)), "")

    def _report(self, array: DiagnosticArray) -> None:
        reports: dict[str, dict[str, Problem | None]] = {}
        for status in array.status:
            node, _, check = status.name.partition(": ")
            reports.setdefault(node, {})[check] = _problem(status)
        for node, checks in reports.items():
            self._problems.report(node, checks, time.monotonic())


def watch_diagnostics(client: SayClient, nodes: Sequence[str]) -> None:
    """Show comments and problems until ROS is shut down or the user interrupts."""
    with open_screen() as screen:
        watcher = DiagnosticsWatcher(client, screen, nodes)
        while client.spin(REFRESH):
            watcher.check()


def _problem(status: DiagnosticStatus) -> Problem | None:
    if status.level == DiagnosticStatus.OK:
        return None
    return Problem(printable(status.message), error=status.level != DiagnosticStatus.WARN)
