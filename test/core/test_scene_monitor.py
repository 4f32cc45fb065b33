from __future__ import annotations

from dataclasses import replace

from test.fakes import FakeEngine, frame
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.scene_monitor import SceneMonitor, Use


def test_two_topics_with_one_frame_id_are_two_cameras() -> None:
    engine = FakeEngine()
    settings = replace(CommentatorSettings(), image_topics=("/front", "/rear"))
    scene = SceneMonitor(settings, engine)
    for number in range(3):
        for topic in settings.image_topics:
            scene.add(topic, frame(number / 2), Use.KEEP)
    assert [f.camera for f in engine.looked] == ["camera", "/rear"] * 3
    view = scene.view()
    assert {f.camera for f in view.frames} == {"camera", "/rear"}
    assert {id(f) for f in view.frames} <= {id(f) for f in engine.looked}


def test_cameras_that_are_watched_again_get_their_names_back() -> None:
    engine = FakeEngine()
    scene = SceneMonitor(replace(CommentatorSettings(), image_topics=("/front", "/rear")), engine)
    scene.add("/front", frame(0.0), Use.KEEP)
    scene.watch(("/rear",))
    scene.add("/rear", frame(0.5), Use.KEEP)
    assert [f.camera for f in engine.looked] == ["camera", "camera"]
