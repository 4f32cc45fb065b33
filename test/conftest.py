"""What all tests share: a ROS domain of their own, and the material that lies outside the tree."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _free_domain() -> int:
    """Return a random domain whose first discovery port nobody on this machine holds.

    Ports: DDSI-RTPS 9.6.1.4; domains up to 101 stay below Linux's ephemeral ports.
    """
    for domain in random.sample(range(1, 102), 101):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", 7400 + 250 * domain + 10))
            except OSError:
                continue
            return domain
    raise RuntimeError("every ROS domain is in use on this machine")


# Before any test imports rclpy; child processes inherit it.
os.environ["ROS_DOMAIN_ID"] = str(_free_domain())
if os.environ.get("ROS_DISTRO") == "humble":
    os.environ["ROS_LOCALHOST_ONLY"] = "1"
else:
    os.environ.pop("ROS_LOCALHOST_ONLY", None)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
for name in [name for name in os.environ if name.startswith("VIDEO_COMMENTARY_")]:
    if name != "VIDEO_COMMENTARY_MODELS":
        del os.environ[name]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of media and recorded numbers beside the checkout; skips without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the checkout: real videos and recorded numbers are there")
    return folder


@pytest.fixture(scope="session")
def media(shared: Path) -> Path:
    """The folder of real videos; skips without it."""
    if not (shared / "media").is_dir():
        pytest.skip("no ../shared/media beside the checkout: the real videos are there")
    return shared / "media"


LIVE = ("bridge", "nodes", "ros", "sources", "tools")
"""Folders of tests with real processes, sockets and clocks."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a live test that fails a second try, named at the end: a busy machine may come late."""
    for item in items:
        if item.path.relative_to(ROOT / "test").parts[0] in LIVE:
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=1))
