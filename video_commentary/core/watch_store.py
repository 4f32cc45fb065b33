"""The file in which watches are kept from one start to the next."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .watches import DEFAULT_COOLDOWN, MAX_WATCHES, Watch

_VERSION = 1


@dataclass(frozen=True)
class StoredWatches:
    """What the file held. `trouble`: why it could not be read, and where it is now."""

    watches: tuple[Watch, ...] = ()
    next_id: int = 1
    trouble: str = ""


class WatchStore:
    """A JSON file that is replaced as a whole, so a crash leaves the old one or the new one."""

    def __init__(self, path: Path) -> None:
        """The file and its folder need not exist."""
        self.path = path

    def load(self) -> StoredWatches:
        """Return what is in the file; a damaged one is moved aside, to `<name>.damaged`."""
        try:
            return _parsed(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return StoredWatches()
        except OSError as error:
            return StoredWatches(trouble=f"can't read the watches in {self.path}: {error}")
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            aside = self.path.with_name(self.path.name + ".damaged")
            with suppress(OSError):
                self.path.replace(aside)
            return StoredWatches(
                trouble=f"the file of watches is damaged ({error}) and was moved to {aside}: "
                "add the watches again"
            )

    def save(self, watches: Sequence[Watch], next_id: int) -> None:
        """Replace the file. Raise OSError."""
        content = {
            "version": _VERSION,
            "next_id": next_id,
            "watches": [asdict(watch) for watch in watches],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        finally:
            new.unlink(missing_ok=True)


def _parsed(content: Any) -> StoredWatches:
    """Return the content of a file. Raise ValueError, TypeError or KeyError if it is damaged."""
    if content["version"] != _VERSION:
        raise ValueError(f"version {content['version']!r} instead of {_VERSION}")
    watches = tuple(map(_watch, content["watches"][:MAX_WATCHES]))
    if len({watch.id for watch in watches}) != len(watches):
        raise ValueError("two watches have the same id")
    return StoredWatches(watches, _number(content["next_id"]))


def _watch(content: Any) -> Watch:
    return Watch(
        id=_number(content["id"]),
        condition=_text(content["condition"]),
        name=_text(content["name"]),
        camera=_text(content.get("camera", "")),
        cooldown=float(content.get("cooldown", DEFAULT_COOLDOWN)),
        speak=content.get("speak", False) is True,
    )


def _number(content: Any) -> int:
    if not isinstance(content, int) or not 0 < content < 2**32:
        raise ValueError(f"{content!r} is no id")
    return content


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError(f"{content!r} is no text")
    return content
