"""Sources by name: what a plug-in is, and the way to a reader. docs/extending.md shows one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import unquote, urlsplit

from ..config.plugins import find_plugin
from ..config.registry import SOURCES, Plugin, PluginError
from ..config.rules import NoSettings
from ..config.settings import SourceSettings

if TYPE_CHECKING:  # launch files read settings of plug-ins, and need no numpy
    from .reader import Reader

S = TypeVar("S")


@dataclass(frozen=True)
class SourcePlugin(Plugin[S], Generic[S]):
    """A kind of source, which reads `<name>` and `<name>://...`.

    `create` makes the reader, without opening it, from its own settings and the node's, whose
    `source` says what to read; may raise ValueError. It is called often. Import heavy libraries
    there or later: the module of the plug-in is imported by launch files and by other nodes too.
    """

    create: Callable[[S, SourceSettings], Reader]


def create_reader(settings: SourceSettings) -> Reader:
    """Return the reader for `settings.source`, not opened yet. Raise ValueError.

    A source that begins with package.module:attribute may also name a function that is given
    `settings.source` and returns a Reader.
    """
    choice = SOURCES.choice(settings.source)
    if not choice:
        from .reader import shown

        others = [f"{name}://..." for name in SOURCES.names if name not in SOURCES.own]
        raise ValueError(
            f"source: can't read {shown(settings.source)!r}; give test, a file's path, "
            f"rtsp://..., http://... (MJPEG), {', '.join([*others, '/dev/video<n>'])} or "
            "package.module:attribute"
        )
    plugin = find_plugin(SOURCES, choice, SourcePlugin, _without_settings)
    try:
        return plugin.create(settings.of(plugin.settings), settings)
    except ValueError:
        raise
    except Exception as error:
        raise PluginError(SOURCES.failure(choice, error)) from error


def _without_settings(name: str, factory: Callable[[str], Reader]) -> SourcePlugin[NoSettings]:
    return SourcePlugin(name, NoSettings, lambda _settings, node: factory(node.source))


# Each imports its reader only when it is wanted: FFmpeg and OpenCV are slow to load.


def _test(_settings: NoSettings, node: SourceSettings) -> Reader:
    from .scene import StreetScene

    return StreetScene(node.width, node.height, node.fps, clock=node.clock)


def _file(_settings: NoSettings, node: SourceSettings) -> Reader:
    from .file import FileReader

    path = unquote(urlsplit(node.source).path) if "://" in node.source else node.source
    return FileReader(Path(path), loop=node.loop)


def _device(_settings: NoSettings, node: SourceSettings) -> Reader:
    from .device import DeviceReader

    path = node.source.removeprefix("device://")
    return DeviceReader(path, node.width, node.height, node.fps)


def _rtsp(_settings: NoSettings, node: SourceSettings) -> Reader:
    from .rtsp import RtspReader

    return RtspReader(node.source, timeout=node.freeze_timeout)


def _http(_settings: NoSettings, node: SourceSettings) -> Reader:
    from .mjpeg import MjpegReader

    return MjpegReader(node.source, timeout=node.freeze_timeout)


TEST = SourcePlugin("test", NoSettings, _test)
FILE = SourcePlugin("file", NoSettings, _file)
DEVICE = SourcePlugin("device", NoSettings, _device)
RTSP = SourcePlugin("rtsp", NoSettings, _rtsp)
RTSPS = SourcePlugin("rtsps", NoSettings, _rtsp)
HTTP = SourcePlugin("http", NoSettings, _http)
HTTPS = SourcePlugin("https", NoSettings, _http)
