"""An assistant's tools over DDS: bridge, commentator and memory, each in its own process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from test.bridge.mcp_clients import over_http, pictures, result_of, words
from test.nodes.bridge_tabs import bridge, scene
from test.nodes.graph import process
from test.nodes.test_memory import memory
from video_commentary.config.paths import models_dir
from video_commentary.engines.builtin.engine import MODEL_FILE


async def poll(client: Client, tool: str, good: Callable[[Any], object], **arguments: Any) -> Any:
    """Call a tool, once a second at most, until its result is good; return that."""
    end = time.monotonic() + 60.0
    while True:
        result = await client.call_tool(tool, arguments)
        text = words(result)
        if not result.is_error and good(found := json.loads(text)):
            return found
        assert time.monotonic() < end, text
        await asyncio.sleep(1.0)


@pytest.mark.skipif(
    not (models_dir() / MODEL_FILE).is_file(), reason="no detector weights: fetch_model builtin"
)
def test_an_assistant_looks_asks_watches_and_recalls(tmp_path: Path) -> None:
    settings = ["engine:=builtin", "voice:=none", f"watches_file:={tmp_path / 'watches.json'}"]
    given = [word for setting in settings for word in ("-p", setting)]

    async def talk(url: str) -> None:
        async with over_http(url) as client:
            seen = await poll(client, "look", lambda seen: seen["things"] and seen["comments"])
            thing = seen["things"][0]
            assert thing["name"] and thing["box"][0] < thing["box"][2]
            assert (seen["state"], seen["trouble"], seen["source"]) == ("watching", "", "robot")
            assert pictures(await client.call_tool("look", {})) == [(640, 480)]

            added = await result_of(client, "watch", condition="anything moves", name="movement")
            alerts = await result_of(client, "alerts", wait=40)
            assert {each["watch"] for each in alerts["alerts"]} == {added["id"]}
            asked = await result_of(
                client, "ask", question="How many people are there?", quiet=True
            )
            assert asked["answer"] and asked["stamp"] > seen["stamp"]

            question = {"question": "Did anything move in the last five minutes?"}
            past = await poll(client, "recall", lambda found: found["entries"], **question)
            assert past["answer"]
            recap = await result_of(client, "recap", period="the last hour")
            assert recap["kinds"]["comment"] > 0 and recap["kinds"]["alert"] > 0
            refused = await client.call_tool("watch", {"condition": "the toast is ready"})
            assert refused.is_error and "say who or what" in words(refused)

    with (
        scene(10.0, "width:=640", "height:=480"),
        process("-m", "video_commentary.nodes.commentator", "--ros-args", *given),
        memory(tmp_path / "m.db"),
        bridge() as it,
    ):
        asyncio.run(talk(it.url))
