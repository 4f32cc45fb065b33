from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from test.videos import write_video
from video_commentary.sources.file import FileReader
from video_commentary.sources.reader import SourceError, SourceFrame


def read(path: Path, most: int = 100, *, loop: bool = False) -> list[SourceFrame]:
    reader = FileReader(path, loop=loop)
    reader.open()
    frames: list[SourceFrame] = []
    while len(frames) < most and (frame := reader.read()):
        frames.append(frame)
    reader.close()
    return frames


def greys(frames: list[SourceFrame]) -> list[int]:
    return [round((float(p.image.mean()) - 10) / 8) for p in frames if p.image is not None]


def test_reads_once_to_the_end(tmp_path: Path) -> None:
    frames = read(write_video(tmp_path / "clip.mp4", frames=10, fps=10))
    assert greys(frames) == list(range(10))
    np.testing.assert_allclose([p.time for p in frames], np.arange(10) / 10, atol=1e-3)
    assert all(p.image is not None and p.image.shape == (48, 64, 3) for p in frames)


def test_keeps_the_frames_own_times(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.5, 0.52, 2.0]
    got = [p.time for p in read(write_video(tmp_path / "clip.mkv", frames=5, times=times))]
    np.testing.assert_allclose(got, times, atol=2e-3)


def test_time_goes_on_in_a_loop(tmp_path: Path) -> None:
    frames = read(write_video(tmp_path / "clip.mp4", frames=5, fps=10), most=13, loop=True)
    assert greys(frames) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2]
    np.testing.assert_allclose(np.diff([p.time for p in frames]), 0.1, atol=2e-3)


def test_opens_again_from_the_start(tmp_path: Path) -> None:
    reader = FileReader(write_video(tmp_path / "clip.mp4", frames=3), loop=False)
    for _ in range(2):
        reader.open()
        first = reader.read()
        assert first is not None and first.time == 0
        reader.close()


def test_avi_has_even_times(media: Path) -> None:
    frames = read(media / "vtest.avi", most=30)
    np.testing.assert_allclose([p.time for p in frames], np.arange(30) / 10, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "fps", "shape"),
    [("bikes.mp4", 25, (272, 640, 3)), ("bigbuckbunny.mp4", 25, (720, 1280, 3))],
)
def test_real_videos(media: Path, name: str, fps: int, shape: tuple[int, ...]) -> None:
    frames = read(media / name, most=50)
    assert all(p.image is not None and p.image.shape == shape for p in frames)
    np.testing.assert_allclose(np.diff([p.time for p in frames]), 1 / fps, atol=2e-3)


def test_a_time_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "clip.mp4", frames=3).rename(tmp_path / "2026-07-01T10:00:00.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(read(Path("2026-07-01T10:00:00.mp4"))) == 3


def test_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "empty.mp4").write_bytes(b"")
    for path, says in (
        (tmp_path / "none.mp4", "no such file"),
        (tmp_path, "a folder"),
        (tmp_path / "text.mp4", "not a video"),
        (tmp_path / "empty.mp4", "not a video"),
    ):
        with pytest.raises(SourceError, match=says):
            read(path)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    from video_commentary.core.audio import OUTPUT_FORMAT, Pcm, write_wav

    write_wav(tmp_path / "a.wav", Pcm(np.zeros(4800, np.int16), OUTPUT_FORMAT))
    with pytest.raises(SourceError, match="no video in it"):
        read(tmp_path / "a.wav")


def test_a_damaged_file_gives_what_it_has(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", frames=40)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = data[len(data) // 2 : -len(data) // 4]
    path.write_bytes(data)
    assert len(read(path)) >= 10
