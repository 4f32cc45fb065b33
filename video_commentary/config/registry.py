"""Engines, voices and sources by name: ours, those of installed packages, or any other object.

A package offers its plug-ins as Python entry points, in the group of a registry below. An object
that no entry point names is chosen as package.module:attribute. docs/extending.md shows both.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

OBJECT = "package.module:attribute"
"""The form of a choice that names an object instead of a registered plug-in."""
_DOTTED = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_OBJECT = re.compile(f"{_DOTTED}:{_DOTTED}")
_OBJECT_URL = re.compile(f"({_DOTTED}:{_DOTTED})(?:://.*)?", re.DOTALL)

S = TypeVar("S")


class PluginError(ValueError):
    """A plug-in can't be used; the message names it, its package and what to do."""


@dataclass(frozen=True)
class Plugin(Generic[S]):
    """What plug-ins of every kind have in common.

    `settings`: the frozen dataclass of its own settings, made with `rules.setting`; NoSettings for
    none. Their names begin with `name` and an underscore.
    """

    name: str
    settings: type[S]


class Registry:
    """The plug-ins of one kind, by name. Nothing is imported before `load`."""

    def __init__(self, kind: str, own: Mapping[str, str], words: tuple[str, ...] = ()) -> None:
        """List our plug-ins; installed packages add theirs.

        `kind`: engine, voice, recognizer or source, also the name of the setting that chooses one.
        `own`: our plug-ins as package.module:attribute, by name. `words`: other values of that
        setting.
        """
        self.kind = kind
        self.group = f"video_commentary.{kind}s"
        self.own = own
        self.words = words

    @cached_property
    def _installed(self) -> dict[str, list[EntryPoint]]:
        found: dict[str, list[EntryPoint]] = {}
        for point in sorted(_entry_points(tuple(sys.path)).select(group=self.group), key=_order):
            if self.own.get(point.name) != point.value:  # our own, where pip installed us
                found.setdefault(point.name, []).append(point)
        return found

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All registered names: ours, then those of installed packages."""
        return (*self.own, *(n for n in self._installed if n not in (*self.own, *self.words)))

    @property
    def allowed(self) -> tuple[str, ...]:
        """What the setting may be, for people; empty if that is not a list."""
        return (*self.words, *self.names, OBJECT)

    def accepts(self, value: str) -> bool:
        """Return whether the setting may be `value`; whether that plug-in loads is not checked."""
        return value in self.words or value in self.names or bool(_OBJECT.fullmatch(value))

    def choice(self, value: str) -> str:
        """Return the plug-in that a value of the setting chooses: a name, an object, or empty."""
        return value if value not in self.words and self.accepts(value) else ""

    def origin(self, choice: str) -> str:
        """Return the plug-in and the package it comes from, for messages."""
        points = self._installed.get(choice, [])
        if choice in self.own or not points:
            return f"{self.kind} {choice}"
        return f"{self.kind} {choice} of package {_package(points[0])}"

    def clashes(self) -> list[str]:
        """Return a sentence for each package whose plug-in can't be chosen by its name."""
        return [
            f"package {_package(point)} offers {self.kind} {name}, a name that is taken: choose it "
            f"as {self.kind}:={point.value}"
            for name, points in self._installed.items()
            if name in (*self.own, *self.words)
            for point in points
        ]

    def remedy(self, choice: str) -> str:
        """Return what to do about a plug-in that doesn't work, for messages."""
        points = self._installed.get(choice, [])
        if choice in self.own:
            return "pip install -r requirements.txt"
        if not points or points[0].dist is None:
            return "docs/extending.md describes plug-ins"
        return f"update or uninstall {points[0].dist.name}, or choose another {self.kind}"

    def failure(self, choice: str, error: BaseException) -> str:
        """Return what went wrong with a plug-in and what to do."""
        what = f"{type(error).__name__}: {error}"
        return f"{self.origin(choice)} can't be used ({what}); {self.remedy(choice)}"

    def load(self, choice: str) -> Any:
        """Import what `choice` names. Raise PluginError."""
        if choice in self.own:
            return _attribute(self.own[choice])
        points = self._installed.get(choice, [])
        if len(points) > 1:
            raise PluginError(
                f"{self.kind} {choice} is offered by {' and '.join(map(_package, points))}: "
                f"uninstall one, or choose {self.kind}:={points[0].value}"
            )
        if not points and not _OBJECT.fullmatch(choice):
            raise PluginError(f"{self.kind}: {choice!r} is not one of {', '.join(self.allowed)}")
        try:
            return _attribute(points[0].value if points else choice)
        except (Exception, SystemExit) as error:
            raise PluginError(self.failure(choice, error)) from error


class SourceRegistry(Registry):
    """Sources are chosen by what to read: a URL's scheme, a name, a device or a file."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """Empty: a path or URL is not one of a list."""
        return ()

    def choice(self, value: str) -> str:
        """Return the plug-in that reads `value`; empty if there is none."""
        if found := _OBJECT_URL.fullmatch(value):
            return found[1]
        scheme, mark, _ = value.partition("://")
        if mark:
            return scheme.lower() if scheme.lower() in self.names else ""
        if value == "test" or value in self.names and value not in self.own:
            return value
        if value.startswith("/dev/"):
            return "device"
        return "file" if value else ""


@lru_cache(maxsize=1)
def _entry_points(path: tuple[str, ...]) -> Any:  # noqa: ARG001 - the key of the cache
    """Return those of every package on `path`, which is sys.path; one search serves all kinds."""
    return entry_points()


def _order(point: EntryPoint) -> tuple[str, str, str]:
    return point.name, point.value, _package(point)


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _attribute(target: str) -> Any:
    module, _, attribute = target.partition(":")
    found: Any = import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


ENGINES = Registry(
    "engine",
    {
        "builtin": "video_commentary.engines.builtin.plugin:PLUGIN",
        "minicpmo": "video_commentary.engines.minicpmo.plugin:PLUGIN",
        "server": "video_commentary.engines.server.plugin:PLUGIN",
    },
)
VOICES = Registry(
    "voice",
    {
        "neural": "video_commentary.voices.registry:NEURAL",
        "espeak": "video_commentary.voices.registry:ESPEAK",
    },
    words=("auto", "none"),
)
RECOGNIZERS = Registry(
    "recognizer",
    {
        "whisper": "video_commentary.listening.registry:WHISPER",
        "openai": "video_commentary.listening.registry:OPENAI",
    },
)
SOURCES = SourceRegistry(
    "source",
    {
        "test": "video_commentary.sources.registry:TEST",
        "file": "video_commentary.sources.registry:FILE",
        "device": "video_commentary.sources.registry:DEVICE",
        "rtsp": "video_commentary.sources.registry:RTSP",
        "rtsps": "video_commentary.sources.registry:RTSPS",
        "http": "video_commentary.sources.registry:HTTP",
        "https": "video_commentary.sources.registry:HTTPS",
    },
)
