from __future__ import annotations

from dataclasses import replace

from test.fakes import FakeEngine, frame
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.lookout import Lookout, Use


def test_two_topics_with_one_frame_id_are_two_cameras() -> None:
    engine = FakeEngine()
    settings = replace(CommentatorSettings(), image_topics=("/front", "/rear"))
    lookout = Lookout(settings, engine)
    for number in range(3):
        for topic in settings.image_topics:
            lookout.see(topic, frame(number / 2), Use.KEEP)
    assert [f.camera for f in engine.looked] == ["camera", "/rear"] * 3
    view = lookout.view()
    assert {f.camera for f in view.frames} == {"camera", "/rear"}
    assert {id(f) for f in view.frames} <= {id(f) for f in engine.looked}


def test_cameras_that_are_watched_anew_get_their_names_back() -> None:
    engine = FakeEngine()
    lookout = Lookout(replace(CommentatorSettings(), image_topics=("/front", "/rear")), engine)
    lookout.see("/front", frame(0.0), Use.KEEP)
    lookout.watch(("/rear",))
    lookout.see("/rear", frame(0.5), Use.KEEP)
    assert [f.camera for f in engine.looked] == ["camera", "camera"]
