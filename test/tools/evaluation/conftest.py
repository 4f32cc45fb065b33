from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import av
import pytest

from video_commentary.sources.scene import CYCLE, StreetScene
from video_commentary.tools.evaluation.labels import Clip, LabelledEvent, read_labels

DATA = Path(__file__).resolve().parents[2] / "data" / "evaluation"
OPEN_SET = Path(__file__).resolve().parents[4] / "shared" / "media"
FPS = 10


@pytest.fixture(scope="session")
def labelled_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with labels.yaml and the test scene as scene.mp4."""
    folder = tmp_path_factory.mktemp("set")
    shutil.copy(DATA / "labels.yaml", folder)
    scene = StreetScene(320, 240, FPS)
    scene.open()
    with av.open(str(folder / "scene.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.bit_rate = 2_000_000
        for index in range(round(CYCLE * FPS)):
            frame = av.VideoFrame.from_ndarray(scene.frame(index)[0], "rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return folder


@pytest.fixture
def clips() -> list[Clip]:
    return read_labels(DATA)


@pytest.fixture(scope="session")
def open_set() -> Path:
    """The labelled videos beside the repository, which not everybody has."""
    if not (OPEN_SET / "labels.yaml").is_file():
        pytest.skip(f"no labelled videos in {OPEN_SET}")
    return OPEN_SET


def event(t: float, what: str, who: str = "person", **fields: object) -> LabelledEvent:
    """Return a labelled event of 1.5 s."""
    given: dict[str, object] = {"until": t + 1.5, "count": 1, "where": "", "importance": 3}
    given |= {"note": "", **fields}
    return LabelledEvent(t=t, what=what, who=who, **given)  # type: ignore[arg-type]


def clip(
    events: Sequence[LabelledEvent] = (),
    facts: Sequence[str] = (),
    quiet: Sequence[tuple[float, float]] = (),
    seconds: float = 30.0,
) -> Clip:
    """Return a labelled clip without a video."""
    return Clip(
        name="clip",
        path=Path("clip.mp4"),
        begin=0.0,
        end=seconds,
        events=tuple(events),
        facts=tuple(facts),
        quiet=tuple(quiet),
        questions=(),
    )
