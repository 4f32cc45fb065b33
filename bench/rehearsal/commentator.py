"""The commentator's own program, which on SIGUSR1 prints torch's count of its GPU memory."""

from __future__ import annotations

import runpy
import signal
import sys

MARK = "torch counts, GB:"


def print_count(*_: object) -> None:
    """Print what torch has reserved now and at most; nothing before torch is imported."""
    torch = sys.modules.get("torch")
    if torch is not None:
        now, most = torch.cuda.memory_reserved(), torch.cuda.max_memory_reserved()
        print(f"{MARK} {now / 1e9:.3f} {most / 1e9:.3f}", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, print_count)
    runpy.run_module("video_commentary.nodes.commentator", run_name="__main__", alter_sys=True)
