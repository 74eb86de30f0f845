"""How loops are compiled, and spread over the cores."""

import inspect
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import numba

CPUS = "CLEANPLATE_CPUS"
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


def cores() -> int:
    """Return how many cores this process may use: those that a batch gives each product, else all that it has."""
    return int(os.environ.get(CPUS, 0)) or len(os.sched_getaffinity(0))


def thread_limits(cpus: int) -> dict[str, str]:
    """Return the environment in which a new process, its libraries included, keeps to so many threads."""
    libraries = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return dict.fromkeys((CPUS, *libraries), str(cpus))


def parallel(function: Callable[..., Any], *arguments: Iterable[Any]) -> list[Any]:
    """Map over threads, one per usable core; numba and OpenCV release the interpreter's lock."""
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(function, *arguments))
