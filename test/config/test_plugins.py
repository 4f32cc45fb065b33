"""Plug-ins of installed packages that are wrong in many ways, all at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
from dataclasses import dataclass
from video_commentary.config.rules import setting
from video_commentary.engines.registry import EnginePlugin as Engine
from video_commentary.voices.registry import VoicePlugin as Voice

def settings(base=object, **fields):
    made = fields | {"__annotations__": dict.fromkeys(fields, object)}
    return dataclass(frozen=True)(type("Settings", (base,), made))

class Raises:
    def __post_init__(self):
        raise RuntimeError("no such file")

well = Engine("well", settings(well_speed=setting(3, "Speed", low=1, high=9)), print)
twice = Engine("twice", settings(), print)
other_name = Engine("another", settings(), print)
Capital = Engine("Capital", settings(), print)
unprefixed = Engine("unprefixed", settings(speed=setting(1, "Speed")), print)
unruled = Engine("unruled", settings(unruled_speed=1), print)
live = Engine("live", settings(live_speed=setting(1, "Speed", live=True)), print)
typeless = Engine("typeless", settings(typeless_speed=setting(None, "Speed")), print)
empty = Engine("empty", settings(empty_list=setting((), "List")), print)
outside = Engine("outside", settings(outside_speed=setting(1, "Speed", low=2, high=3)), print)
max = Engine("max", settings(max_tokens=setting(1, "Tokens")), print)
params = Engine("params", settings(params_file=setting("", "File")), print)
mistyped = Engine("mistyped", settings(mistyped_speed=setting("1", "Speed", low=1)), print)
raises = Engine("raises", settings(Raises, raises_speed=setting(1, "Speed")), print)
classless = Engine("classless", object, print)
voice = Voice("voice", settings(), print)
number = 7
"""
PROBE = """
import json
from video_commentary.config.launch_plan import arguments
from video_commentary.config.plugins import find, problems
from video_commentary.config.registry import ENGINES
from video_commentary.engines.registry import engine_plugin

found = {}
for name in ENGINES.names:
    try:
        found[name] = type(engine_plugin(name)).__name__
    except ValueError as error:
        found[name] = str(error)
listed = arguments("commentator")
print(json.dumps([found, problems(), [name for name in listed if "speed" in name]]))
"""


def install(site: Path, package: str, **entry_points: str) -> None:
    """Make a package with these engines known in `site`, as pip does."""
    metadata = site / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {target}" for name, target in entry_points.items()]
    text = "\n".join(["[video_commentary.engines]", *lines, ""])
    (metadata / "entry_points.txt").write_text(text)


def environment(site: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    names = ("well", "unprefixed", "unruled", "live", "typeless", "empty", "outside", "max")
    others = ("params", "mistyped", "raises", "classless", "voice", "number", "Capital", "misspelt")
    (folder / "faulty.py").write_text(MODULE)
    (folder / "breaks.py").write_text("import not_installed_here\n")
    (folder / "exits.py").write_text("raise SystemExit('goodbye')\n")
    targets = {name: f"faulty:{name}" for name in (*names, *others)}
    targets |= {"broken": "breaks:PLUGIN", "ends": "exits:PLUGIN", "renamed": "faulty:other_name"}
    install(folder, "faulty", twice="faulty:twice", builtin="faulty:well", **targets)
    install(folder, "rival", twice="faulty:twice")
    # Our own, as pip lists it.
    install(folder, "itself", server="video_commentary.engines.server.plugin:PLUGIN")
    return folder


Probed = tuple[dict[str, str], list[str], list[str]]


@pytest.fixture(scope="module")
def probed(site: Path) -> Probed:
    """Name by name what an engine is, or why it can't be used; what is logged; their settings."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env=environment(site),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, problems, settings = json.loads(done.stdout)
    return found, problems, settings


def test_ours_and_the_one_that_is_well_are_untouched(probed: Probed) -> None:
    found, _, settings = probed
    well = [name for name, what in found.items() if what == "EnginePlugin"]
    assert well == ["builtin", "minicpmo", "server", "well"]
    assert settings == ["well_speed"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("broken", "(ModuleNotFoundError: No module named 'not_installed_here')"),
        ("ends", "(SystemExit: goodbye)"),
        ("misspelt", "(AttributeError: module 'faulty' has no attribute 'misspelt')"),
        ("renamed", "its name is another, but its entry point is called renamed"),
        ("Capital", "its name 'Capital' is not lower-case letters"),
        ("unprefixed", "its setting speed must begin with unprefixed_"),
        ("unruled", "its setting unruled_speed was not made with rules.setting"),
        ("live", "its setting live_speed can be neither live nor a choice of plug-ins"),
        ("typeless", "must be a bool, int, float, str or a tuple of one str or more, not None"),
        ("empty", "must be a bool, int, float, str or a tuple of one str or more, not ()"),
        ("outside", "outside_speed: 1 is outside 2 to 3"),
        ("max", "its setting max_tokens has a name that is taken"),
        ("params", "its setting params_file has a name that is taken"),
        ("mistyped", "'<' not supported between instances of 'str' and 'int'"),
        ("raises", "no such file"),
        ("classless", "its settings are not a dataclass"),
        ("number", "it is neither a plug-in nor a function that makes one"),
    ],
)
def test_a_faulty_plugin_is_named_with_its_package_and_what_to_do(
    probed: Probed, name: str, says: str
) -> None:
    found, problems, _ = probed
    assert says in found[name]
    assert f"engine {name} of package faulty 1.0 can't be used" in found[name]
    assert found[name].endswith("update or uninstall faulty, or choose another engine")
    assert found[name] in problems


def test_a_plugin_of_another_kind_is_refused(probed: Probed) -> None:
    assert "it is of type VoicePlugin, not EnginePlugin" in probed[0]["voice"]


def test_a_name_of_two_packages_is_refused(probed: Probed) -> None:
    said = probed[0]["twice"]
    assert "engine twice is offered by faulty 1.0 and rival 1.0" in said
    assert "choose engine:=faulty:twice" in said


def test_a_name_of_ours_stays_ours(probed: Probed) -> None:
    _, problems, _ = probed
    (taken,) = [problem for problem in problems if "offers" in problem]
    assert "package faulty 1.0 offers engine builtin" in taken
    assert "engine:=faulty:well" in taken
    assert not [problem for problem in problems if "itself" in problem]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["engine:=broken", "broken_speed:=2"], "engine broken of package faulty 1.0"),
        (["engine:=faulty:unprefixed"], "engine faulty:unprefixed can't be used: its setting"),
        (["engine:=faulty:nothing"], "has no attribute 'nothing'"),
        (["engine:=well", "well_speed:=10"], "well_speed: 10 is outside 1 to 9"),
        (["engine:=misspelled"], "server, Capital, broken,"),
    ],
)
def test_a_wrong_choice_ends_before_anything_starts(
    site: Path, words: list[str], says: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "video_commentary.tools.run", "commentator", *words],
        env=environment(site),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
