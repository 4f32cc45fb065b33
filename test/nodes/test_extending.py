"""The examples of docs/extending.md, as separate packages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from rcl_interfaces.srv import DescribeParameters

from test.nodes.graph import ROOT, probe, process

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
BUILD = "from setuptools.build_meta import build_wheel; build_wheel('dist')"


def example(name: str) -> str:
    """Return the code block of the page that begins with the comment `# name`."""
    (code,) = re.findall(
        rf"^```\w+\n# {re.escape(name)}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE
    )
    return str(code)


def packages(folder: Path) -> dict[str, str]:
    """Return an environment in which what is installed in `folder` can be imported."""
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of processes that have the page's engine installed, and a broken one."""
    if int(version("setuptools").partition(".")[0]) < 71:
        pytest.skip("setuptools 71 or newer is needed to build a wheel")
    package, site = tmp_path_factory.mktemp("sky"), tmp_path_factory.mktemp("site")
    for name in ("sky_engine.py", "pyproject.toml"):
        (package / name).write_text(example(name))
    run("-c", BUILD, cwd=package)
    # Installing a wheel of pure Python is unpacking it; an environment may come without pip.
    (wheel,) = (package / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(site)
    broken = site / "broken-0.1.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 0.1\n")
    (broken / "entry_points.txt").write_text("[video_commentary.engines]\nbroken = nothing:X\n")
    return packages(site)


def run(*words: str, **options: Any) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        **({"cwd": ROOT} | options),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_engine_is_as_short_as_the_page_says() -> None:
    assert len(example("sky_engine.py").splitlines()) <= 40


def test_the_engine_of_a_package_is_heard(installed: dict[str, str]) -> None:
    words = ["engine:=sky", "sky_threshold:=100", "voice:=none", "breathing_pause:=0.2"]
    arguments = [word for each in words for word in ("-p", each)]
    node = ("-m", "video_commentary.nodes.commentator", "--ros-args", *arguments)
    with process(*node, env=installed) as running, probe() as graph:
        # The camera's noise is 127 on average: bright for this threshold, dark for the default.
        assert graph.film(lambda: graph.got["commentary"])[0].data == "It is bright."
        graph.until(lambda: graph.status() and graph.status().engine.startswith("sky:"))
        request = DescribeParameters.Request(names=["sky_threshold", "engine"])
        reply = graph.call(DescribeParameters, "/commentator/describe_parameters", request)
        threshold, engine = reply.descriptors
        assert threshold.integer_range[0].to_value == 255
        assert threshold.description == "Mean grey level of a bright picture (engine sky)"
        assert "server, broken, sky, package.module:" in engine.additional_constraints
        assert "engine broken of package broken 0.1 can't be used" in running.output()
        assert running.popen.poll() is None


def test_settings_of_a_package_are_listed_like_ours(installed: dict[str, str]) -> None:
    environment = os.environ | installed
    listed = run("-m", "video_commentary.tools.run", "commentator", "--list", env=environment)
    assert "sky_threshold:=  Mean grey level of a bright picture (engine sky)" in listed
    files = run(
        "-c",
        "from video_commentary.tools import environment_file, parameter_files as files;"
        "print(environment_file.render(), files.render('commentator'))",
        env=environment,
    )
    assert "#VIDEO_COMMENTARY_SKY_THRESHOLD=200" in files
    assert "    # Mean grey level of a bright picture (0 to 255)\n    sky_threshold: 200" in files


@pytest.fixture
def modules(tmp_path: Path) -> dict[str, str]:
    """The environment of processes that can import the page's modules, which are not installed."""
    for name in ("sky_engine.py", "beep_voice.py", "noise_source.py"):
        (tmp_path / name).write_text(example(name))
    return packages(tmp_path)


def test_objects_need_no_installation(modules: dict[str, str], tmp_path: Path) -> None:
    picture = tmp_path / "grey.ppm"
    picture.write_bytes(b"P6 8 8 255 " + bytes([150] * 192))
    wav = tmp_path / "out.wav"
    chosen = ["engine:=sky_engine:PLUGIN", "voice:=beep_voice:PLUGIN", "beep_pitch:=880"]
    describe = ("-m", "video_commentary.tools.describe", str(picture), "--wav", str(wav), *chosen)
    assert run(*describe, env=os.environ | modules).endswith("It is dark.\n")
    assert wav.stat().st_size > 4000
    variables = {"VIDEO_COMMENTARY_SKY_THRESHOLD": "100"}
    assert run(*describe, env=os.environ | modules | variables).endswith("It is bright.\n")


@pytest.mark.parametrize("source", ["noise_source:PLUGIN", "noise_source:PLUGIN://any"])
def test_a_source_of_ones_own_is_read(modules: dict[str, str], source: str) -> None:
    code = f"""
from video_commentary.config.plugins import build
from video_commentary.config.settings import SourceSettings
from video_commentary.sources.registry import create_reader
chosen = {{"source": {source!r}, "noise_level": 7, "width": 320}}
reader = create_reader(build(SourceSettings, lambda name, default, _: chosen.get(name, default)))
reader.open()
image = reader.read().image
print(image.shape, image.max())
"""
    assert run("-c", code, env=os.environ | modules) == "(480, 320, 3) 6\n"
