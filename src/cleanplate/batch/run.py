"""Many products, one after another or side by side; one that fails never stops the others."""

import logging
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cleanplate.capture import read_capture
from cleanplate.errors import CleanplateError
from cleanplate.pipeline import ProductResult, Progress, run_product
from cleanplate.settings import Settings

OK, ERROR, PARTIAL = 0, 1, 3


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch, in the order of the captures."""

    products: tuple[ProductResult, ...]

    @property
    def exit_code(self) -> int:
        """0 if all is well, 1 if nothing is, 3 if a part is."""
        statuses = {product.status for product in self.products}
        if statuses <= {"ok"}:
            return OK
        return ERROR if statuses == {"failed"} else PARTIAL

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {"exit_code": self.exit_code, "products": [asdict(product) for product in self.products]}


def run_one(folder: Path, out: Path, settings: Settings, progress: Progress = lambda *_: None) -> ProductResult:
    """Run one product; whatever goes wrong becomes its result."""
    try:
        return run_product(folder, out, settings, progress)
    except CleanplateError as error:
        problems = getattr(error, "problems", [str(error)])
    except OSError as error:
        problems = [f"{error.filename or out}: {error.strerror or error}; free or unlock it and run again"]
    except Exception as error:  # a bug: named, and the neighbours go on
        logging.getLogger(__name__).exception("%s: internal error", folder)
        problems = [f"{folder}: internal error ({type(error).__name__}: {error}); please report it with the traceback"]
    return ProductResult(_asin(folder), str(folder), "", "failed", problems)


def _asin(folder: Path) -> str:
    try:
        return read_capture(folder).asin
    except CleanplateError:
        return folder.name


def run_batch(
    folders: Sequence[Path],
    out: Path,
    settings: Settings,
    jobs: int = 1,
    finished: Callable[[ProductResult], None] = lambda _: None,
    progress: Progress = lambda *_: None,
) -> BatchResult:
    """Run every capture, `jobs` at a time; call `finished` as each ends.

    Stages use all cores by themselves, so more than one job pays only on machines with many.
    """
    results: dict[Path, ProductResult] = {}
    unique, twins = _split_twins(folders)
    for folder, result in [*twins, *_results(unique, out, settings, jobs, progress)]:
        results[folder] = result
        finished(result)
    return BatchResult(tuple(results[folder] for folder in folders))


def _split_twins(folders: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, ProductResult]]]:
    """Set aside captures whose ASIN an earlier one has: both would write to the same place."""
    first: dict[str, Path] = {}
    unique, twins = [], []
    for folder in folders:
        asin = _asin(folder)
        if first.setdefault(asin, folder) is folder:
            unique.append(folder)
        else:
            problem = f"{folder}: its ASIN {asin} is also that of {first[asin]}; run them into different folders"
            twins.append((folder, ProductResult(asin, str(folder), "", "failed", [problem])))
    return unique, twins


def _results(
    folders: Sequence[Path], out: Path, settings: Settings, jobs: int, progress: Progress
) -> Iterator[tuple[Path, ProductResult]]:
    if jobs == 1 or len(folders) < 2:
        for folder in folders:
            yield folder, run_one(folder, out, settings, progress)
        return
    waiting, suspects = deque(folders), deque[Path]()
    while waiting or suspects:
        alone = bool(suspects)
        for folder, result in _pooled(suspects if alone else waiting, 1 if alone else jobs, out, settings):
            if result is not None:
                yield folder, result
            elif alone:
                problem = f"{folder}: its worker process died twice, of memory for example; run it on a larger machine"
                yield folder, ProductResult(_asin(folder), str(folder), "", "failed", [problem])
            else:
                suspects.append(folder)  # which of those in flight killed it is not known: each is tried again, alone


def _pooled(
    queue: deque[Path], jobs: int, out: Path, settings: Settings
) -> Iterator[tuple[Path, ProductResult | None]]:
    """Run a queue in worker processes until it is empty or one dies; then what was in flight comes with None."""
    flying: dict[Future[ProductResult], Path] = {}
    # Forked children would inherit the locks of OpenCV's and numba's threads.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        while queue or flying:
            try:
                while queue and len(flying) < jobs:
                    flying[pool.submit(run_one, queue[0], out, settings)] = queue[0]
                    queue.popleft()
            except BrokenProcessPool:
                yield from ((folder, None) for folder in flying.values())
                return
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                folder = flying.pop(future)
                yield folder, None if isinstance(future.exception(), BrokenProcessPool) else future.result()
