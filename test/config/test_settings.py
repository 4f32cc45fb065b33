from __future__ import annotations

from dataclasses import replace

import pytest

from video_commentary.config.plugins import all_rules
from video_commentary.config.rules import check, from_environment
from video_commentary.config.settings import NODE_SETTINGS, CommentatorSettings
from video_commentary.engines.minicpmo.settings import MiniCpmoSettings
from video_commentary.engines.server.settings import ServerSettings

NODES = list(NODE_SETTINGS.values())
RULES = all_rules(CommentatorSettings, {})


@pytest.mark.parametrize("node", NODES)
def test_every_setting_is_described_and_its_default_allowed(node: type) -> None:
    for name, (default, rule) in all_rules(node, {}).items():
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
        ("TOP_K", "0", 0),
        ("INSTRUCTION", "be brief", "be brief"),
    ],
)
def test_the_environment_replaces_defaults(name: str, text: str, value: object) -> None:
    default, rule = RULES[name.lower()]
    variables = {f"VIDEO_COMMENTARY_{name}": text}
    assert from_environment(name.lower(), default, rule, variables) == value
    assert from_environment(name.lower(), default, rule, {}) == default


@pytest.mark.parametrize(
    ("name", "text"),
    [("ENABLED", "perhaps"), ("MAX_TOKENS", "1"), ("MAX_TOKENS", "many"), ("ENGINE", "gpt")],
)
def test_a_bad_variable_is_named(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"VIDEO_COMMENTARY_{name}"):
        from_environment(name.lower(), *RULES[name.lower()], {f"VIDEO_COMMENTARY_{name}": text})


def test_settings_of_a_plugin_are_found_by_their_class() -> None:
    chosen = ServerSettings(server_model="tiny")
    settings = CommentatorSettings(plugins=(MiniCpmoSettings(), chosen))
    assert settings.of(ServerSettings) is chosen
    assert replace(settings, max_tokens=100).of(ServerSettings) is chosen
    assert CommentatorSettings().of(ServerSettings) == ServerSettings()
