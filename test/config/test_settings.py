from __future__ import annotations

import pytest

from video_commentary.config.launch_plan import SETTINGS
from video_commentary.config.rules import check, from_environment, rules
from video_commentary.config.settings import CommentatorSettings

NODES = list(SETTINGS.values())


@pytest.mark.parametrize("node", NODES)
def test_every_setting_is_described_and_its_default_allowed(node: type) -> None:
    for name, (default, rule) in rules(node).items():
        assert len(rule.description) > 5, name
        check(name, default, rule)
        if isinstance(default, (int, float)) and not isinstance(default, bool):
            assert rule.low is not None, name
            assert rule.high is not None, name


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("IMAGE_TOPICS", "/a, /b", ("/a", "/b")),
        ("ENABLED", "off", False),
        ("MAX_TOKENS", "100", 100),
        ("CAPTURE_FPS", "4", 4.0),
        ("INSTRUCTION", "be brief", "be brief"),
    ],
)
def test_the_environment_replaces_defaults(name: str, text: str, value: object) -> None:
    values = from_environment(CommentatorSettings, {f"VIDEO_COMMENTARY_{name}": text})
    assert values[name.lower()] == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("ENABLED", "perhaps"), ("MAX_TOKENS", "1"), ("MAX_TOKENS", "many"), ("ENGINE", "gpt")],
)
def test_a_bad_variable_is_named(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"VIDEO_COMMENTARY_{name}"):
        from_environment(CommentatorSettings, {f"VIDEO_COMMENTARY_{name}": text})
