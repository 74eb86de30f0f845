"""Many products: each named, each on its own; finished ones are skipped, failing ones reported, the rest goes on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cleanplate.clock import duration
from cleanplate.errors import CleanplateError
from cleanplate.files import write_json
from cleanplate.render.capture import Shot, render_capture
from cleanplate.render.config import Quality, RigConfig
from cleanplate.render.products import Product
from cleanplate.render.rig import build_rig


@dataclass(frozen=True)
class Job:
    """One capture to make; the product is made only when its turn comes."""

    asin: str
    make: Callable[[], Product]
    rig: Callable[[Product], RigConfig]
    shots: Callable[[RigConfig], Sequence[Shot]]
    seed: int


@dataclass(frozen=True)
class BatchReport:
    """What a batch did: ASINs by outcome, and what was wrong with each failed one."""

    made: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: dict[str, str]


def render_batch(
    jobs: Iterable[Job],
    out: Path,
    width: int,
    height: int,
    quality: Quality = Quality(),
    cache: Path | None = None,
    say: Callable[[str], None] = print,
) -> BatchReport:
    """Render captures `out/<asin>`; run it again to go on where it stopped.

    Beside each capture's own files, `product.json` keeps its name, family, seed and rig.

    Raises:
        OSError: the disk is full; what is finished stays, and no half capture is left.
    """
    jobs = list(jobs)
    made: list[str] = []
    skipped: list[str] = []
    failed: dict[str, str] = {}
    started = time.monotonic()
    for number, job in enumerate(jobs, 1):
        folder = out / job.asin
        if (folder / "capture.json").exists():
            skipped.append(job.asin)
            continue
        try:
            name, views = _render_job(job, folder, width, height, quality, cache)
        except (CleanplateError, ValueError) as error:
            failed[job.asin] = str(error)
            say(f"[{number}/{len(jobs)}] {job.asin} FAILED: {error}")
        else:
            made.append(job.asin)
            spent = time.monotonic() - started
            left = spent / len(made) * (len(jobs) - number)
            say(f"[{number}/{len(jobs)}] {job.asin} {name}: {views} views; {duration(left)} left")
    return BatchReport(tuple(made), tuple(skipped), failed)


def _render_job(
    job: Job, folder: Path, width: int, height: int, quality: Quality, cache: Path | None
) -> tuple[str, int]:
    product = job.make()
    config = job.rig(product)
    shots = job.shots(config)
    rig = build_rig(config, width, height, quality, cache)
    try:
        render_capture(product, rig, folder, job.asin, shots, job.seed)
        about = {"name": product.name, "family": product.family, "seed": product.seed, "tags": list(product.tags)}
        write_json(folder / "product.json", about | {"rig": config.preset, "rig_seed": config.seed})
    except BaseException:  # also an interrupt: leave no half capture behind
        shutil.rmtree(folder.with_name(f".{folder.name}.part"), ignore_errors=True)
        raise
    return product.name, len(shots)
