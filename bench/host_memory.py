"""Where the host memory of a loaded MiniCPM-o is: by phase of the load, by operation, by mapping.

python -m bench.host_memory FOLDER [--no-cudnn]    (a checkpoint with a voice; a CUDA GPU)
python -m bench.host_memory --operations           (no checkpoint)

CUDA keeps the code of each kernel that was used, and each graph, in this process's heap. The second
command shows what the first use of an operation costs. `--no-cudnn`: convolutions and
attention without it.
"""

from __future__ import annotations

import argparse
import collections
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from bench.machine import describe
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Limits, Request
from video_commentary.core.frames import Frame
from video_commentary.core.load_progress import LoadProgress
from video_commentary.core.prompting import Profile, Prompt
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig
from video_commentary.engines.minicpmo.speech.speech_loader import SpeechOptions


def memory() -> dict[str, float]:
    """Return resident memory of this process in MB: all, anonymous, of files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: int(fields[name].split()[0]) / 1e3 for name in ("VmRSS", "RssAnon", "RssFile")}


def mappings() -> dict[str, float]:
    """Return the resident MB of each mapped file, of the heap and of unnamed mappings."""
    found: collections.Counter[str] = collections.Counter()
    name = ""
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else "unnamed"
        elif words[0] == "Rss:":
            found[name] += int(words[1])
    return {name: size / 1e3 for name, size in found.most_common()}


class Stopwatch(LoadProgress):
    """Prints the memory after each phase of a load."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = time.perf_counter()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time the block, and print what the memory is after it."""
        with super().phase(name):
            yield
        self.say(name)

    def say(self, name: str) -> None:
        """Print a row."""
        cells = "".join(f"{value:13.0f}" for value in memory().values())
        print(f"{time.perf_counter() - self.begun:8.2f}  {name:24}{cells}", flush=True)


def load(folder: Path) -> None:
    """Load the model as the node does, let it speak, and print its memory."""
    watch = Stopwatch()
    print(f"{'s':>8}  {'after':24}" + "".join(f"{name + ', MB':>13}" for name in memory()))
    watch.say("imports")
    torch.zeros(1, device="cuda")
    watch.say("CUDA context")
    config = MiniCpmoConfig(
        model_path=str(folder), device="cuda", speech=SpeechOptions(), saved_plan=True
    )
    engine = MiniCpmoEngine(config, watch)
    engine.load()
    watch.say("loaded")
    print(f"phases: {watch.summary}")
    image = np.zeros((480, 640, 3), np.uint8)
    prompt = Prompt("You are a commentator.", "What is there?", Profile("bench", "", ()))
    for _ in range(3):
        begun, first = time.perf_counter(), 0.0
        request = Request((Frame(image, 0, "camera", 0),), prompt, Limits(40), speak=True)
        for delta in engine.comment(request, CancelToken()):
            if delta.pcm is not None and not first:
                first = time.perf_counter() - begun
        print(f"first sound {1e3 * first:.0f} ms, all {time.perf_counter() - begun:.2f} s")
    watch.say("three comments")
    for name, size in list(mappings().items())[:16]:
        print(f"{size:8.0f} MB  {name}")


def _operations() -> dict[str, Callable[[], object]]:
    half = torch.randn(64, 512, device="cuda").half()
    full = torch.randn(1, 512, 400, device="cuda")
    heads = torch.randn(1, 16, 1024, 72, device="cuda").half()
    integers = torch.randint(0, 99, (64, 512), device="cuda", dtype=torch.int32)
    weight = torch.randn(512, 512, 7, device="cuda")
    up = torch.randn(512, 256, 16, device="cuda")
    padded = torch.zeros(64, 1, 24000, device="cuda")

    def without_cudnn(call: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            with torch.backends.cudnn.flags(enabled=False):
                return call()

        return run

    def dilated() -> object:
        return F.conv1d(full, weight, padding=9, dilation=3)

    def conv() -> object:
        return F.conv1d(full, weight, padding=3)

    def transposed() -> object:
        return F.conv_transpose1d(full, up, stride=8)

    return {
        "copy, cast": lambda: half.float().half(),
        "bits": lambda: (integers >> 4 & 15) | integers << 8,
        "cat, stack": lambda: torch.stack([torch.cat([half, half]), torch.cat([half, half])]),
        "elementwise": lambda: torch.addcmul(full, full.sin(), full.exp()) / (full + 1).tanh(),
        "linear, 16 bits": lambda: F.linear(half, half),
        "linear, 32 bits": lambda: F.linear(half.float(), half.float()),
        "layer norm": lambda: F.layer_norm(half, (512,)),
        "attention": lambda: F.scaled_dot_product_attention(heads, heads, heads),
        "top-k": lambda: torch.randn(151_748, device="cuda").topk(20),
        "sort": lambda: torch.randn(151_748, device="cuda").sort(),
        "cumsum": lambda: full.cumsum(2),
        "multinomial": lambda: torch.multinomial(half.float().softmax(1), 1),
        "index_copy": lambda: half.index_copy(0, integers[0, :1].long() % 64, half[:1].clone()),
        "interpolate": lambda: F.interpolate(full, scale_factor=4.0, mode="linear"),
        "convolution": without_cudnn(conv),
        "convolution, dilated": without_cudnn(dilated),
        "convolution, transposed": without_cudnn(transposed),
        "cuDNN's convolution": conv,
        "cuDNN's, dilated": dilated,
        "cuDNN's, transposed": transposed,
        "cuDNN's, one channel": lambda: F.conv1d(padded[:1], weight[:18, :1], stride=4),
    }


def operations() -> None:
    """Print what the first use of each operation adds, and what a graph of a thousand adds."""
    torch.zeros(1, device="cuda")
    print(f"{'MB more after the first use of':40}{'anonymous':>10}{'files':>10}")

    def measured(name: str, call: Callable[[], object]) -> None:
        before = memory()
        call()
        torch.cuda.synchronize()
        after = memory()
        cells = "".join(f"{after[k] - before[k]:10.1f}" for k in ("RssAnon", "RssFile"))
        print(f"{name:40}{cells}", flush=True)

    for name, call in _operations().items():
        measured(name, call)
    x = torch.zeros(64, device="cuda")
    graphs = [torch.cuda.CUDAGraph() for _ in range(2)]

    def capture(graph: torch.cuda.CUDAGraph) -> None:
        with torch.cuda.graph(graph):
            for _ in range(1000):
                x.add_(1)
        graph.replay()

    for graph in graphs:
        measured("a graph of 1000 additions", partial(capture, graph))


def main() -> None:
    """Print the memory of a load, or of operations."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--operations", action="store_true")
    parser.add_argument("--no-cudnn", action="store_true")
    options = parser.parse_args()
    print(describe())
    torch.backends.cudnn.enabled = not options.no_cudnn
    if options.operations:
        operations()
    elif options.folder:
        load(options.folder)
    else:
        parser.error("FOLDER or --operations")


if __name__ == "__main__":
    main()
