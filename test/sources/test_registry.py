from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from video_commentary.config.settings import SourceSettings
from video_commentary.sources.reader import SourceError, shown
from video_commentary.sources.registry import create_reader


@pytest.mark.parametrize(
    ("source", "kind", "description"),
    [
        ("test", "StreetScene", "the built-in test scene"),
        ("clip.mp4", "FileReader", "file clip.mp4"),
        ("file:///a%20b.mp4", "FileReader", "file /a b.mp4"),
        ("rtsp://me:secret@camera:554/one?key=2", "RtspReader", "rtsp://camera:554/one"),
        ("https://me:secret@camera/mjpg", "MjpegReader", "https://camera/mjpg"),
        ("/dev/video7", "DeviceReader", "/dev/video7"),
    ],
)
def test_chooses_the_reader(source: str, kind: str, description: str) -> None:
    reader = create_reader(replace(SourceSettings(), source=source))
    assert type(reader).__name__ == kind
    assert reader.description == description


@pytest.mark.parametrize("source", ["", "ftp://me:secret@host/a", "ws://host"])
def test_refuses_what_it_cannot_read(source: str) -> None:
    with pytest.raises(ValueError, match="give test, a file") as caught:
        create_reader(replace(SourceSettings(), source=source))
    assert "secret" not in str(caught.value)


class Echo:
    """A source that a function without settings makes."""

    live = True

    def __init__(self, source: str) -> None:
        if source.endswith("bad"):
            raise TypeError(source)
        self.description = source

    def open(self) -> None: ...
    def read(self) -> None: ...
    def close(self) -> None: ...


@pytest.mark.parametrize("rest", ["", "://host/path"])
def test_an_object_without_settings_is_a_source(rest: str) -> None:
    source = f"{__name__}:Echo{rest}"
    assert create_reader(replace(SourceSettings(), source=source)).description == source


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (f"{__name__}:Echo://bad", "Echo can't be used .TypeError: .*docs/extending.md"),
        (f"{__name__}:Absent", "Absent can't be used .AttributeError"),
        ("video_commentary.voices.registry:NEURAL", "of type VoicePlugin, not SourcePlugin"),
    ],
)
def test_an_object_that_is_no_source_is_named(source: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        create_reader(replace(SourceSettings(), source=source))


def test_an_absent_device_is_named() -> None:
    reader = create_reader(replace(SourceSettings(), source="/dev/video99"))
    with pytest.raises(SourceError, match="/dev/video99: no such camera"):
        reader.open()


def test_what_is_no_camera_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    reader = create_reader(replace(SourceSettings(), source="/dev/null"))
    with pytest.raises(SourceError, match="is it a camera"):
        reader.open()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("rtsp://127.0.0.1:9/x", "connection refused"),
        ("rtsp://me:secret@no-such-host.invalid/x", "rtsp://no-such-host.invalid/x"),
    ],
)
def test_an_rtsp_camera_that_is_not_there_is_named(url: str, says: str) -> None:
    settings = replace(SourceSettings(), source=url, freeze_timeout=2.0)
    with pytest.raises(SourceError, match=says) as caught:
        create_reader(settings).open()
    assert "secret" not in str(caught.value)


def test_only_what_is_wanted_is_imported() -> None:
    code = (
        "import sys; from video_commentary.config.settings import SourceSettings as S;"
        "from video_commentary.sources.registry import create_reader; create_reader(S());"
        "assert 'av' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("rtsp://a:b@h:1/p?q#f", "rtsp://h:1/p"), ("rtsp://a:b@c@h/p", "rtsp://h/p")],
)
def test_shown_hides_secrets(url: str, expected: Any) -> None:
    assert shown(url) == expected
