"""Sound cards to plug in and out, behind a module that stands in for `sounddevice`."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.int16]
_BLOCK, _FRAMES = 0.02, 882


class PortAudioError(Exception):
    """As sounddevice raises it."""


@dataclass
class FakeCard:
    """One card; `rates` are the only ones that it takes."""

    name: str
    inputs: int = 0
    outputs: int = 0
    rates: tuple[int, ...] = (48_000,)

    def described(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "default_samplerate": float(self.rates[0]),
            "max_input_channels": self.inputs,
            "max_output_channels": self.outputs,
        }


@dataclass(eq=False)
class FakeSoundStream:
    """An open card, which calls back only when the test says so."""

    card: FakeCard
    options: dict[str, Any]
    running: bool = False

    def start(self) -> None:
        self.running = True

    def abort(self, ignore_errors: bool) -> None:
        self.running = False

    def close(self, ignore_errors: bool) -> None:
        self.running = False

    def record(self, *channels: Block, overflow: bool = False) -> None:
        """Give a block of sound, one array per channel, in a buffer that is used again."""
        block = np.stack(channels[: self.options["channels"]], axis=1)
        self._call(block, input_overflow=overflow)
        block[:] = -1

    def play(self, frames: int, underflow: bool = False) -> Block:
        """Have a block filled; return it, shape (frames, channels)."""
        block = np.zeros((frames, self.options["channels"]), np.int16)
        self._call(block, output_underflow=underflow)
        return block

    def _call(self, block: Block, **flags: bool) -> None:
        assert self.running
        status = {"input_overflow": False, "output_underflow": False} | flags
        self.options["callback"](block, len(block), None, SimpleNamespace(**status))


@dataclass
class FakeSoundDevice:
    """What we use of `sounddevice`. It sees changes of `cards` once it is initialised again."""

    cards: list[FakeCard]
    streams: list[FakeSoundStream] = field(default_factory=list)
    PortAudioError: type[Exception] = PortAudioError

    def __post_init__(self) -> None:
        self._listed = list(self.cards)

    def _terminate(self) -> None:
        assert not any(stream.running for stream in self.streams), "it would end a stream"
        self._listed = []

    def _initialize(self) -> None:
        self._listed = list(self.cards)

    def query_devices(self, device: str | None = None, kind: str | None = None) -> Any:
        if kind is None:
            return [card.described() for card in self._listed]
        return self._card(device, kind).described()

    def _card(self, device: str | None, kind: str) -> FakeCard:
        usable = [card for card in self._listed if card.described()[f"max_{kind}_channels"]]
        found = [card for card in usable if (device or "") in card.name]
        if device and not found:
            raise ValueError(f"No {kind} device matching {device!r}")
        if not found:
            raise PortAudioError("Error querying device -1")
        return found[0]

    def InputStream(self, **options: Any) -> FakeSoundStream:
        return self._open("input", options)

    def OutputStream(self, **options: Any) -> FakeSoundStream:
        return self._open("output", options)

    def _open(self, kind: str, options: dict[str, Any]) -> FakeSoundStream:
        card = self._card(options["device"], kind)
        if options["samplerate"] not in card.rates:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")
        if options["channels"] > card.described()[f"max_{kind}_channels"]:
            raise PortAudioError("Invalid number of channels [PaErrorCode -9998]")
        assert options["dtype"] == "int16"
        self.streams.append(FakeSoundStream(card, options))
        return self.streams[-1]


def hear_file(file: str) -> FakeSoundDevice:
    """Return a stereo microphone of 44.1 kHz that hears what is appended to a file, in real time.

    The file has int16 samples, left and right in turn. Where it ends there is silence.
    """
    module = FakeSoundDevice([FakeCard("file", inputs=2, rates=(44_100,))])

    def hear() -> None:
        with Path(file).open("rb") as sound:
            while True:
                time.sleep(_BLOCK)
                for stream in module.streams:
                    heard = np.frombuffer(sound.read(4 * _FRAMES), np.int16).reshape(-1, 2)
                    block = np.pad(heard, ((0, _FRAMES - len(heard)), (0, 0)))
                    if stream.running:
                        stream.record(block[:, 0], block[:, 1])

    threading.Thread(target=hear, daemon=True).start()
    return module


def stand_in_for_sounddevice(folder: Path) -> Path:
    """Make a `sounddevice` for the PYTHONPATH of a node; return the file that its card hears."""
    file = folder / "heard.pcm"
    file.touch()
    (folder / "sounddevice.py").write_text(
        f"from {__name__} import hear_file\nimport sys\n"
        f"sys.modules[__name__] = hear_file({str(file)!r})\n"
    )
    return file
