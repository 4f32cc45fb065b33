"""The espeak-ng program as a voice: over a hundred languages.

It runs as a separate process, never as a library, because of its license (GPL) and so that a crash
does not end ours.
"""

from __future__ import annotations

import re
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ..core.audio import AudioFormat, Pcm, from_bytes
from ..core.cancel import CancelToken
from ..core.voice import VoiceError
from .chunks import MAX_CHUNK_SECONDS, truncated
from .wav_stream import WavStreamParser

INSTALL = "sudo apt-get install espeak-ng"
_PROGRAMS = ("espeak-ng", "espeak")
"""In order of preference; the older one takes the same options, and is what rosdep installs."""
_RATE = 22_050
_TIMEOUT = 5.0
"""Seconds without audio after which the program counts as hung."""


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
        """Program and language."""
        return f"{Path(self._program).name} voice ({self._language})"

    @property
    def format(self) -> AudioFormat:
        """22.05 kHz mono; after `load`, what the program gives."""
        return self._format

    def load(self) -> None:
        """Run the program once with the language. Raise VoiceError."""
        if shutil.which(self._program) is None:
            raise VoiceError(f"the program {self._program} is not installed: {INSTALL}")
        if not re.fullmatch(r"[A-Za-z0-9][\w+-]*", self._language):
            raise VoiceError(f"voice_language: {self._language!r} is not the name of a language")
        process = self._start()
        try:
            output, errors = process.communicate(b"a", timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise VoiceError(f"{self._program} hangs; reinstall it: {INSTALL}") from None
        stream = WavStreamParser()
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

    def say(self, text: str, cancel: CancelToken) -> Iterator[Pcm]:
        """Yield audio of `text` while the program still produces it. Raise VoiceError."""
        text = truncated(" ".join(text.split()))
        if not re.search(r"\w", text):
            return
        try:
            process = self._start()
        except OSError as error:
            raise VoiceError(f"{self._program}: {error}; install it: {INSTALL}") from error
        with process:
            # Killed, it closes its end of the pipe, which ends a read under way.
            unsubscribe = cancel.on_cancel(process.kill)
            try:
                yield from self._read(process, text, cancel)
            finally:
                unsubscribe()
                process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self._program, "-v", self._language, "--stdin", "--stdout"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # so that Ctrl-C reaches the node alone
        )

    def _read(
        self, process: subprocess.Popen[bytes], text: str, cancel: CancelToken
    ) -> Iterator[Pcm]:
        assert process.stdin and process.stdout and process.stderr
        try:
            process.stdin.write(text.encode())  # shorter than the pipe's buffer: never blocks
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended already; stderr says why
        stream = WavStreamParser()
        step = int(MAX_CHUNK_SECONDS * _RATE) * 2
        while not cancel.cancelled:
            if not select.select([process.stdout], [], [], _TIMEOUT)[0]:
                raise VoiceError(f"{self._program} hung for {_TIMEOUT:.0f} s and was stopped")
            data = process.stdout.read(step)
            if not data:
                break
            try:
                samples = stream.push(data)
            except ValueError as error:
                raise VoiceError(f"{self._program}: {error}; reinstall it: {INSTALL}") from error
            if samples:
                yield from_bytes(samples, self._format)
        if not cancel.cancelled and process.wait(_TIMEOUT):
            reason = _last_line(process.stderr.read() or b"")
            raise VoiceError(f"{self._program} died with status {process.returncode}: {reason}")

    def close(self) -> None:
        """Do nothing: no process stays between two texts."""


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
