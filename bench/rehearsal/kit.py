"""ROS and what else the rehearsal needs, as one file for a GPU machine without a registry.

python -m bench.rehearsal.kit FOLDER    (where there is a registry; as make rehearsal-kit)
python -m bench.rehearsal --kit FOLDER  (on the GPU machine; or in two steps, the first of which is
python -m bench.rehearsal.kit FOLDER --install .venv-rehearsal)

The GPU machine needs Linux x86_64, a C++ compiler, CMake and a Python 3.12 that has its headers,
pip, torch, numpy, OpenCV, Pillow, PyYAML, safetensors and tokenizers: these are too large to carry.
"""

from __future__ import annotations

import argparse
import lzma
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = "rehearsal-kit.tar.xz"
PYTHON = "3.12"
LOCKED = {
    "ros.txt": r"ros-|colcon-|catkin-pkg$|distlib$|docutils$|empy$|lark-parser$|packaging$"
    r"|pyparsing$|python-dateutil$|setuptools$",
    "nodes.txt": r"soxr$",
}
"""What the kit takes from each lock, by the beginnings of the names."""
LEFT_OUT = re.compile(r"colcon-test-result|ros-ament-cmake-(cppcheck|cpplint|flake8|uncrustify)")
SOURCES = ("catkin-pkg", "empy")
"""Published as source only; pure Python."""
PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux1")
BUILD_MACHINE = re.compile(
    r"/opt/python/cp[0-9]+[^;\"]*?/(?:site-packages/numpy/(?:_core|core)/include|"
    r"include/python[0-9.]+)"
)
"""Where the wheels' CMake files look for the headers of Python and numpy."""


def requirements(lock: Path, wanted: str) -> Iterator[tuple[str, str]]:
    """Yield name and text, hashes included, of the packages of a lock whose names match."""
    for block in re.findall(r"^[a-z0-9].*(?:\n    --hash.*)*", lock.read_text(), re.MULTILINE):
        name = re.split(r"[=\[ ]", block, maxsplit=1)[0]
        if re.match(wanted, name) and not LEFT_OUT.match(name):
            yield name, block


def collect(folder: Path) -> Path:
    """Write the kit to `folder` and return its path."""
    locks = ROOT / "requirements" / "lock"
    with tempfile.TemporaryDirectory() as work:
        wheels = Path(work, "wheels")
        for from_source in (False, True):
            text = [
                block
                for name, wanted in LOCKED.items()
                for package, block in requirements(locks / name, wanted)
                if (package in SOURCES) == from_source
            ]
            listed = Path(work, f"requirements-{from_source}.txt")
            listed.write_text("\n".join(text) + "\n")
            _download(listed, wheels, from_source)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / ARCHIVE
        _pack(sorted(wheels.glob("*.whl")), path, Path(work))
    return path


def _download(listed: Path, wheels: Path, from_source: bool) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    options = ["-q", "--no-deps", "--require-hashes", "-r", str(listed)]
    if from_source:
        command = [*pip, "wheel", "-w", str(wheels), *options]
    else:
        chosen = [word for tag in PLATFORMS for word in ("--platform", f"{tag}_x86_64")]
        command = [*pip, "download", "-d", str(wheels), "--only-binary=:all:", *options]
        command += ["--python-version", PYTHON, "--implementation", "cp", *chosen]
    subprocess.run(command, check=True)


def _pack(wheels: list[Path], path: Path, work: Path) -> None:
    """Pack the wheels as one: many hold the same libraries, which then count once."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 28}]
    with (
        lzma.open(path, "wb", filters=filters) as stream,
        tarfile.open(fileobj=stream, mode="w") as archive,
    ):
        for wheel in wheels:
            plain = work / "plain.whl"
            with zipfile.ZipFile(wheel) as packed, zipfile.ZipFile(plain, "w") as stored:
                for entry in packed.infolist():
                    stored.writestr(entry, packed.read(entry), zipfile.ZIP_STORED)
            archive.add(plain, arcname=wheel.name)


def enter(kit: Path, venv: Path, arguments: list[str]) -> None:
    """Set `venv` up from the kit unless that is done, and go on as `bench.rehearsal` in it."""
    if not (venv / "ready").exists():
        install(kit, venv)
    path = os.pathsep.join
    environment = os.environ | {
        "PATH": path([f"{venv}/bin", os.environ.get("PATH", "")]),
        "AMENT_PREFIX_PATH": str(venv),
        "LD_LIBRARY_PATH": path([f"{venv}/lib", os.environ.get("LD_LIBRARY_PATH", "")]),
        "ROS_DISTRO": "jazzy",
    }
    python = str(venv / "bin" / "python")
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(python, [python, "-m", "bench.rehearsal", *arguments], environment)


def install(kit: Path, venv: Path) -> None:
    """Make a virtual environment on top of this Python's packages, with ROS and our interfaces.

    Raise SystemExit if this Python is not the kit's, CalledProcessError if a step fails.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version != PYTHON:
        raise SystemExit(f"the kit is for Python {PYTHON}, this is {version}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))
    # --system-site-packages would name those of the system, not of the environment we are in.
    below = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    lines = [f"import site; site.addsitedir({entry!r})\n" for entry in below]
    (site / "below.pth").write_text("".join(lines))
    with tempfile.TemporaryDirectory() as wheels:
        with tarfile.open(kit / ARCHIVE) as archive:
            archive.extractall(wheels, filter="data")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python"]
        options = ["-q", "--no-index", "--no-deps", "--no-cache-dir", "--no-compile", "-I"]
        files = sorted(map(str, Path(wheels).glob("*.whl")))
        subprocess.run([*pip, venv / "bin" / "python", "install", *options, *files], check=True)
    _name_our_headers(venv)
    _build(venv)
    (venv / "ready").touch()


def _name_our_headers(venv: Path) -> None:
    import numpy

    for file in venv.joinpath("share").rglob("*.cmake"):
        text = file.read_text()
        changed = BUILD_MACHINE.sub(
            lambda found: (
                numpy.get_include() if "numpy" in found[0] else sysconfig.get_path("include")
            ),
            text,
        )
        if changed != text:
            file.write_text(changed)


def _build(venv: Path) -> None:
    """Build the interfaces and the package into `venv`, as scripts/setup.sh does."""
    environment = os.environ | {
        # CMake may lie beside this Python, as pip installs it.
        "PATH": os.pathsep.join(
            [f"{venv}/bin", str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        ),
        "AMENT_PREFIX_PATH": str(venv),
        "CMAKE_PREFIX_PATH": str(venv),
        "LD_LIBRARY_PATH": os.pathsep.join([f"{venv}/lib", os.environ.get("LD_LIBRARY_PATH", "")]),
        "ROS_DISTRO": "jazzy",
        "ROS_VERSION": "2",
        "MAKEFLAGS": f"-j{os.cpu_count()}",
    }
    command = [f"{venv}/bin/python", "-m", "colcon", "--log-base", f"{venv}/build/log"]
    command += ["build", "--base-paths", str(ROOT), f"{ROOT}/scripts/audio_common_msgs"]
    command += [f"{ROOT}/scripts/tf2_msgs", f"{ROOT}/scripts/vision_msgs"]
    command += ["--build-base", f"{venv}/build", "--install-base", f"{venv}", "--merge-install"]
    command += ["--symlink-install", "--cmake-args", "-DBUILD_TESTING=OFF"]
    # CMake 4 refuses what the wheels' older modules ask for.
    command += ["-DCMAKE_POLICY_VERSION_MINIMUM=3.5", f"-DPython3_EXECUTABLE={venv}/bin/python"]
    built = subprocess.run(
        command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True
    )
    if built.returncode:
        raise SystemExit(f"{built.stdout[-4000:]}{built.stderr[-4000:]}\ncolcon could not build")


def main() -> None:
    """Collect the kit and say how large it is, or install it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--install", type=Path, metavar="VENV", help="from FOLDER, offline")
    options = parser.parse_args()
    if options.install:
        install(options.folder, options.install.resolve())
        return
    path = collect(options.folder)
    print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
