"""Which machine a publisher is on, by its GID."""

from __future__ import annotations

import pytest

from video_commentary.ros import machines
from video_commentary.ros.machines import all_remote

FAST_DDS = "rmw_fastrtps_cpp"


def gid(host: str, process: str = "d62e13f9", vendor: str = "010f") -> bytes:
    return bytes.fromhex(f"{vendor}{host}{process}0000000000001303")


@pytest.mark.parametrize(
    ("rmw", "ours", "theirs", "remote"),
    [
        (FAST_DDS, [gid("78fd")], [gid("78fd", "00112233")], False),
        (FAST_DDS, [gid("78fd")], [gid("0a0b", "00112233")], True),
        (FAST_DDS, [gid("78fd")], [gid("0a0b"), gid("78fd")], False),
        (FAST_DDS, [gid("78fd")], [gid("0a0b"), gid("0c0d")], True),
        ("rmw_fastrtps_dynamic_cpp", [gid("78fd")], [gid("0a0b")], True),
        (FAST_DDS, [gid("78fd")], [], None),
        (FAST_DDS, [], [gid("0a0b")], None),
        # Another node has our name: which one is ours is not known.
        (FAST_DDS, [gid("78fd"), gid("0a0b")], [gid("0a0b")], None),
        (FAST_DDS, [gid("78fd")], [gid("0a0b", vendor="0110")], None),
        ("rmw_cyclonedds_cpp", [gid("78fd", vendor="0110")], [gid("0a0b", vendor="0110")], None),
        ("rmw_zenoh_cpp", [gid("78fd")], [gid("0a0b")], None),
    ],
)
def test_the_hash_of_fast_dds_names_the_machine(
    rmw: str,
    ours: list[bytes],
    theirs: list[bytes],
    remote: bool | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machines, "get_rmw_implementation_identifier", lambda: rmw)
    assert all_remote(ours, theirs) is remote
