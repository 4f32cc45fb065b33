"""What doctor checks on this machine besides ROS."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..config.paths import model_file, models_dir
from ..core.engine import EngineError
from ..engines.minicpmo.config import newest_model
from ..engines.minicpmo.gpu_driver import UNSEEN_GPU_FIX, driver_version, unseen_gpu
from ..voices.espeak import find_program
from . import manifest
from .catalogue import load
from .doctor_finding import Finding, absent, present, tool_command

_TORCH = (
    "import torch as t; "
    "print(t.__version__, t.version.cuda or '-', t.cuda.is_available() and t.cuda.mem_get_info())"
)


def gpu(needed: bool) -> Finding:
    """Ask the driver which GPU there is and how much of its memory is free."""
    query = ["--query-gpu=name,memory.free,memory.total,driver_version", "--format=csv,noheader"]
    answer = _output(["nvidia-smi", *query])
    if not answer:
        fix = "install NVIDIA's driver, then check with nvidia-smi"
        return absent("GPU", "none that nvidia-smi shows (only minicpmo needs one)", fix, needed)
    name, free, total, driver = (part.strip() for part in answer.splitlines()[0].split(","))
    return present("GPU", f"{name}, {free} of {total} free, driver {driver}")


def torch(needed: bool) -> Finding:
    """Return torch's version and whether it sees the GPU, from a separate process."""
    fix = "pip install -r requirements/minicpmo.txt"
    if not _version("torch"):
        return absent("torch", "not installed (only minicpmo needs it)", fix, needed)
    answer = _output([sys.executable, "-c", _TORCH]).strip()
    if not answer:
        return absent("torch", f"{_version('torch')} does not import", fix, needed)
    number, cuda, memory = answer.split(" ", 2)
    if memory != "False":
        return present("torch", f"{number}, with CUDA")
    driver = driver_version()
    if driver:
        found = unseen_gpu(driver, None if cuda == "-" else cuda)
        return absent("torch", f"{number}: {found}", UNSEEN_GPU_FIX, needed)
    return present("torch", f"{number}, sees no CUDA GPU: runs on the CPU, slowly")


def checkpoint(needed: bool, model_path: str = "") -> Finding:
    """Check the size of every file of the checkpoint that the engine takes.

    It is the folder `model_path`, or the newest one in the models' folder.
    """
    what = "MiniCPM-o model"
    try:
        folder = Path(model_path).expanduser() if model_path else newest_model()
    except EngineError:
        return _no_checkpoint(what, needed)
    files = manifest.read(folder)
    state = _checkpoint_state(folder, files)
    if state != "complete":
        state = state or "without weights"
        named = next((m.name for m in load().values() if m.folder == folder.name), "awq")
        if model_path:
            return absent(what, f"{folder}: {state}", "set model_path", needed)
        return absent(what, f"{named} {state}", tool_command(f"fetch_model {named}"), needed)
    commits = [source[: source.find("@") + 9] for source in manifest.sources(files)]
    return present(what, ", ".join([f"complete in {folder}", *commits]))


def _no_checkpoint(what: str, needed: bool) -> Finding:
    begun = [
        f"{model.name} partly fetched"
        for model in load().values()
        if model.hub and list((models_dir() / model.folder).rglob("*.part"))
    ]
    text = "; ".join(begun) or f"none in {models_dir()} (only minicpmo needs one)"
    return absent(what, text, tool_command("fetch_model awq"), needed)


def _checkpoint_state(folder: Path, files: list[manifest.Fetched]) -> str:
    if files:
        absent_files = manifest.missing(folder, files)
        return f"lacks {', '.join(absent_files)}" if absent_files else "complete"
    if (folder / "config.json").is_file() and list(folder.glob("*.safetensors")):
        return "complete"
    return "partly fetched" if list(folder.rglob("*.part")) else ""


def detector(needed: bool) -> Finding:
    """Check the built-in engine's weights, byte for byte, and what runs them."""
    what = "detector"
    wanted = load()["builtin"].npm
    assert wanted is not None
    folder = model_file(f"{load()['builtin'].folder}/{wanted.file}").parent
    record = manifest.Fetched(wanted.file, wanted.size, wanted.sha256, wanted.package)
    for problem in manifest.problems(folder, [record]):
        return absent(what, problem, tool_command("fetch_model builtin"), needed)
    runtime = _version("ai-edge-litert")
    if not runtime:
        fix = "pip install -r requirements.txt"
        return absent(what, "weights found, but ai-edge-litert is not installed", fix, needed)
    return present(what, f"weights checked, ai-edge-litert {runtime}")


def text_reader() -> Finding:
    """Look for RapidOCR, with which the built-in engine reads text in the picture."""
    found = _version("rapidocr")
    if found and _version("onnxruntime"):
        return present("text", f"rapidocr {found} reads signs and other text")
    lacking = "onnxruntime" if found else "rapidocr"
    fix = "pip install -r requirements/text.txt"
    return absent("text", f"{lacking} is not installed: no text is read", fix, needed=False)


def listening() -> Finding:
    """Check the size of the weights that the listener node hears with, and what runs them."""
    what, ears = "listening", load()["ears"]
    recognizer = _version("faster-whisper")
    if not recognizer:
        fix = "pip install -r requirements.txt"
        return absent(what, "faster-whisper is not installed", fix, needed=False)
    folder = model_file(f"{ears.folder}/{ears.known[0].path}").parent
    lacking = manifest.missing(folder, ears.known)
    if lacking:
        found = f"{folder} lacks {', '.join(lacking)}"
        return absent(what, found, tool_command("fetch_model ears"), needed=False)
    return present(what, f"weights found, faster-whisper {recognizer}")


def voice(needed: bool) -> Finding:
    """Look for the neural voice and for espeak-ng."""
    neural, espeak = _version("hibari-tts"), find_program()
    other = "espeak-ng too" if espeak else "no espeak-ng for other languages"
    if neural:
        return present("voice", f"hibari-tts {neural}, {other}")
    if espeak:
        return present("voice", "espeak-ng only", "pip install -r requirements.txt")
    fix = "pip install -r requirements.txt"
    return absent("voice", "none: comments are text only", fix, needed)


def sound_card() -> Finding:
    """Look for sounddevice and for a sound card, as ALSA lists them."""
    what, fix = "sound card", "only speaker:=true needs one; without, play ~/audio elsewhere"
    if not _version("sounddevice"):
        return absent(what, "sounddevice is missing", "pip install -r requirements.txt", False)
    cards = Path("/proc/asound/cards")
    listed = cards.read_text().strip() if cards.is_file() else ""
    if not listed or "no soundcards" in listed:
        return absent(what, "none", fix, False)
    return present(what, listed.splitlines()[0].split(":")[-1].strip())


def livekit() -> Finding:
    """Look for LiveKit's client and for the server's address and keys."""
    number = _version("livekit")
    if not number:
        return absent("LiveKit", "not installed (only rooms need it)", "pip install livekit", False)
    names = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
    unset = [name for name in names if not os.environ.get(name)]
    if unset:
        return absent("LiveKit", f"{number}, no server set", f"export {' '.join(unset)}", False)
    return present("LiveKit", f"{number}, for {os.environ['LIVEKIT_URL']}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _output(command: list[str]) -> str:
    """Return what a command prints; empty if it fails or isn't installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
