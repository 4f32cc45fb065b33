from __future__ import annotations

from ...ros.early_exit import exit_on_signals


def main() -> None:
    """Run the listener node."""
    exit_on_signals()
    from . import node

    node.main()


if __name__ == "__main__":
    main()
