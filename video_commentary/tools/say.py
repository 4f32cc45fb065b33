"""A terminal client of the commentator: watch it, instruct it, ask it."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .say_client import SayClient


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(_without_ros(sys.argv[1:] if arguments is None else arguments))
    try:
        # ROS takes a moment to load; --help needn't wait.
        from .say_client import SayClient, UnreachableError
    except KeyboardInterrupt:
        return 130
    try:
        # SIGTERM ends it as Ctrl-C does: with the terminal as it was.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with closing(SayClient(options.node)) as client:
            if options.command == "watch":
                _watch(client, options.diagnostics)
                return 0
            good, words = _call(client, options)
    except UnreachableError as error:
        good, words = False, str(error)
    except KeyboardInterrupt:
        return 0 if options.command == "watch" else 130
    except BrokenPipeError:
        sys.stderr.close()  # `say watch | head` has ended; nothing reads the rest
        return 0
    print(words, file=sys.stdout if good else sys.stderr)
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="say", description=__doc__)
    parser.add_argument(
        "--node", default="/commentator", help="the commentator's name (default: %(default)s)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    watch = commands.add_parser("watch", help="show the comments as they come")
    watch.add_argument(
        "--diagnostics",
        nargs="+",
        default=(),
        metavar="NODE",
        help="wait for these nodes, and show what they report as wrong in /diagnostics",
    )
    instruct = commands.add_parser("instruct", help="set what to talk about from now on")
    instruct.add_argument("text", help='in plain words, "" for everything')
    ask = commands.add_parser("ask", help="ask about what the camera sees, or has seen")
    ask.add_argument("text", help="the question")
    ask.add_argument("--quiet", action="store_true", help="answer in text only")
    speak = commands.add_parser("speak", help="have a sentence of yours said")
    speak.add_argument("text", help="the sentence")
    speak.add_argument("--high", action="store_true", help="before other sentences that wait")
    speak.add_argument("--interrupt", action="store_true", help="stop what is being said")
    commands.add_parser("pause", help="stop commenting")
    commands.add_parser("resume", help="comment again")
    return parser


def _without_ros(arguments: Sequence[str]) -> Sequence[str]:
    """Leave out what `ros2 run` or a launch file adds for ROS itself."""
    if "--ros-args" not in arguments:
        return arguments
    return arguments[: list(arguments).index("--ros-args")]


def _watch(client: SayClient, diagnostics: Sequence[str]) -> None:
    if diagnostics:
        from .diagnostics_watch import watch_diagnostics

        watch_diagnostics(client, diagnostics)
        return
    from .say_watch import watch

    watch(client)


def _call(client: SayClient, options: argparse.Namespace) -> tuple[bool, str]:
    """Return whether it succeeded, and what to print."""
    if options.command == "instruct":
        return client.instruct(options.text)
    if options.command == "ask":
        return _ask(client, options)
    if options.command == "speak":
        return client.speak(options.text, high=options.high, interrupt=options.interrupt)
    return client.enable(options.command == "resume")


def _ask(client: SayClient, options: argparse.Namespace) -> tuple[bool, str]:
    """Print the answer's words as they come; return whether it succeeded, and what is left."""
    from .say_text import printable

    shown = ""

    def show(text: str) -> None:
        nonlocal shown
        words = printable(text)
        if not words.startswith(shown):  # it was cut off, and begins again
            print()
            shown = ""
        print(words[len(shown) :], end="", flush=True)
        shown = words

    good, answer = client.ask(options.text, quiet=options.quiet, on_words=show)
    if good:
        show(answer)
        return True, ""
    if shown:
        print()
    return False, answer


if __name__ == "__main__":
    sys.exit(main())
