from __future__ import annotations

import pytest

from test.config.plugged import CHOICE
from video_commentary.config.launch_plan import (
    DEMO,
    DESK,
    LAUNCH_TARGETS,
    ROBOT,
    Start,
    absolute,
    arguments,
    launch_plan,
    ros_arguments,
    target_environment,
)
from video_commentary.config.plugins import all_rules
from video_commentary.config.settings import NODE_SETTINGS


@pytest.mark.parametrize("target", LAUNCH_TARGETS)
def test_every_argument_sets_a_real_setting(target: str) -> None:
    for argument in arguments(target).values():
        assert argument.description
        for node, setting in argument.settings:
            assert setting in all_rules(NODE_SETTINGS[node], {})


@pytest.mark.parametrize("target", LAUNCH_TARGETS)
def test_every_setting_can_be_given(target: str) -> None:
    reachable = {pair for argument in arguments(target).values() for pair in argument.settings}
    together = {
        DEMO: list(NODE_SETTINGS),
        ROBOT: ["source", "speaker", "listener"],
        DESK: ["commentator", "bridge", "speaker", "listener", "memory"],
    }
    nodes = together.get(target, [target])
    wanted = {(node, name) for node in nodes for name in all_rules(NODE_SETTINGS[node], {})}
    derived = {("speaker", "audio_topic")} if target in together else set()
    assert wanted - reachable == derived


def test_only_what_was_given_is_passed_on() -> None:
    assert launch_plan("commentator", {}) == [Start("commentator", {})]
    nodes = ["source", "commentator", "bridge"]
    assert launch_plan(DEMO, {}) == [Start(node, {}) for node in nodes]


def test_values_get_the_type_of_their_setting() -> None:
    given = {"image_topics": "/a,/b", "capture_fps": "4", "max_tokens": "32", "enabled": "false"}
    assert launch_plan("commentator", given)[0].parameters == {
        "image_topics": ["/a", "/b"],
        "capture_fps": 4.0,
        "max_tokens": 32,
        "enabled": False,
    }


def test_an_engine_given_as_an_object_brings_its_settings() -> None:
    given = {"engine": CHOICE, "probe_gain": "3"}
    assert "probe_gain" not in arguments("demo")
    assert arguments("demo", given)["probe_gain"].settings == (("commentator", "probe_gain"),)
    assert launch_plan("commentator", given)[0].parameters == {"engine": CHOICE, "probe_gain": 3}
    with pytest.raises(ValueError, match="probe_gain: 10 is outside 1 to 9"):
        launch_plan("commentator", given | {"probe_gain": "10"})


def test_the_demo_connects_its_nodes() -> None:
    given = {
        "image_topic": "/front",
        "speaker": "yes",
        "memory": "yes",
        "namespace": "robot1/",
    }
    source, commentator, bridge, speaker, memory = launch_plan(DEMO, given)
    assert source.parameters == {"image_topic": "/front"}
    assert commentator.parameters == {"image_topics": ["/front"]}
    assert bridge.parameters == {"view_topic": "/front"}
    assert speaker.parameters == {"audio_topic": "/robot1/commentator/audio_stamped"}
    assert memory.parameters == {"memory_topics": ["/front"]}


def test_robot_and_desk_share_out_the_nodes() -> None:
    topic = "/robot1/commentator/audio_stamped"
    given = {"namespace": "robot1", "image_topic": "/front"}
    assert launch_plan(ROBOT, given) == [Start("speaker", {"audio_topic": topic})]
    source, speaker = launch_plan(ROBOT, given | {"source": "/dev/video0"})
    assert source == Start("source", {"image_topic": "/front", "source": "/dev/video0"})
    assert speaker.node == "speaker"
    assert launch_plan(ROBOT, {"source": "test", "speaker": "no"}) == [
        Start("source", {"source": "test"})
    ]
    assert launch_plan(DESK, given) == [
        Start("commentator", {"image_topics": ["/front"]}),
        Start("bridge", {"view_topic": "/front"}),
    ]
    assert len(launch_plan(DESK, {"speaker": "yes"})) == 3
    heard = {"speaker": "no", "listener": "yes", "microphone": "yes"}
    assert launch_plan(ROBOT, heard) == [Start("listener", {"microphone": True})]
    assert launch_plan(DESK, given | {"memory": "true"})[-1] == Start(
        "memory", {"memory_topics": ["/front"]}
    )
    with pytest.raises(ValueError, match="nothing to start"):
        launch_plan(ROBOT, {"speaker": "false"})


def test_robot_and_desk_are_joined_by_wifi_and_send_compressed_images() -> None:
    link, publish = "VIDEO_COMMENTARY_LINK", "VIDEO_COMMENTARY_PUBLISH"
    added = target_environment(ROBOT, {}, {})
    assert added == {link: "lossy", publish: "compressed", "VIDEO_COMMENTARY_LATENCY": "0.3"}
    assert target_environment(DESK, {}, {}) == {link: "lossy"}
    assert target_environment(DEMO, {}, {}) == {link: "local"}
    assert target_environment(DEMO, {}, {link: "lossy"}) == {link: "lossy"}
    assert target_environment(DESK, {"link": "local"}, {link: "lossy"}) == {link: "local"}
    assert publish not in target_environment(ROBOT, {}, {publish: "both"})
    with pytest.raises(ValueError, match="local, lossy"):
        target_environment(DESK, {"link": "slow"}, {})


def test_no_two_nodes_give_one_name_to_two_things() -> None:
    named: dict[str, list[object]] = {}
    for settings in NODE_SETTINGS.values():
        for name, thing in all_rules(settings, {}).items():
            named.setdefault(name, []).append(thing)
    shared = {name: things for name, things in named.items() if len(things) > 1}
    assert shared.keys() == {"commentator_node", "listener_node", "memory_node"}
    for first, *others in shared.values():
        assert all(other == first for other in others)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"instuction": "x"}, "did you mean instruction"),
        ({"zzz": "x"}, "known: "),
        ({"engine": "gpt"}, "builtin, minicpmo, server"),
        ({"capture_fps": "1000"}, "outside 0.1 to 30"),
        ({"capture_fps": "fast"}, "capture_fps:=fast"),
        ({"enabled": "maybe"}, "neither true nor false"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match="argument|:=") as caught:
        launch_plan("commentator", given)
    assert words in str(caught.value)


def test_arguments_come_after_the_file_and_so_win() -> None:
    given = {"params_file": "my.yaml", "log_level": "debug"}
    words = ros_arguments(Start("source", {"source": '5: "x"', "fps": 10.0, "loop": True}), given)
    assert words == [
        "--ros-args",
        "--params-file",
        "my.yaml",
        "--log-level",
        "debug",
        "-p",
        'source:="5: \\"x\\""',
        "-p",
        "fps:=10.0",
        "-p",
        "loop:=true",
    ]


@pytest.mark.parametrize(("given", "wanted"), [("", ""), ("/", ""), ("a", "/a"), ("/a/b/", "/a/b")])
def test_a_namespace_as_ros_writes_it(given: str, wanted: str) -> None:
    assert absolute(given) == wanted
