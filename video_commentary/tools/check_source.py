"""Open a source that should be there, such as a file, and read one picture: check_source SOURCE.

`run demo` calls this before it starts anything, in a separate process since video libraries are
heavy. A live source may still come, so it is left to the source node, which tries again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..config.settings import SourceSettings

UNREADABLE = 3
"""Exit status for a source without pictures; what is wrong is on standard output."""


def main(words: Sequence[str] | None = None) -> int:
    """Print what is wrong and return `UNREADABLE`, or return 0."""
    parser = argparse.ArgumentParser(prog="check_source", description=__doc__)
    parser.add_argument("source", help="as the source node's parameter of that name")
    problem = source_problem(parser.parse_args(words).source)
    if problem:
        print(problem)
    return UNREADABLE if problem else 0


def source_problem(source: str) -> str:
    """Return why `source` gives no pictures and what to do; empty if it does or is live."""
    # Heavy, and `run` imports this module.
    from ..config.registry import SOURCES
    from ..sources.reader import SourceError
    from ..sources.registry import create_reader

    choice = SOURCES.choice(source)
    if choice and choice not in SOURCES.own:
        return ""  # a plug-in may need settings that only the source node reads
    try:
        reader = create_reader(SourceSettings(source=source))
    except ValueError as error:
        return str(error)
    if reader.live:
        return ""
    try:
        reader.open()
        picture = reader.read()
    except SourceError as error:
        return str(error)
    finally:
        reader.close()
    return "" if picture is not None else f"{reader.description}: no picture in it"


if __name__ == "__main__":
    sys.exit(main())
