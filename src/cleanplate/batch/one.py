"""One product, whatever becomes of it: the unit that every executor and every cluster runs."""

import faulthandler
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from cleanplate.batch.warm import warm
from cleanplate.capture import check_output, read_capture
from cleanplate.errors import CleanplateError, OutOfTime, problems_of
from cleanplate.files import read_object, write_json
from cleanplate.notes import stamp
from cleanplate.pipeline import OF_THIS_RUN, RESULT, ProductResult, Progress, run_product
from cleanplate.segment import Model, load_model
from cleanplate.settings import DeviceName, Settings
from cleanplate.state import State, exclusive, fingerprint

FAILED = "failed"
"""Folder of `out` for failures of captures that have no result of their own, one file each."""


def run_one(
    capture: str,
    out: str,
    settings: Settings,
    timeout: float | None = None,
    progress: Progress = lambda *_: None,
    in_worker: bool = False,
) -> ProductResult:
    """Run one product; whatever goes wrong becomes its result, on disk as well.

    Args:
        capture, out: folders.
        timeout: seconds after which it fails.
        in_worker: whether this process may be ended where nothing else helps against a product that hangs.
    """
    started = time.perf_counter(), time.process_time()
    try:
        if timeout is not None:
            warm()  # so that compiling, half a minute on a fresh machine, is not a product's fault
        with _limited(timeout, in_worker):
            model = _model(settings.model, settings.device, stamp([Path(settings.model)]))
            result = run_product(Path(capture), Path(out), settings, progress, model)
    except (Exception, OutOfTime) as error:
        result = failure(capture, problems_of(error, capture, out))
        record(result, out)
    else:
        with suppress(OSError):
            _failure_path(result.capture, out).unlink(missing_ok=True)
    result.seconds = round(time.perf_counter() - started[0], 3)
    result.cpu_seconds = round(time.process_time() - started[1], 3)
    return result


def failure(capture: str, problems: list[str]) -> ProductResult:
    """Return the result of a capture that failed before it had one."""
    return ProductResult(_asin(capture) or Path(capture).name, str(Path(capture).resolve()), "", "failed", problems)


def record(result: ProductResult, out: str) -> None:
    """Write down a failure: in the product's own result if it has one, so that it says ok no longer; else below FAILED.

    Nothing is written where outputs have no place, nor while another run is at the product.
    """
    value = {key: each for key, each in asdict(result).items() if key not in OF_THIS_RUN}
    with suppress(CleanplateError, OSError):
        for name in dict.fromkeys([result.asin, Path(result.capture).name]):
            target = Path(out) / name
            if _is_result_of(result, target):
                check_output(target, Path(result.capture))
                with exclusive(target):
                    State(target).write_result(RESULT, value | {"asin": name, "folder": str(target)})
                return
        path = _failure_path(result.capture, out)
        if Path(result.capture).parent == Path(out).resolve():
            return  # the captures' own folder
        check_output(path.parent, Path(result.capture))
        write_json(path, value)


def _is_result_of(result: ProductResult, target: Path) -> bool:
    told: dict[str, Any] = read_object(target / RESULT)
    return told.get("capture") == result.capture


def _failure_path(capture: str, out: str) -> Path:
    return Path(out) / FAILED / f"{Path(capture).name[:100]}-{fingerprint(capture)[:8]}.json"


def _asin(capture: str) -> str | None:
    with suppress(CleanplateError, OSError):
        return read_capture(Path(capture)).asin
    return None


@lru_cache(maxsize=1)
def _model(name: str, device: DeviceName, _: str) -> Model:
    """Return a model, opened once in a process as long as its file stays the same."""
    return load_model(name, device)


@contextmanager
def _limited(seconds: float | None, may_exit: bool) -> Iterator[None]:
    """Raise OutOfTime in the block after so many seconds; code that never comes back to Python costs the process."""
    if seconds is None:
        yield
        return

    def out_of_time(*_: object) -> None:
        raise OutOfTime(f"it took longer than the {seconds:g} s of --timeout; give it more, or look why it is slow")

    before = signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if may_exit:
        faulthandler.dump_traceback_later(2 * seconds + 30, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if may_exit:
            faulthandler.cancel_dump_traceback_later()
