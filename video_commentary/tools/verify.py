"""Check a MiniCPM-o 4.5 checkpoint on this machine: verify awq|bf16|FOLDER

A few minutes: files, numbers, kernels, an answer to a picture, a spoken sentence, speed, memory.
Leaves a report to send (no names, no paths) and the sentence as WAV. Exit status: 0 all good,
1 a check failed, 2 it could not run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.paths import models_dir
from .catalogue import load
from .doctor_finding import tool_command
from .offline import command_line

if TYPE_CHECKING:
    from .verification.model_under_test import VerifyOptions

_PACKAGES = ("torch", "safetensors", "tokenizers", "PIL")
_UPSTREAM_CODE = "modeling_minicpmo.py"
_CONSENT = "yes"


class CannotRunError(Exception):
    """Nothing can be checked; the message says what to do."""


def main(words: Sequence[str] | None = None) -> int:
    """Check, print a row for each check and write the report; return the exit status."""
    given = _parser().parse_args(command_line(words))
    try:
        return _run(given)
    except CannotRunError as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", metavar="awq|bf16|FOLDER", help="the checkpoint to check")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda[:n]")
    parser.add_argument("--no-voice", action="store_true", help="check text only")
    parser.add_argument("--report", type=Path, default=Path("verify.json"), help="%(default)s")
    parser.add_argument("--wav", type=Path, default=Path("verify.wav"), help="%(default)s")
    parser.add_argument(
        "--against",
        metavar="UPSTREAM_PYTHON",
        help="compare with upstream's own code, run by the Python of an environment that has it",
    )
    parser.add_argument(
        "--upstream-model",
        type=Path,
        metavar="FOLDER",
        help="what upstream's code loads: a copy of the repository with its Python files "
        "(default: the checkpoint's folder)",
    )
    parser.add_argument(
        "--trust-remote-code", action="store_true", help="agree to run the code in that folder"
    )
    return parser


def _run(given: argparse.Namespace) -> int:
    folder = _checkpoint_folder(given.model)
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise CannotRunError(
                f"{package} is not installed: pip install -r requirements/minicpmo.txt"
            )
    for path in (given.report, given.wav):
        _check_writable(path)
    python = _upstream_python(given.against) if given.against else None
    upstream_model = _upstream_model(given, folder) if python else None
    # these take seconds to load; --help and mistakes needn't wait
    from .verification.model_under_test import VerifyOptions

    options = VerifyOptions(
        folder=folder,
        device=given.device,
        speak=not given.no_voice,
        wav=given.wav,
        upstream_python=python,
        upstream_model=upstream_model,
    )
    return _check(options, given.model if given.model in load() else folder.name, given.report)


def _check(options: VerifyOptions, name: str, report: Path) -> int:
    from rich.console import Console

    from .verification.check import CheckVerdict
    from .verification.checks import run_checks
    from .verification.model_under_test import ModelUnderTest
    from .verification.report import WIDTH, make_report, render_row, write_report

    console = Console(highlight=False)
    width = min(console.width, WIDTH)
    model, rows = ModelUnderTest(options), []
    console.print(f"verify {name}: a few minutes", width=width)
    for row in run_checks(model):
        rows.append(row)
        console.print(render_row(row, width), width=width, soft_wrap=True)
    model.release()
    write_report(report, make_report(rows, name, model.log.lines()))
    failed = [row.name for row in rows if row.outcome.verdict is CheckVerdict.FAIL]
    warned = [row.name for row in rows if row.outcome.verdict is CheckVerdict.WARN]
    verdict = f"failed: {', '.join(failed)}" if failed else "nothing failed"
    looked_at = f"; look at: {', '.join(warned)}" if warned else ""
    console.print(f"{verdict}{looked_at}. Report to send: {report}", width=width)
    return 1 if failed else 0


def _checkpoint_folder(name: str) -> Path:
    """Return the folder of a model of the catalogue, or `name` as a folder."""
    model = load().get(name)
    if model is not None and not model.hub:
        raise CannotRunError(f"{name} is no MiniCPM-o checkpoint: say awq, bf16 or a folder")
    folder = models_dir() / model.folder if model else Path(name).expanduser()
    if not (folder / "config.json").is_file():
        fetch = tool_command(f"fetch_model {name if model else 'awq'}")
        raise CannotRunError(f"no checkpoint in {folder} (no config.json): {fetch}")
    return folder


def _check_writable(path: Path) -> None:
    """Find out now, not after minutes, that `path` cannot be written."""
    folder = path.parent
    if (
        path.is_dir()
        or not folder.is_dir()
        or not os.access(path if path.exists() else folder, os.W_OK)
    ):
        raise CannotRunError(f"{path} can't be written: name another file with --report or --wav")


def _upstream_python(name: str) -> Path:
    """Return the whole path of a Python: it runs in another folder, and may be a venv's link."""
    found = shutil.which(Path(name).expanduser())
    if found is None:
        raise CannotRunError(f"--against: no program {name}; name the Python of an environment")
    return Path(found).absolute()


def _upstream_model(given: argparse.Namespace, folder: Path) -> Path:
    """Return the folder whose code upstream's Python is to run, once the user agreed to it."""
    upstream = given.upstream_model.expanduser() if given.upstream_model else folder
    if not (upstream / _UPSTREAM_CODE).is_file():
        raise CannotRunError(
            f"{upstream} has no {_UPSTREAM_CODE}: fetch_model leaves code out. Give "
            "--upstream-model the folder of a whole copy of the repository"
        )
    if given.trust_remote_code:
        return upstream
    question = f"Run the Python code in {upstream} with {given.against}? It can do what you can."
    if sys.stdin.isatty():
        print(f"{question} Type {_CONSENT}: ", end="", flush=True)
        if sys.stdin.readline().strip().lower() == _CONSENT:
            return upstream
    raise CannotRunError("--against runs upstream's code: agree with --trust-remote-code")


if __name__ == "__main__":
    sys.exit(main())
