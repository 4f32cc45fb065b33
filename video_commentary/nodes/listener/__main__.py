from __future__ import annotations

import os

from ...ros.early_exit import exit_on_signals


def main() -> None:
    """Run the listener node."""
    exit_on_signals()
    # Read when numpy is imported. The products of the search for commands are small: on a busy
    # machine threads would wait for each other far longer than they compute.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from . import node

    node.main()


if __name__ == "__main__":
    main()
