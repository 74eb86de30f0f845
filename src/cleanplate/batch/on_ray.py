"""Work as tasks of Ray Core, a task each: names of captures go to the workers, never pixels."""

import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from cleanplate import __version__
from cleanplate.batch.executors import DIED_TWICE, Executor, Lost
from cleanplate.cores import thread_limits
from cleanplate.errors import CleanplateError, require

T = TypeVar("T")
R = TypeVar("R")
LOOK = 10.0
"""Seconds between looks at the size of the cluster, which may grow and shrink."""
OBJECT_STORE = 300_000_000
"""Bytes of Ray's object store on this machine; results are a few kilobytes each."""


class OtherVersion(CleanplateError):
    """A worker of the cluster has another cleanplate than the driver."""


def in_ray(items: Iterable[T], work: Callable[[T], R], executor: Executor) -> Iterator[tuple[T, R | Lost]]:
    """See `executors.execute`; a lost worker's task is tried once more, by Ray, and an error of the work never is.

    Raises:
        MissingExtra: Ray is not installed.
        CleanplateError: no cluster answers, or its workers have no, or another, cleanplate.
    """
    ray = require("ray", "scale")
    cpus = executor.cpus or 1
    with _cluster(ray, executor, cpus):
        task = ray.remote(num_cpus=cpus, max_retries=1, retry_exceptions=False)(_checked)
        call = ray.put(partial(_same_version, work, __version__))
        waiting, flying = iter(items), dict[Any, T]()
        # A cluster of one's own has CPUs for just so many jobs; of another's, no more are taken.
        most = executor.jobs if executor.address else 0
        room, looked = most, -LOOK
        try:
            while True:
                if not most and time.monotonic() > looked + LOOK:
                    # Twice as many as run at a time: a worker that ends one finds the next, and no queue grows.
                    room = max(2, 2 * int(ray.cluster_resources().get("CPU", 1) // cpus))
                    looked = time.monotonic()
                for _, item in zip(range(room - len(flying)), waiting, strict=False):
                    flying[task.remote(call, item)] = item
                if not flying:
                    return
                ready, _ = ray.wait(list(flying), num_returns=1, timeout=10)
                for reference in ready:
                    item = flying.pop(reference)
                    yield item, _result(ray, reference)
                    del reference
        finally:
            for reference in flying:
                ray.cancel(reference, force=True)


def _checked(call: Callable[[T], R], item: T) -> R:
    return call(item)


def _same_version(work: Callable[[T], R], version: str, item: T) -> R:
    """Do the work, unless this worker's cleanplate is not the driver's: its results would differ."""
    if version != __version__:
        raise OtherVersion(
            f"a Ray worker has cleanplate {__version__}, this machine {version}; install the same on every node"
        )
    return work(item)


def _result(ray: Any, reference: Any) -> Any:
    """Return a task's result, or that its worker was lost.

    Raises:
        CleanplateError: what befalls every task alike.
    """
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = getattr(error, "cause", None) or error
        if isinstance(cause, OtherVersion):
            raise OtherVersion(str(cause)) from None
        if "ModuleNotFoundError" in str(error) or "ImportError" in str(error):
            raise CleanplateError(
                f"Ray's workers cannot import cleanplate: install version {__version__} on every node of the cluster "
                f"({str(cause).strip().splitlines()[-1][:200]})"
            ) from error
        raise
    except ray.exceptions.OutOfMemoryError:
        return Lost("its worker ran out of memory, and again when it was tried a second time; give it more --cpus")
    except ray.exceptions.RayError:
        return DIED_TWICE


def _knock(address: str) -> None:
    """Refuse an address where nobody listens: Ray itself would try for minutes.

    Raises:
        CleanplateError: nobody listens.
    """
    found = re.fullmatch(r"(?:ray://)?([^:/]+|\[[^]]+\]):([0-9]{1,5})", address)
    if found is None:
        return  # "auto" and the like, which Ray looks up
    try:
        socket.create_connection((found[1].strip("[]"), int(found[2])), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise CleanplateError(
            f"Ray cluster {address}: nobody answers there ({error}); look whether it runs ('ray status')"
        ) from error


@contextmanager
def _cluster(ray: Any, executor: Executor, cpus: int) -> Iterator[None]:
    """Connect to the cluster, or start one on this machine that ends with the block."""
    if ray.is_initialized():  # by whoever calls this from Python: theirs to end
        yield
        return
    here: dict[str, Any] = {"address": executor.address}
    if executor.address is None:
        os.environ.setdefault("RAY_task_oom_retries", "1")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        number = cpus * executor.jobs if executor.jobs else max(cpus, len(os.sched_getaffinity(0)))
        here = {"num_cpus": number, "include_dashboard": False, "object_store_memory": OBJECT_STORE}
    else:
        _knock(executor.address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(**here, runtime_env={"env_vars": thread_limits(cpus)}, logging_level="ERROR", log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise CleanplateError(
            f"Ray cluster {executor.address or 'on this machine'}: {str(error).strip().splitlines()[0][:200]}; look "
            f"whether it runs ('ray status') with this Ray ({ray.__version__}) and Python"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
