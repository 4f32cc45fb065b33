"""The espeak-ng program as a voice: over a hundred languages, where it is installed.

Always a program of its own, never a library: it is under the GPL, and a crash stays its own.
"""

from __future__ import annotations

import re
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ..core.audio import AudioFormat, Pcm, from_bytes
from ..core.engine import Cancel
from ..core.voice import VoiceError
from .pieces import PIECE, capped
from .wavstream import WavStream

INSTALL = "sudo apt-get install espeak-ng"
_PROGRAMS = ("espeak-ng", "espeak")
"""In order of preference; the older one takes the same options, and is what rosdep installs."""
_RATE = 22_050
_TIMEOUT = 5.0
"""Seconds without any sound after which the program counts as hung."""
_POLL = 0.05


def find_program() -> str | None:
    """Return the name of the program that is installed, None without one."""
    return next(filter(shutil.which, _PROGRAMS), None)


class EspeakVoice:
    """espeak-ng or espeak reading in `language`, as `espeak-ng --voices` names it."""

    def __init__(self, language: str = "en", program: str | None = None) -> None:
        self._language = language
        self._program = program or find_program() or _PROGRAMS[0]
        self._format = AudioFormat(_RATE)

    @property
    def description(self) -> str:
        """What this voice is."""
        return f"{Path(self._program).name} voice ({self._language})"

    @property
    def format(self) -> AudioFormat:
        """22.05 kHz mono, or what the program was found to make on `load`."""
        return self._format

    def load(self) -> None:
        """Try the program and the language. Raise VoiceError."""
        if shutil.which(self._program) is None:
            raise VoiceError(f"no {self._program} program here; install it: {INSTALL}")
        if not re.fullmatch(r"[A-Za-z0-9][\w+-]*", self._language):
            raise VoiceError(f"voice_language: {self._language!r} is no language's name")
        process = self._start()
        try:
            output, errors = process.communicate(b"a", timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise VoiceError(f"{self._program} hangs; reinstall it: {INSTALL}") from None
        stream = WavStream()
        try:
            stream.push(output)
        except ValueError as error:
            errors = str(error).encode()
        if process.returncode or stream.format is None:
            reason = _last_line(errors) or f"exit status {process.returncode}"
            raise VoiceError(
                f"{self._program} can't speak {self._language!r} ({reason}); "
                f"`{self._program} --voices` lists the languages for voice_language"
            )
        self._format = stream.format

    def say(self, text: str, cancel: Cancel) -> Iterator[Pcm]:
        """Speak `text` while the program is still at it. Raise VoiceError."""
        text = capped(" ".join(text.split()))
        if not re.search(r"\w", text):
            return
        try:
            process = self._start()
        except OSError as error:
            raise VoiceError(f"{self._program}: {error}; install it: {INSTALL}") from error
        with process:
            try:
                yield from self._read(process, text, cancel)
            finally:
                process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self._program, "-v", self._language, "--stdin", "--stdout"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the node, not for it
        )

    def _read(self, process: subprocess.Popen[bytes], text: str, cancel: Cancel) -> Iterator[Pcm]:
        assert process.stdin and process.stdout and process.stderr
        try:
            process.stdin.write(text.encode())  # shorter than a pipe's buffer: never blocks
            process.stdin.close()
        except BrokenPipeError:
            pass  # it died already; what it said is in stderr
        stream = WavStream()
        step = int(PIECE * _RATE) * 2
        waited = 0.0
        while not cancel.is_set():
            if not select.select([process.stdout], [], [], _POLL)[0]:
                waited += _POLL
                if waited > _TIMEOUT:
                    raise VoiceError(f"{self._program} hung for {_TIMEOUT:.0f} s and was stopped")
                continue
            waited = 0.0
            data = process.stdout.read(step)
            if not data:
                break
            try:
                samples = stream.push(data)
            except ValueError as error:
                raise VoiceError(f"{self._program}: {error}; reinstall it: {INSTALL}") from error
            if samples:
                yield from_bytes(samples, self._format)
        if not cancel.is_set() and process.wait(_TIMEOUT):
            reason = _last_line(process.stderr.read() or b"")
            raise VoiceError(f"{self._program} died with status {process.returncode}: {reason}")

    def close(self) -> None:
        """Nothing stays open between two texts."""


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
