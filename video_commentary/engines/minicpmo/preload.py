"""What a start reads from the disk, read early and without Python's lock. Imports no torch."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
from pathlib import Path

_STEP = 64 * 2**20
"""Bytes asked of the kernel at once."""
_SHARE = 0.7
"""Of the memory available, the share that files read ahead may take."""


def preload_torch() -> None:
    """Load torch's native libraries, so that the import of torch finds them loaded.

    `import` holds Python's lock while it loads a library, for 0.4 s with this one from memory and
    much longer from a disk: the node would answer nothing meanwhile. A call by ctypes does not.
    If a library can't be loaded, the import of torch says why.
    """
    spec = None if "torch" in sys.modules else importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations or not hasattr(os, "RTLD_LAZY"):
        return
    folder = Path(spec.submodule_search_locations[0]) / "lib"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    # in torch's own order; the first brings CUDA's libraries
    dlopen(os.fsencode(folder / "libtorch_global_deps.so"), os.RTLD_GLOBAL | os.RTLD_LAZY)
    dlopen(os.fsencode(folder / "libtorch.so"), os.RTLD_LOCAL | os.RTLD_NOW)


def read_ahead(paths: list[Path]) -> threading.Thread:
    """Let the kernel read files into its cache, in order, on a thread of its own; return that.

    Files that can't be read are left out, and all of them if memory is short: what loads them
    reports that.
    """
    thread = threading.Thread(target=_read_ahead, args=(paths,), name="read ahead", daemon=True)
    thread.start()
    return thread


def _read_ahead(paths: list[Path]) -> None:
    room = _SHARE * available_memory()
    for path in paths:
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            size = os.fstat(file).st_size
            room -= size
            if room < 0:
                return
            for start in range(0, size, _STEP):
                os.posix_fadvise(file, start, _STEP, os.POSIX_FADV_WILLNEED)
        except OSError:
            continue
        finally:
            os.close(file)


def available_memory() -> int:
    """Return the bytes of memory that could be had without swapping, 0 if unknown."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    found = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return 1024 * found[0] if found else 0
