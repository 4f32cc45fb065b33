"""Showing the comments as they come: alive on a terminal, as plain lines elsewhere."""

from __future__ import annotations

import time
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from video_commentary.msg import Commentary, Status

from ..ros.qos import EVENTS, LATCHED
from .say_client import HOW_TO_START, Client
from .say_text import Said, line, said, summary

_GONE = 3.0
"""Seconds without a status after which the commentator counts as gone; it sends one a second."""
_REFRESH = 0.1


class Screen(Protocol):
    """Where comments are shown."""

    def grow(self, comment: Said) -> None:
        """Show a comment that is not finished yet."""
        ...

    def finish(self, comment: Said) -> None:
        """Show a finished comment for good."""
        ...

    def drop(self) -> None:
        """Forget the comment that was growing: it came to nothing."""
        ...

    def status(self, state: str, trouble: str) -> None:
        """Show how the commentator is."""
        ...


class Terminal:
    """Finished comments scroll; below them the growing one and the state."""

    def __init__(self, live: Live) -> None:
        """Show on `live`, which is started."""
        self._live = live
        self._growing = Text()
        self._state: list[Text] = []

    def grow(self, comment: Said) -> None:
        """Show it on the live line."""
        self._growing = _styled(comment)
        self._show()

    def finish(self, comment: Said) -> None:
        """Let it scroll up."""
        self._growing = Text()
        self._live.console.print(_styled(comment))
        self._show()

    def drop(self) -> None:
        """Clear the live line."""
        self._growing = Text()
        self._show()

    def status(self, state: str, trouble: str) -> None:
        """Show it on the bottom lines."""
        self._state = [
            Text(state, style="dim", overflow="ellipsis", no_wrap=True),
            Text(trouble, style="bold yellow"),
        ]
        self._show()

    def _show(self) -> None:
        self._live.update(Group(self._growing, *filter(None, self._state)), refresh=True)


class Lines:
    """One line a finished comment, and one a change of trouble: for files and pipes."""

    def __init__(self) -> None:
        """Begin without trouble."""
        self._trouble = ""

    def grow(self, comment: Said) -> None:
        """Wait until it is finished."""

    def finish(self, comment: Said) -> None:
        """Print it."""
        print(line(comment), flush=True)

    def drop(self) -> None:
        """Nothing was shown."""

    def status(self, state: str, trouble: str) -> None:
        """Print what is wrong once, and that it is well again."""
        if trouble != self._trouble:
            self._trouble = trouble
            print(f"-- {trouble or state}", flush=True)


class Watch:
    """Takes one commentator's messages to a screen."""

    def __init__(self, client: Client, screen: Screen) -> None:
        """Subscribe."""
        self._name = client.name
        self._screen = screen
        self._seen_at = 0.0
        node = client.node
        node.create_subscription(
            Commentary, f"{client.name}/commentary_events", self._event, EVENTS
        )
        node.create_subscription(Status, f"{client.name}/status", self._status, LATCHED)

    def look_after(self) -> None:
        """Say so while no commentator is there."""
        if time.monotonic() - self._seen_at > _GONE:
            self._screen.status("", f"waiting for {self._name}: {HOW_TO_START}")

    def _event(self, message: Commentary) -> None:
        if not message.final:
            self._screen.grow(said(message))
        elif message.text:
            self._screen.finish(said(message))
        else:
            self._screen.drop()

    def _status(self, message: Status) -> None:
        self._seen_at = time.monotonic()
        self._screen.status(summary(message), message.detail)


def watch(client: Client) -> None:
    """Show comments until ROS is shut down or the user interrupts."""
    console = Console()
    if not console.is_terminal:
        _run(client, Lines())
        return
    with Live(console=console, auto_refresh=False) as live:
        _run(client, Terminal(live))


def _run(client: Client, screen: Screen) -> None:
    watching = Watch(client, screen)
    due = time.monotonic() + _GONE
    while client.spin(_REFRESH):
        if time.monotonic() >= due:
            watching.look_after()
            due = time.monotonic() + 1.0


def _styled(comment: Said) -> Text:
    text = Text.assemble((comment.at, "dim cyan"), "  ")
    if comment.question:
        text.append(f"[{comment.question}] ", style="italic magenta")
    text.append(comment.text)
    if comment.delays:
        text.append(f"  {comment.delays}", style="dim")
    return text
