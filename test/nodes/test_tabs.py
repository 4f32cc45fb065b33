"""The page in a real browser, on a real graph."""

from __future__ import annotations

from typing import Any

from test.bridge.browsing import chromium, holds, installed, ready, tabs
from test.nodes.bridge_tabs import bridge, scene
from test.nodes.graph import commentator

pytestmark = installed

POSTS = """async () => {
  const took = [];
  for (let i = 0; i < 10; i += 1) {
    const began = performance.now();
    const answer = await fetch("/api/enabled", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: '{"enabled": true}',
    });
    if (!answer.ok) throw new Error(await answer.text());
    took.push(performance.now() - began);
    await new Promise((then) => setTimeout(then, 200));
  }
  return took;
}"""
"""Milliseconds of ten posts: from the page itself, which has few connections to the bridge."""


def test_a_post_is_answered_quickly_while_two_tabs_play_everything() -> None:
    with (
        scene(15.0, "width:=320", "height:=240"),
        commentator("says", "breathing_pause:=0.1", voice="speaks"),
        bridge() as it,
        chromium() as browser,
        tabs(browser, it.url, 2) as pages,
    ):
        for page in pages:
            ready(page, 40)
            holds(page, "!document.getElementById('sound').disabled", 40)
            page.click("#sound")
            holds(page, "commentary.sound.blocks > 20", 40)
        before = [played(page) for page in pages]
        took = pages[0].evaluate(POSTS)
        for page, (drawn, blocks, gaps) in zip(pages, before, strict=True):
            holds(page, f"commentary.drawn() > {drawn + 15}", 30)
            holds(page, f"commentary.sound.blocks > {blocks + 15}", 30)
            assert played(page)[2] == gaps == 0
        assert max(took) < 200, took


def played(page: Any) -> tuple[int, int, int]:
    """Return pictures drawn, blocks of sound played, and gaps in it."""
    figures = page.evaluate("[commentary.drawn(), commentary.sound.blocks, commentary.sound.gaps]")
    return figures[0], figures[1], figures[2]
