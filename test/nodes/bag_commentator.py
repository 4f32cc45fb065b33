"""The commentator node with an engine that names the stamps of the frames it is shown."""

from __future__ import annotations

from test.fakes import FakeEngine
from test.tools.narration.bags import RECORDED
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.engine import Request
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.stamp import to_seconds
from video_commentary.nodes.commentator.node import CommentatorNode
from video_commentary.ros.running import run
from video_commentary.wiring import Assembly


def windows(request: Request) -> list[object]:
    return [" ".join(f"{to_seconds(f.stamp) - RECORDED:.1f}" for f in request.frames)]


def assemble(settings: CommentatorSettings) -> Assembly:
    """Put that engine in the place of a real one."""
    engine = FakeEngine(windows)
    return Assembly(EngineGuard(engine, settings.engine_timeout), engine, None, "text only")


if __name__ == "__main__":
    run(lambda: CommentatorNode(assemble))
