"""How many cores a process keeps to, told by its environment, which libraries read as they are loaded."""

import os

CPUS = "CLEANPLATE_CPUS"


def cores() -> int:
    """Return how many cores this process may use: those that a batch gives each product, else all that it has."""
    return limit() or len(os.sched_getaffinity(0))


def limit() -> int:
    """Return how many cores a batch gives each product; 0 if it says nothing of them."""
    return int(os.environ.get(CPUS, "0"))


def thread_limits(cpus: int) -> dict[str, str]:
    """Return the environment in which a new process, its libraries included, keeps to so many threads."""
    libraries = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return dict.fromkeys((CPUS, *libraries), str(cpus))
