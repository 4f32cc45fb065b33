"""How long a full-size checkpoint takes to load from files, and how much of the host's memory.

python -m bench.loading --random [--folder FOLDER]    (a CUDA GPU; 8 GB of disk)

Writes an AWQ checkpoint with random weights, then loads it in a separate process.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from bench.engine import TOKENIZER
from bench.gpu_memory import card_gb, driver_row
from bench.machine import describe
from bench.random_model import PUBLISHED, RandomTensors, published_config
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig

SHARDS = 4


def write(folder: Path) -> None:
    """Write a checkpoint in the published layout."""
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(TOKENIZER / name, folder)
    (folder / "config.json").write_text(json.dumps(PUBLISHED))
    tensors = RandomTensors(published_config(), awq=True, device=torch.device("cuda", 0))
    names = sorted(tensors.names())
    for shard in range(SHARDS):
        part = {name: tensors.load(name).contiguous() for name in names[shard::SHARDS]}
        save_file(part, folder / f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors")


def anonymous_bytes() -> int:
    """Return this process's anonymous memory: what is not a mapped file."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    return 0


def load(folder: Path) -> None:
    """Load the checkpoint and print what it took."""
    card = card_gb()
    torch.zeros(1, device="cuda")
    before, peak, done = anonymous_bytes(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], anonymous_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    engine = MiniCpmoEngine(MiniCpmoConfig(model_path=str(folder), device="cuda"))
    engine.load()
    seconds = time.perf_counter() - begun
    done.set()
    watcher.join()
    print(f"{engine.description}: ready after {seconds:.1f} s")
    print(
        f"anonymous host memory: {before / 1e9:.2f} GB with CUDA alone, "
        f"{peak[0] / 1e9:.2f} GB at most while loading"
    )
    print(f"GPU memory by torch: {torch.cuda.max_memory_reserved() / 1e9:.2f} GB at most")
    for name, value in driver_row(card).items():
        print(f"{name}: {value:.2f}")


def main() -> None:
    """Write, then load twice in separate processes: with cold and with warm kernel caches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load(options.load)
        return
    print(describe())
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        write(Path(name))
        torch.cuda.empty_cache()
        for _ in range(2):
            subprocess.run([sys.executable, "-m", "bench.loading", "--load", name], check=True)


if __name__ == "__main__":
    main()
