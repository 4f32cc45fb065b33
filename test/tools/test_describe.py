from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from video_commentary.core.audio import read_wav
from video_commentary.tools import describe


@pytest.fixture
def picture(media: Path, tmp_path: Path) -> Path:
    """A still of the campus video."""
    path = tmp_path / "still.png"
    with av.open(str(media / "vtest.avi")) as source:
        for number, frame in enumerate(source.decode(video=0)):
            if number == 300:
                image = frame.to_ndarray(format="rgb24")
                break
    with av.open(str(path), "w", format="image2") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = image.shape[1], image.shape[0], "rgb24"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        out.mux(stream.encode(None))
    return path


def test_a_picture_is_described(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert describe.main([str(picture), "voice:=none"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{picture}: ")
    assert "people" in out
    assert "detector" in err


def test_it_can_be_asked_and_heard(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wav = tmp_path / "out.wav"
    assert describe.main([str(picture), "--ask", "How many people?", "--wav", str(wav)]) == 0
    assert "people" in capsys.readouterr().out
    sound = read_wav(wav)
    assert sound.duration > 0.5
    assert np.abs(sound.samples).max() > 1000


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nothing.png"], "no such file"),
        (["voice:=none"], "name a picture"),
        (["notes.txt"], "not a video"),
        (["notes.txt", "engine:=gpt"], "is not one of builtin"),
    ],
)
def test_mistakes_are_reported(
    words: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("no picture")
    assert describe.main(words) == 1
    assert reason in capsys.readouterr().err
