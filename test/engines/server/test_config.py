from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from test.engines.server.asking import ask
from test.engines.server.misbehaving import Behaviour, Misbehaving, says
from video_commentary.core.engine import EngineError
from video_commentary.engines.server.config import KEY_VARIABLE, from_settings
from video_commentary.engines.server.engine import ServerEngine
from video_commentary.engines.server.settings import ServerSettings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"server_url": ()}, "server_url is empty"),
        ({"server_url": ("localhost:8000",)}, "write it as http://host:8000/v1"),
        ({"server_url": ("http://me:secret@host/v1",)}, KEY_VARIABLE),
        ({"server_extra": "{"}, "server_extra is not JSON"),
        ({"server_extra": "[1]"}, "server_extra must be a JSON object"),
    ],
)
def test_bad_settings_say_what_is_allowed(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(EngineError, match=words) as raised:
        ServerEngine(ServerSettings(**settings)).load()
    assert not raised.value.retry
    assert "secret" not in str(raised.value)


def test_the_key_comes_from_the_environment_and_shows_nowhere() -> None:
    environment = {KEY_VARIABLE: "hush", "OPENAI_API_KEY": "mine"}
    config = from_settings(ServerSettings(), environment, own_voice=True)
    assert config.key == "hush"
    assert "hush" not in repr(config)


def test_key_and_extra_fields_reach_the_server(
    misbehaving: Callable[[Behaviour], Misbehaving],
    engine: Callable[..., ServerEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "hush")
    server = misbehaving(says("Yes."))
    extra = '{"chat_template_kwargs": {"enable_thinking": false}, "temperature": 0.2}'
    assert ask(engine(server.url, server_extra=extra)) == ["Yes."]
    asked = server.asked[-1]
    assert server.keys == ["Bearer hush"]
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}
    assert asked["temperature"] == 0.2
    assert (asked["model"], asked["max_tokens"], asked["stream"]) == ("tiny", 16, True)
