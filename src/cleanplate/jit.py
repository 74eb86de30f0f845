"""How loops are compiled, and spread over the cores."""

import inspect
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import numba

from cleanplate.cores import cores

P = ParamSpec("P")
R = TypeVar("R")
OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "no_cfunc_wrapper": True}
"""Of all loops; nobody calls them from C, and entries for it would be compiled as well."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with numba, cached on disk and free of the interpreter's lock.

    Takes off the checks of array shapes that the tests wrap around every function, since numba cannot compile them.
    A first run on a machine waits for all of it, which is why loops keep to numbers: an expression of arrays takes far
    longer to compile than its three sums.
    """
    return numba.njit(**OPTIONS)(inspect.unwrap(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile for use inside of other compiled functions; handing over a tuple of arrays costs ten times the sums."""
    return numba.njit(**OPTIONS, inline="always")(inspect.unwrap(function))


def linked(function: Callable[P, R]) -> Callable[P, R]:
    """Compile once, for LLVM to inline into each caller: these compile faster than with `inlined`.

    In an innermost loop that hands over a tuple of arrays and does little else, `inlined` runs faster.
    """
    return numba.njit(**OPTIONS, forceinline=True)(inspect.unwrap(function))


def parallel(function: Callable[..., Any], *arguments: Iterable[Any]) -> list[Any]:
    """Map over threads, one per usable core; numba and OpenCV release the interpreter's lock."""
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(function, *arguments))
