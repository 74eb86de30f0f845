"""Mitsuba 3 on the CPU: the one place that finds LLVM and picks the variant."""

from __future__ import annotations

import ctypes
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from cleanplate.errors import CleanplateError, require

_OLDEST_LLVM = 16
_LIBRARY_DIRS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/local/lib", "/usr/lib")


class RenderError(CleanplateError):
    """The renderer cannot run, or its answer cannot be used."""


def find_llvm(directories: tuple[str, ...] = _LIBRARY_DIRS) -> Path:
    """The newest LLVM library that Dr.Jit can use; `DRJIT_LIBLLVM_PATH` wins.

    Raises:
        RenderError: none there, or none new enough; names the Debian package.
    """
    chosen = os.environ.get("DRJIT_LIBLLVM_PATH")
    if chosen:
        if not Path(chosen).is_file():
            raise RenderError(f"DRJIT_LIBLLVM_PATH names {chosen}, which is no file: unset it, or install libllvm19")
        return Path(chosen)
    found: list[tuple[int, Path]] = []
    for directory in directories:
        for path in Path(directory).glob("libLLVM*.so*"):
            version = re.search(r"libLLVM(?:-|\.so\.)(\d+)", path.name)
            if version:
                found.append((int(version[1]), path))
    best = max(found, default=(0, Path()))
    if best[0] >= _OLDEST_LLVM:
        return best[1]
    got = f"the newest here is LLVM {best[0]} ({best[1]})" if found else "none was found"
    raise RenderError(
        f"rendering needs the LLVM library, version {_OLDEST_LLVM} or newer; {got}. "
        "Install the Debian/Ubuntu package libllvm19 (apt install libllvm19), or set DRJIT_LIBLLVM_PATH to libLLVM.so"
    )


@cache
def mitsuba() -> Any:
    """The `mitsuba` module with the variant `llvm_ad_rgb` active.

    Raises:
        MissingExtra: mitsuba is not installed.
        RenderError: no usable LLVM.
    """
    mi = require("mitsuba", "render")
    library = find_llvm()
    try:
        ctypes.CDLL(str(library))
    except OSError as error:
        raise RenderError(f"cannot load LLVM from {library}: {error}. Reinstall the package libllvm19") from error
    os.environ["DRJIT_LIBLLVM_PATH"] = str(library)
    mi.set_variant("llvm_ad_rgb")
    mi.set_log_level(mi.LogLevel.Error)
    return mi
