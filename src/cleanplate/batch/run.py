"""Many products, one after another or side by side; one that fails never stops the others."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cleanplate.batch.executors import Executor, Lost, execute
from cleanplate.batch.one import failure, record, run_one
from cleanplate.batch.stores import is_uri
from cleanplate.capture import read_capture
from cleanplate.errors import CleanplateError
from cleanplate.pipeline import ProductResult, Progress
from cleanplate.settings import Settings

OK, ERROR, PARTIAL = 0, 1, 3


def exit_code(statuses: Counter[str]) -> int:
    """Return 0 if all is well, 1 if nothing is, 3 if a part is."""
    if set(statuses) <= {"ok"}:
        return OK
    return ERROR if set(statuses) == {"failed"} else PARTIAL


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch, in the order of the captures."""

    products: tuple[ProductResult, ...]

    @property
    def exit_code(self) -> int:
        """0 if all is well, 1 if nothing is, 3 if a part is."""
        return exit_code(Counter(product.status for product in self.products))

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {"exit_code": self.exit_code, "products": [asdict(product) for product in self.products]}


def run_batch(
    folders: Sequence[Path],
    out: Path,
    settings: Settings,
    jobs: int = 1,
    finished: Callable[[ProductResult], None] = lambda _: None,
    progress: Progress = lambda *_: None,
) -> BatchResult:
    """Run every capture, `jobs` at a time; call `finished` as each ends.

    One product at a time has all cores; several at a time share them.
    """
    results: dict[str, ProductResult] = {}
    executor = Executor("serial" if jobs == 1 else "processes", jobs)
    for capture, result in run_each(dict.fromkeys(map(str, folders)), str(out), settings, executor, progress=progress):
        results[capture] = result
        progress("products", len(results), len(folders))
        finished(result)
    return BatchResult(tuple(results[str(folder)] for folder in folders))


def run_each(
    captures: Iterable[str],
    out: str,
    settings: Settings,
    executor: Executor = Executor(),
    timeout: float | None = None,
    progress: Progress = lambda *_: None,
) -> Iterator[tuple[str, ProductResult]]:
    """Run every capture and yield it with its result, as each ends; none is kept, so that batches may be of any size.

    A capture whose ASIN an earlier one has is refused by name, since both would write to the same place.
    """
    alone = executor.name == "serial"
    work = partial(run_one, out=out, settings=settings, timeout=timeout, in_worker=not alone)
    if alone:
        work.keywords["progress"] = progress
    twins: list[tuple[str, ProductResult]] = []
    for capture, result in execute(_without_twins(captures, twins), work, executor):
        yield from _recorded(twins, out)
        if isinstance(result, Lost):
            result = failure(capture, [f"{capture}: {result.reason}"])
            record(result, out)
        yield capture, result
    yield from _recorded(twins, out)


def _recorded(twins: list[tuple[str, ProductResult]], out: str) -> Iterator[tuple[str, ProductResult]]:
    while twins:
        capture, result = twins.pop(0)
        record(result, out)
        yield capture, result


def _without_twins(captures: Iterable[str], twins: list[tuple[str, ProductResult]]) -> Iterator[str]:
    """Yield captures whose ASIN no earlier one has; set aside the others, each with its failure."""
    first: dict[str, str] = {}
    for capture in captures:
        asin = quick_asin(capture)
        if asin is None or first.setdefault(asin, capture) == capture:
            yield capture  # one that cannot be read is named by whoever runs it
        else:
            problem = f"{capture}: its ASIN {asin} is also that of {first[asin]}; run them into different folders"
            twins.append((capture, failure(capture, [problem])))


def quick_asin(capture: str) -> str | None:
    """Return a capture's ASIN, None if it cannot be read; mostly without parsing all of its description."""
    if is_uri(capture):
        return None  # whoever publishes it finds a twin
    try:
        with (Path(capture) / "capture.json").open("rb") as stream:
            found = re.findall(rb'"asin"\s*:\s*"([A-Z0-9]{10})"', text := stream.read(1 << 20))
        if len(found) == text.count(b"asin") == 1 and len(text) < 1 << 20:
            return found[0].decode()
        return read_capture(Path(capture)).asin
    except (CleanplateError, OSError):
        return None
