"""Writes clips as fast as it can until it is killed: busy_clips FOLDER. A line for each."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from test.memory.clips import contents, cut
from video_commentary.memory.clip_store import ClipStore
from video_commentary.nodes.memory.clip_files import ClipFileFormats


def main() -> None:
    store = ClipStore(Path(sys.argv[1]), ClipFileFormats("/commentator"), 10**9)
    store.open()
    while True:
        clip = store.add(cut(store.new_id(time.time_ns()), contents(40)), "mcap", 0)
        print(clip.id, flush=True)


if __name__ == "__main__":
    main()
