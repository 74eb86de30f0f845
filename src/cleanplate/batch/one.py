"""One product, whatever becomes of it: the unit that every executor and every cluster runs."""

import faulthandler
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from cleanplate.batch.remote import run_remote
from cleanplate.batch.stores import delete, is_uri, read, write
from cleanplate.batch.warm import warm
from cleanplate.capture import check_output, read_capture
from cleanplate.errors import CleanplateError, OutOfTime, problems_of
from cleanplate.files import json_text, read_object, write_json
from cleanplate.notes import stamp
from cleanplate.pipeline import RESULT, ProductResult, Progress, run_product
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
        capture, out: folders, or URIs of places in stores.
        timeout: seconds after which it fails.
        in_worker: whether this process may be ended where nothing else helps against a product that hangs.
    """
    started = time.perf_counter(), time.process_time()
    try:
        if timeout is not None:
            warm()  # so that compiling, half a minute on a fresh machine, is not a product's fault
        with _limited(timeout, in_worker):
            model = _model(settings.model, settings.device, stamp([Path(settings.model)]))
            if is_uri(capture) or is_uri(out):
                result = run_remote(capture, out, settings, model, progress)
            else:
                result = run_product(Path(capture), Path(out), settings, progress, model)
    except (Exception, OutOfTime) as error:
        result = failure(capture, problems_of(error, capture, out))
        record(result, out)
    else:
        _forget(result, out)
    result.seconds = round(time.perf_counter() - started[0], 3)
    result.cpu_seconds = round(time.process_time() - started[1], 3)
    return result


def failure(capture: str, problems: list[str]) -> ProductResult:
    """Return the result of a capture that failed before it had one."""
    if is_uri(capture):
        return ProductResult(PurePosixPath(capture).name, capture, "", "failed", problems)
    return ProductResult(_asin(capture) or Path(capture).name, str(Path(capture).resolve()), "", "failed", problems)


def record(result: ProductResult, out: str) -> None:
    """Write down a failure: in the product's own result if it has one, so that it says ok no longer; else below FAILED.

    Nothing is written where outputs have no place, nor while another run is at the product.
    """
    value = result.told()
    with suppress(CleanplateError, OSError):
        if is_uri(out):
            write(out, _failure_name(result.capture), json_text(value).encode())
            return
        for name in dict.fromkeys([result.asin, PurePosixPath(result.capture).name]):
            target = Path(out) / name
            if _is_result_of(result, target):
                _check(target, result.capture)
                with exclusive(target):
                    State(target).write_result(RESULT, value | {"asin": name, "folder": str(target)})
                return
        path = Path(out) / _failure_name(result.capture)
        _check(path.parent, result.capture)
        if is_uri(result.capture) or Path(result.capture).parent != Path(out).resolve():  # the captures' own folder
            write_json(path, value)


def _check(place: Path, capture: str) -> None:
    check_output(place, *([] if is_uri(capture) else [Path(capture)]))


def _forget(result: ProductResult, out: str) -> None:
    """Take back the record of a failure of a capture that has a result now."""
    name = _failure_name(result.capture)
    with suppress(OSError, CleanplateError):
        if not is_uri(out):
            (Path(out) / name).unlink(missing_ok=True)
        elif read(out, name) is not None:
            delete(out, [name])


def _is_result_of(result: ProductResult, target: Path) -> bool:
    there: dict[str, Any] = read_object(target / RESULT)
    return there.get("capture") == result.capture


def _failure_name(capture: str) -> str:
    return f"{FAILED}/{PurePosixPath(capture).name[:100]}-{fingerprint(capture)[:8]}.json"


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
