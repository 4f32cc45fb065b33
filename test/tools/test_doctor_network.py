"""What doctor says of the network and of cameras, well and not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sensor_msgs.msg import CompressedImage, Image

from test.nodes.bridge_tabs import scene, wait
from test.nodes.graph import probe, process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images
from video_commentary.tools.camera_probe import Measurement, camera_probe
from video_commentary.tools.doctor_cameras import findings, judged
from video_commentary.tools.doctor_finding import FindingState
from video_commentary.tools.doctor_network_checks import discovery, kernel, message_size


@pytest.mark.parametrize(
    ("environment", "found", "fix"),
    [
        ({}, "domain 0, all machines of the subnet", "ROS_STATIC_PEERS"),
        ({"ROS_DOMAIN_ID": "7", "ROS_STATIC_PEERS": "10.0.0.2"}, "domain 7, all", ""),
        ({"ROS_LOCALHOST_ONLY": "1"}, "this machine only", "unset ROS_LOCALHOST_ONLY"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "localhost"}, "this machine only", "=SUBNET"),
        ({"ROS_DISCOVERY_SERVER": "10.0.0.1:11811"}, "discovery server 10.0.0.1:11811", ""),
    ],
)
def test_who_is_discovered(environment: dict[str, str], found: str, fix: str) -> None:
    finding = discovery(environment)
    assert found in finding.found
    assert fix in finding.fix


@pytest.mark.parametrize("link", ["local", "lossy"])
def test_what_is_sent_is_cut_up_unless_the_link_is_lossy(link: str) -> None:
    environment = {"VIDEO_COMMENTARY_LINK": link}
    environment |= for_images(environment, share_dir() / "config")
    finding = message_size(environment)
    assert ("never cut up" in finding.found) == (link == "lossy")
    assert ("VIDEO_COMMENTARY_LINK=lossy" in finding.fix) == (link == "local")
    assert "unknown" in message_size({"RMW_IMPLEMENTATION": "rmw_zenoh_cpp"}).found


def system(folder: Path, *values: int) -> Path:
    names = "core/rmem_max", "core/rmem_default", "ipv4/ipfrag_time", "ipv4/ipfrag_high_thresh"
    for name, value in zip(names, values, strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"{value}\n")
    return folder


def test_the_kernels_limits_come_with_what_raises_them(tmp_path: Path) -> None:
    usual = system(tmp_path, 212_992, 212_992, 30, 4_194_304)
    buffer, fragments = kernel({}, usual)
    assert buffer.state is fragments.state is FindingState.OPTIONAL
    assert "net.core.rmem_max=" in buffer.fix
    assert "net.ipv4.ipfrag_time=3" in fragments.fix
    lossy = {"VIDEO_COMMENTARY_LINK": "lossy"}
    _, fragments = kernel(lossy | for_images(lossy, share_dir() / "config"), usual)
    assert fragments.state is FindingState.GOOD, "what we send is not cut up"
    raised = system(tmp_path, 8_388_608, 8_388_608, 1, 134_217_728)
    assert [finding.fix for finding in kernel({}, raised)] == ["", ""]
    hidden = kernel({}, tmp_path / "absent")
    assert ["not visible here" in finding.found for finding in hidden] == [True, True]


WELL = Measurement(
    topic="/camera/image_raw/compressed",
    reliable=False,
    remote=True,
    fps=15.0,
    missing=0.01,
    mbit=5.3,
    offset=0.02,
    correction=0.0,
    message_size="source: 1400 bytes",
)


@pytest.mark.parametrize(
    ("changes", "found", "fix"),
    [
        ({}, "15.0 images/s, 1% missing, 5.3 Mbit/s, 0.020 s from stamp to arrival", ""),
        ({}, "best effort, from another machine (messages of source: 1400 bytes)", ""),
        ({"missing": 0.3}, "30% missing", "profile for lossy links"),
        ({"missing": 0.3, "remote": False}, "this machine", "with our Fast DDS profile"),
        ({"fps": 0.0}, "0.0 images/s", "it has stopped"),
        ({"offset": None, "remote": None}, "no image arrives", "docs/network.md"),
        ({"offset": 5.02, "correction": 4.82}, "5.020 s", "chrony"),
    ],
)
def test_what_is_wrong_with_a_camera_comes_with_what_to_do(
    changes: dict[str, object], found: str, fix: str
) -> None:
    finding = judged(replace(WELL, **changes))  # type: ignore[arg-type]
    assert found in finding.found
    assert fix in finding.fix
    assert (finding.state is FindingState.GOOD) == (not fix)


def test_a_camera_is_measured_over_dds() -> None:
    with camera_probe() as doctor:
        assert next(findings(doctor, "yet")).found == "no image topic yet"
        with scene(15.0):
            measured: list[Measurement] = []
            for _ in range(15):
                doctor.spin(3.0)
                measured = doctor.measure()
                if measured and measured[0].fps > 5 and measured[0].message_size:
                    break
    (camera,) = measured
    assert camera.topic == "/camera/image_raw"
    assert camera.remote is False
    assert camera.mbit == pytest.approx(camera.fps * 640 * 480 * 24e-6, rel=0.2)
    assert camera.offset == pytest.approx(0.0, abs=0.5)
    assert camera.message_size == "source: 65500 bytes"


def test_depth_images_are_no_camera_and_a_topic_called_so_is_one() -> None:
    with camera_probe() as doctor, probe() as graph:
        for kind, topic in ((CompressedImage, "/eye/compressedDepth"), (Image, "/eye/rawDepth")):
            graph.node.create_publisher(kind, topic, 1)
        found: list[str] = []
        for _ in range(30):
            doctor.spin(1.0)
            if found := [camera.topic for camera in doctor.measure()]:
                break
        doctor.spin(1.0)  # the other one would have been found by now
        assert [camera.topic for camera in doctor.measure()] == found == ["/eye/rawDepth"]


def test_it_can_be_watched_until_it_is_interrupted() -> None:
    command = ["-m", "video_commentary.tools.doctor", "--watch"]
    with process(*command, env={"COLUMNS": "200"}) as running:
        wait(lambda: "no image topic yet" in running.output(), 60, running.output())
        assert "receive buffer" in running.output()
        assert running.stop()[0] == 0
