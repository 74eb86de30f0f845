"""Where the products of a batch are worked on: in this process, in processes beside it, or on a Ray cluster."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from cleanplate.cores import thread_limits
from cleanplate.settings import ExecutorName

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Executor:
    """Where work is done.

    Attributes:
        name: which of the three.
        jobs: how many pieces at a time; with Ray, 0 takes as many as the cluster has CPUs for.
        cpus: of each piece, kept to by all libraries; 0 leaves a single process all cores, and shares them out evenly
            among several.
        address: of a Ray cluster; None starts one on this machine.
    """

    name: ExecutorName = "serial"
    jobs: int = 1
    cpus: int = 0
    address: str | None = None


@dataclass(frozen=True)
class Lost:
    """What comes in a result's place when its worker died, and again when it was tried a second time."""

    reason: str


DIED_TWICE = Lost("its worker process died twice, of memory for example; run it on a larger machine")


def execute(items: Iterable[T], work: Callable[[T], R], executor: Executor) -> Iterator[tuple[T, R | Lost]]:
    """Do `work` on each item and yield it with what came of it, as each ends.

    Items are asked for as there is room for them, so that a million of them need no memory. Closing the iterator, or
    Ctrl-C, ends all workers at once: work has to be such that it can be killed at any moment.

    Args:
        work: can be pickled unless the executor is serial; its errors end the batch, so it had better return them.
    """
    if executor.name == "ray":
        from cleanplate.batch.on_ray import in_ray

        return in_ray(items, work, executor)
    if executor.name == "processes":
        cpus = executor.cpus or max(1, len(os.sched_getaffinity(0)) // executor.jobs)
        return _in_processes(items, work, executor.jobs, cpus)
    return ((item, work(item)) for item in items)


class _Worker:
    """A process that does one piece of work after another."""

    def __init__(self, work: Callable[..., object], cpus: int) -> None:
        # Forked children would inherit the locks of OpenCV's and numba's threads.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        before = dict(os.environ)
        os.environ.update(thread_limits(cpus))  # libraries read it as they are loaded, before any code of ours
        try:
            self.process.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
            theirs.close()

    def end(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, work: Callable[[T], object]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError):
        while True:
            pipe.send(work(pipe.recv()))


def _end_with_parent() -> None:
    """Leave with a parent that was killed: nobody is left to take what this process makes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_processes(
    items: Iterable[T], work: Callable[[T], R], jobs: int, cpus: int, last_try: bool = False
) -> Iterator[tuple[T, R | Lost]]:
    """Keep `jobs` processes busy; what one of them died of is tried again at the end, alone."""
    waiting, suspects = iter(items), deque[T]()
    idle: list[_Worker] = []
    busy: dict[Connection, tuple[_Worker, T]] = {}
    try:
        while True:
            for item in _next(waiting, jobs - len(busy)):
                worker = _give(item, idle, work, cpus)
                busy[worker.pipe] = worker, item
            if not busy:
                break
            for pipe in wait(list(busy)):
                worker, item = busy.pop(pipe)  # type: ignore[call-overload]
                try:
                    result = worker.pipe.recv()
                except (EOFError, OSError):
                    worker.end()
                    suspects.append(item)
                else:
                    idle.append(worker)
                    yield item, result
    finally:
        for worker in [*idle, *(worker for worker, _ in busy.values())]:
            worker.end()
    if last_try:
        yield from ((item, DIED_TWICE) for item in suspects)
        return
    for item in suspects:
        yield from _in_processes([item], work, 1, cpus, last_try=True)


def _next(items: Iterator[T], count: int) -> Iterator[T]:
    return (item for _, item in zip(range(count), items, strict=False))


def _give(item: T, idle: list[_Worker], work: Callable[[T], object], cpus: int) -> _Worker:
    """Hand an item to a worker that lives."""
    while idle:
        worker = idle.pop()
        try:
            worker.pipe.send(item)
        except OSError:
            worker.end()  # it died while it waited
        else:
            return worker
    worker = _Worker(work, cpus)
    worker.pipe.send(item)
    return worker
