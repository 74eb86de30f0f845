"""How this room compiles its loops."""

import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with numba, cached on disk and free of the interpreter's lock.

    Takes off the checks of array shapes that the tests wrap around every function, since numba cannot compile them.
    """
    return numba.njit(cache=True, nogil=True)(inspect.unwrap(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile for use inside of other compiled functions; handing over a tuple of arrays costs ten times the sums."""
    return numba.njit(cache=True, nogil=True, inline="always")(inspect.unwrap(function))
