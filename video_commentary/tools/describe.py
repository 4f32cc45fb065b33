"""Say what pictures show, with any engine: describe IMAGE... [name:=value ...]

The quick check that a model works. Settings are the commentator node's, such as engine:=server.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config.settings import CommentatorSettings
from ..core.audio import Pcm, write_wav
from ..core.cancel import CancelToken
from ..core.control import Control
from ..core.engine import Delta, Engine, EngineError, Limits, Request
from ..core.frames import Frame
from ..core.prompting import Profile, build_prompt, checked_question
from ..core.silence import SILENCE
from ..core.stamp import from_seconds
from .offline import command_line, settings_of

QUESTION = "What can be seen?"
_WATCHED = 3.0
"""Seconds for which an engine with `look` is shown each picture, as if from a camera."""


def main(words: Sequence[str] | None = None) -> int:
    """Describe; return the exit status."""
    options = _parser().parse_intermixed_args(command_line(words))
    try:
        return _run(options)
    except (EngineError, ValueError, OSError) as error:
        print(f"describe: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="describe", description=__doc__)
    parser.add_argument(
        "words", nargs="+", metavar="IMAGE|name:=value", help="JPEG, PNG, WebP...; settings"
    )
    parser.add_argument("--ask", default=QUESTION, help="a question (default: %(default)s)")
    parser.add_argument("--wav", type=Path, help="write the speech there")
    return parser


@dataclass(frozen=True)
class _Asking:
    """What every picture is described with."""

    engine: Engine
    settings: CommentatorSettings
    profile: Profile
    question: str
    speak: bool


def _run(options: argparse.Namespace) -> int:
    # These take a moment to load; --help needn't wait.
    from ..config.profiles import load_profiles
    from ..wiring import assemble

    settings = settings_of([word for word in options.words if ":=" in word])
    paths = [Path(word) for word in options.words if ":=" not in word]
    if not paths:
        raise ValueError("name a picture")
    pictures = [read_picture(path) for path in paths]
    profile = Control(settings, load_profiles(settings.profiles_file)).profile(settings.profile)
    assembly = assemble(settings)
    engine = assembly.speaking or assembly.inner
    engine.load()
    speak = options.wav is not None
    if speak and engine.voice is None:
        raise ValueError(f"--wav: {assembly.voice()}")
    asking = _Asking(engine, settings, profile, checked_question(options.ask), speak)
    print(f"{engine.description}; {assembly.voice()}", file=sys.stderr)
    sounds: list[Pcm] = []
    with closing(engine):
        for path, picture in zip(paths, pictures, strict=True):
            print(f"{path}: ", end="", flush=True)
            for delta in _described(asking, str(path), picture):
                print(SILENCE if delta.silent else delta.text, end="", flush=True)
                if delta.pcm is not None:
                    sounds.append(delta.pcm)
            print()
    if speak and sounds:
        samples = np.concatenate([pcm.samples for pcm in sounds])
        write_wav(options.wav, Pcm(samples, sounds[0].format))
    return 0


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return the picture of a file, uint8 RGB [H, W, 3]. Raise ValueError."""
    from ..sources.file import FileReader
    from ..sources.reader import SourceError

    reader = FileReader(path, loop=False)
    try:
        reader.open()
        picture = reader.read()
    except SourceError as error:
        raise ValueError(str(error)) from error
    finally:
        reader.close()
    if picture is None or picture.image is None:
        raise ValueError(f"{path}: no picture in it")
    return picture.image


def _described(asking: _Asking, name: str, picture: NDArray[np.uint8]) -> Iterator[Delta]:
    engine, settings = asking.engine, asking.settings
    steps = round(_WATCHED * engine.look_fps)
    stamps = [from_seconds(i * _WATCHED / max(1, steps)) for i in range(steps + 1)]
    frames = [Frame(picture, stamp, name, index) for index, stamp in enumerate(stamps)]
    for frame in frames:
        engine.look(frame)
    seen = frames[-1:]
    prompt = build_prompt(asking.profile, settings.instruction, asking.question, (), seen)
    request = Request(tuple(seen), prompt, Limits(settings.max_tokens), asking.speak)
    return engine.comment(request, CancelToken())


if __name__ == "__main__":
    sys.exit(main())
