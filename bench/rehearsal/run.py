"""A run of the rehearsal: checkpoints, rows, the table, the same as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from bench.gpu_memory import query_gpu
from bench.machine import describe
from bench.rehearsal.figures import Row, heading
from bench.rehearsal.plan import Plan
from bench.rehearsal.rows import SCENARIOS, run_rows
from bench.rehearsal.session import SIZE, Stage
from video_commentary.config.process_env import for_this_machine_only


def row_names(text: str) -> list[str]:
    """Return the rows named in `text`, all for "", in the table's order. Raise SystemExit."""
    wanted = text.split(",") if text else list(SCENARIOS)
    for name in wanted:
        if name not in SCENARIOS:
            raise SystemExit(f"no row {name!r}; there are {', '.join(SCENARIOS)}")
    return [name for name in SCENARIOS if name in wanted]


def run(rows: str, plan: Plan, *, folder: Path | None, json_file: Path | None) -> list[Row]:
    """Run the rows named in `rows`, print their table as it grows, and return them.

    `folder`: where checkpoints are kept; None for a temporary one.
    """
    names = row_names(rows)
    gpus = query_gpu("gpu=name,driver_version")
    if not plan.tiny and not gpus:
        raise SystemExit("nvidia-smi shows no GPU: --tiny rehearses on the CPU")
    os.environ |= for_this_machine_only(os.environ)
    machine = describe("numpy", "torch", "triton", "ros-rclpy")
    head = f"{machine}; {', driver '.join(gpus[0]) if gpus else 'no GPU'}"
    print(head, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        kernels = Path(temporary, "triton")
        kernels.mkdir()
        models = _write_models(folder or Path(temporary), names, plan)
        camera = "a small test scene" if plan.tiny else f"{SIZE[0]}x{SIZE[1]} at 30 Hz"
        print(f"{camera} each camera, {plan.minutes:g} minutes a row\n{heading()}", flush=True)
        done = []
        stage = Stage(models, plan, kernels, Path(temporary, "bytecode"))
        stage.compile_modules()
        for row in run_rows(stage, names):
            print("\n".join(row.lines()), flush=True)
            done.append(row)
            if json_file is not None:
                _write(json_file, head, plan, done)
    return done


def _write_models(folder: Path, names: Iterable[str], plan: Plan) -> dict[str, Path]:
    """Write the checkpoints that the rows need and `folder` lacks; return them by kind.

    In processes of their own, so that nothing of it stays on the GPU.
    """
    setups = [SCENARIOS[name].setup for name in names]
    kinds = sorted({setup.kind if setup else "awq" for setup in setups})
    models = {kind: folder / f"{'tiny' if plan.tiny else 'full-size'}-{kind}" for kind in kinds}
    for kind, model in models.items():
        if (model / "complete").exists():
            continue
        began = time.monotonic()
        command = [sys.executable, "-m", "bench.rehearsal.checkpoint", kind, str(model)]
        subprocess.run([*command, *["--tiny"] * plan.tiny], check=True)
        size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
        took = time.monotonic() - began
        print(f"{kind}: checkpoint of {size / 1e9:.2f} GB written in {took:.0f} s", flush=True)
    return models


def _write(file: Path, head: str, plan: Plan, rows: list[Row]) -> None:
    document = {
        "machine": head,
        "command": sys.argv[1:],
        "minutes": plan.minutes,
        "rows": [asdict(row) for row in rows],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
