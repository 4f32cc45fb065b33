"""What rosdep can't install is optional: the core, commentator and source start without it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = {
    "PyYAML": ("yaml", "python3-yaml"),
    "ai-edge-litert": ("ai_edge_litert", None),
    "av": ("av", None),
    "faster-whisper": ("faster_whisper", None),
    "fastapi": ("fastapi", "python3-fastapi"),
    "fastapi-offline": ("fastapi_offline", None),
    "hibari-tts": ("hibari", None),
    "huggingface_hub": ("huggingface_hub", None),
    "livekit": ("livekit", None),
    "livekit-api": ("livekit", None),
    "mcp": ("mcp", None),
    "num2words": ("num2words", None),
    "numpy": ("numpy", "python3-numpy"),
    "openai": ("openai", None),
    "opencv-python-headless": ("cv2", "python3-opencv"),
    "pillow": ("PIL", "python3-pil"),
    "prometheus-client": ("prometheus_client", "python3-prometheus-client"),
    "rich": ("rich", "python3-rich"),
    "rosbags": ("rosbags", None),
    "sounddevice": ("sounddevice", None),
    "soxr": ("soxr", None),
    "uvicorn": ("uvicorn", "python3-uvicorn"),
    "websockets": ("websockets", "python3-websockets"),
}
"""Each package of requirements.txt: its module, and its key in rosdep's lists if it has one."""
OTHERS = {"onnxruntime", "torch", "triton", "safetensors", "tokenizers", "transformers", "scipy"}
"""What the engines bring in, and tests."""
BLOCKED = {module for module, key in REQUIREMENTS.values() if key is None} | OTHERS

PRELUDE = f"""
import importlib, json, sys
from importlib.abc import MetaPathFinder
from pathlib import Path

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())

def message(work):
    try:
        work()
    except Exception as error:
        return f"{{type(error).__name__}}: {{error}}"
    return ""
"""


def without(code: str) -> str:
    """Run `code` in a Python where BLOCKED is not installed; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_requirement_is_sorted_into_apt_or_optional() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = {re.split(r"[<>=~ ]", line)[0] for line in lines if line and line[0] != "#"}
    assert names == REQUIREMENTS.keys()


def test_package_xml_names_what_apt_has() -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    declared = {element.text for element in package.iter("exec_depend")}
    assert {key for _, key in REQUIREMENTS.values() if key} <= declared


def test_core_commentator_and_source_start_on_apt_packages() -> None:
    rooms = ("core", "config", "ros", "sources", "voices")
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for room in rooms
        for path in sorted((ROOT / "video_commentary" / room).rglob("*.py"))
        if path.stem != "launching"  # for launch files, with packages of ROS that wheels lack
    ]
    modules += [f"video_commentary.nodes.{node}.node" for node in ("commentator", "source")]
    code = f"""
found = {{name: message(lambda: importlib.import_module(name)) for name in {modules!r}}}
print(json.dumps({{name: error for name, error in found.items() if error}}))
"""
    assert json.loads(without(code)) == {}


@pytest.mark.parametrize(
    ("work", "error", "install"),
    [
        (
            "from video_commentary.sources.file import FileReader\n"
            "work = FileReader(Path('street.mp4'), loop=False).open",
            "SourceError: street.mp4",
            "pip install 'av",
        ),
        (
            "from video_commentary.sources.rtsp import RtspReader\n"
            "work = RtspReader('rtsp://127.0.0.1:9/street', timeout=1.0).open",
            "SourceError: rtsp://127.0.0.1:9/street",
            "pip install 'av",
        ),
        (
            "from video_commentary.voices.neural import NeuralVoice\nwork = NeuralVoice().load",
            "VoiceError: neural voice",
            "pip install hibari-tts==0.2.1",
        ),
        (
            "import numpy as np\n"
            "from video_commentary.core.audio import OUTPUT_FORMAT, AudioFormat, Pcm\n"
            "from video_commentary.core.resample import resample\n"
            "sound = Pcm(np.zeros(240, np.int16), AudioFormat(24_000))\n"
            "work = lambda: resample(sound, OUTPUT_FORMAT)",
            "EngineError: No module named 'soxr'",
            "pip install 'soxr",
        ),
    ],
    ids=["file", "rtsp", "neural voice", "resampler"],
)
def test_what_is_missing_is_named_with_its_remedy(work: str, error: str, install: str) -> None:
    printed = without(f"{work}\nprint(message(work))")
    assert printed.startswith(error)
    assert install in printed


def test_an_engine_with_a_voice_that_cannot_be_converted_still_writes() -> None:
    code = """
from test.fakes import FakeEngine, FakeVoice
from video_commentary.core.audio import AudioFormat
from video_commentary.voices.speaking import SpeakingEngine

voice = FakeVoice()
voice.format = AudioFormat(24_000)
speaking = SpeakingEngine(FakeEngine(), voice)
speaking.load()
print(speaking.voice, speaking.trouble)
"""
    printed = without(code)
    assert printed.startswith("None ")
    assert "pip install 'soxr" in printed
