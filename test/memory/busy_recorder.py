"""Records entries as fast as it can until it is killed: busy_recorder PATH.

Each line of its output is the number of entries stored by then.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from test.memory.memories import comment
from video_commentary.memory.recorder import Recorder
from video_commentary.memory.retention import RetentionLimits


def main() -> None:
    recorder = Recorder(Path(sys.argv[1]), RetentionLimits(30, 10**9), time.time_ns)
    said = added = 0
    while True:
        if added < recorder.written + 50:
            added += 1
            picture = added.to_bytes(4, "big") * 1000
            text = f"entry {added} of {picture[:4].hex()}"
            recorder.add(comment(text, time.time_ns(), thumbnail=picture))
        elif recorder.written == said:
            time.sleep(0.001)
        if recorder.written > said:
            said = recorder.written
            print(said, flush=True)


if __name__ == "__main__":
    main()
