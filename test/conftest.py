"""What all tests share: their own ROS domain, and the material outside the tree."""

from __future__ import annotations

import os
import random
import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

with suppress(ImportError):  # a GPU machine may lack it
    from hypothesis import HealthCheck, settings

    # Its own limits go by the clock, which a busy machine loses. What it does under CI stays.
    settings.register_profile(
        "suite",
        settings.default,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    settings.load_profile("suite")


def _own_domain() -> int:
    """Return a random domain that is unused on this machine, and keep other test runs off it.

    Its first discovery port (DDSI-RTPS 9.6.1.4) must be free; domains up to 101 stay below Linux's
    ephemeral ports. Nobody holds that port between two tests, hence the claim: an abstract socket.
    """
    for domain in random.sample(range(1, 102), 101):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0video_commentary_test_domain_{domain}")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.bind(("127.0.0.1", 7400 + 250 * domain + 10))
        except OSError:
            claim.close()
            continue
        claim.detach()  # it stays open as long as this process lives
        return domain
    raise RuntimeError("every ROS domain is in use on this machine")


# A shell starts what runs in its background with SIGINT ignored, and children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Before any test imports rclpy; child processes inherit it.
os.environ["ROS_DOMAIN_ID"] = str(_own_domain())
if os.environ.get("ROS_DISTRO") == "humble":
    os.environ["ROS_LOCALHOST_ONLY"] = "1"
else:
    os.environ.pop("ROS_LOCALHOST_ONLY", None)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
for name in [name for name in os.environ if name.startswith("VIDEO_COMMENTARY_")]:
    if name != "VIDEO_COMMENTARY_MODELS":
        del os.environ[name]
# The tests' own servers are not behind anybody's proxy.
_direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
if _direct != "*":
    _direct = f"{_direct},127.0.0.1,localhost".lstrip(",")
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = _direct


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


LIVE = (
    "bridge",
    "nodes",
    "ros",
    "sources",
    "tools",
    "engines/server",
    "core/test_engine_guard.py",
    "core/test_loading.py",
    "voices/test_espeak.py",
)
"""Folders and files of tests with real processes, sockets and clocks."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a live test that fails a second try, named at the end: a busy machine may come late."""
    for item in items:
        if any(item.path.is_relative_to(ROOT / "test" / live) for live in LIVE):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=1))
