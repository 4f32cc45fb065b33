"""Whether a source can be shown, before a demo starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.videos import write_video
from video_commentary.tools import check_source


def test_a_video_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_video(tmp_path / "clip.mp4")
    assert check_source.main([str(tmp_path / "clip.mp4")]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("source", ["/dev/video99", "rtsp://127.0.0.1:9/x", "http://127.0.0.1:9"])
def test_a_live_source_may_still_come(source: str) -> None:
    assert check_source.main([source]) == 0


@pytest.mark.parametrize(
    ("name", "contents", "reason"),
    [
        ("nope.mp4", None, "no such file"),
        ("empty.mp4", b"", "not a video"),
        ("text.mp4", b"words\n" * 1000, "not a video"),
    ],
)
def test_what_gives_no_pictures_is_named_with_the_reason(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    contents: bytes | None,
    reason: str,
) -> None:
    path = tmp_path / name
    if contents is not None:
        path.write_bytes(contents)
    assert check_source.main([str(path)]) == check_source.UNREADABLE
    said = capsys.readouterr().out
    assert said.startswith(f"{path}: ") and reason in said


def test_a_kind_of_source_that_does_not_exist_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check_source.main(["ftp://host/a"]) == check_source.UNREADABLE
    assert "give test, a file's path" in capsys.readouterr().out
