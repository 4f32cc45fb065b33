"""Showing the comments as they come: live on a terminal, as plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from video_commentary.msg import Commentary, Status

from ..ros.messages import commentator_status
from ..ros.qos import EVENTS, LATCHED
from .say_client import HOW_TO_START, SayClient
from .say_text import CommentLine, comment_line, plain_text, summary

_AWAY_AFTER = 3.0
"""Seconds without a status, sent every second, until the commentator counts as gone."""
REFRESH = 0.1
"""Seconds between looks at what is due while nothing arrives."""


class CommentScreen(Protocol):
    """Where comments are shown."""

    def grow(self, comment: CommentLine) -> None:
        """Show a comment that is not finished yet."""
        ...

    def finish(self, comment: CommentLine) -> None:
        """Show a finished comment permanently."""
        ...

    def drop(self) -> None:
        """Remove the unfinished comment: it came to nothing."""
        ...

    def note(self, text: str) -> None:
        """Show a line about the system permanently."""
        ...

    def status(self, state: str, trouble: str) -> None:
        """Show the commentator's state and what is wrong, empty if nothing is."""
        ...


class LiveScreen:
    """A terminal: finished comments scroll; below them the unfinished one and the state."""

    def __init__(self, live: Live) -> None:
        """Show on `live`, which is started."""
        self._live = live
        self._growing = Text()
        self._state: list[Text] = []

    def grow(self, comment: CommentLine) -> None:
        """Show it on the live line."""
        self._growing = _styled(comment)
        self._show()

    def finish(self, comment: CommentLine) -> None:
        """Let it scroll up."""
        self._growing = Text()
        self._live.console.print(_styled(comment))
        self._show()

    def drop(self) -> None:
        """Clear the live line."""
        self._growing = Text()
        self._show()

    def note(self, text: str) -> None:
        """Let it scroll up."""
        self._live.console.print(Text(f"-- {text}", style="bold yellow"))
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


class PlainScreen:
    """One line per finished comment and one per change of trouble: for files and pipes."""

    def __init__(self) -> None:
        self._trouble = ""

    def grow(self, comment: CommentLine) -> None:
        """Wait until it is finished."""

    def finish(self, comment: CommentLine) -> None:
        """Print it."""
        print(plain_text(comment), flush=True)

    def drop(self) -> None:
        """Nothing was shown."""

    def note(self, text: str) -> None:
        """Print it."""
        print(f"-- {text}", flush=True)

    def status(self, state: str, trouble: str) -> None:
        """Print what is wrong once, and the state when all is well again."""
        if trouble != self._trouble:
            self._trouble = trouble
            self.note(trouble or state)


class CommentWatcher:
    """Shows one commentator's comments and state on a screen."""

    def __init__(self, client: SayClient, screen: CommentScreen) -> None:
        """Subscribe."""
        self._name = client.name
        self._screen = screen
        self._seen_at = 0.0
        show_comments(client, screen)
        client.node.create_subscription(Status, f"{client.name}/status", self._status, LATCHED)

    def check(self) -> None:
        """Show how to start a commentator while there is none."""
        if time.monotonic() - self._seen_at > _AWAY_AFTER:
            self._screen.status("", f"waiting for {self._name}: {HOW_TO_START}")

    def _status(self, message: Status) -> None:
        self._seen_at = time.monotonic()
        status = commentator_status(message)
        self._screen.status(summary(status), status.detail)


def watch(client: SayClient) -> None:
    """Show comments until ROS is shut down or the user interrupts."""
    with open_screen() as screen:
        watcher = CommentWatcher(client, screen)
        due = time.monotonic() + _AWAY_AFTER
        while client.spin(REFRESH):
            if time.monotonic() >= due:
                watcher.check()
                due = time.monotonic() + 1.0


@contextmanager
def open_screen() -> Iterator[CommentScreen]:
    """Give the screen that fits standard output, for the length of a block."""
    console = Console()
    if not console.is_terminal:
        yield PlainScreen()
        return
    with Live(console=console, auto_refresh=False) as live:
        yield LiveScreen(live)


def show_comments(client: SayClient, screen: CommentScreen) -> None:
    """Subscribe to the comments and show each as it grows and when it is finished."""

    def show(message: Commentary) -> None:
        if not message.final:
            screen.grow(comment_line(message))
        elif message.text:
            screen.finish(comment_line(message))
        else:
            screen.drop()

    client.node.create_subscription(Commentary, f"{client.name}/commentary_events", show, EVENTS)


def _styled(comment: CommentLine) -> Text:
    text = Text.assemble((comment.at, "dim cyan"), "  ")
    if comment.question:
        text.append(f"[{comment.question}] ", style="italic magenta")
    text.append(comment.text)
    if comment.delays:
        text.append(f"  {comment.delays}", style="dim")
    return text
