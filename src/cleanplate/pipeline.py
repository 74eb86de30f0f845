"""capture -> masks -> hull -> asset -> report: the only place that composes the stages.

Each stage reads files and writes files below `<out>/<asin>/`, and is skipped when its inputs have not changed.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cleanplate import __version__
from cleanplate.capture import Capture, View, read_capture, read_image, read_mask, write_image, write_mask
from cleanplate.errors import CleanplateError, MeshError
from cleanplate.files import write_bytes, write_json
from cleanplate.ledger import Ledger, exclusive, fingerprint
from cleanplate.segment.segmenter import load_segmenter, shot

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many of its items are done, and how many there are."""

MIN_VIEWS = 3
"""Fewer silhouettes bound no useful volume."""


@dataclass(frozen=True)
class Settings:
    """What a run is asked for.

    Attributes:
        model: a model's name or .onnx file.
        resolution: voxels along the hull's longest side.
        profile: the asset profile's name.
        floor: height in metres below which nothing is, None where the product does not stand on a platen.
        stages: how far to go: "segment" makes masks alone, "asset" everything.
    """

    model: str = "default"
    resolution: int = 256
    profile: str = "default"
    floor: float | None = 0.0
    stages: str = "asset"


@dataclass
class ProductResult:
    """What became of one product; `problems` is empty if all went well.

    Attributes:
        status: "ok", "partial" (something is missing or doubtful, and named), or "failed" (no model).
        figures: what the report shows, in SI units.
    """

    asin: str
    capture: str
    folder: str
    status: str = "ok"
    problems: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    made: int = 0


@dataclass(frozen=True)
class _Job:
    """One product on its way through the stages."""

    capture: Capture
    target: Path
    settings: Settings
    ledger: Ledger
    progress: Progress
    result: ProductResult

    def mask(self, view: View) -> Path:
        return self.target / "masks" / f"{view.id}.png"

    def overlay(self, view: View) -> Path:
        return self.target / "overlays" / f"{view.id}.jpg"

    @property
    def hull(self) -> Path:
        return self.target / "hull.ply"

    @property
    def glb(self) -> Path:
        return self.target / f"{self.capture.asin}.glb"

    @property
    def report(self) -> Path:
        return self.target / "report.html"

    def record(self, output: Path, key: str) -> None:
        self.ledger.record(output, key)
        self.result.made += 1


def run_product(folder: Path, out: Path, settings: Settings, progress: Progress = lambda *_: None) -> ProductResult:
    """Turn one capture into masks, overlays, hull, GLB and report below `out`/<asin>/.

    A view that cannot be used is named in the result and left out; what exists already is not made again.

    Raises:
        CaptureError: capture.json cannot be used.
        CleanplateError: another run holds the output, or the model cannot be loaded.
        OSError: the output cannot be written, such as on a full disk.
    """
    capture = read_capture(folder)
    target = out / capture.asin
    result = ProductResult(capture.asin, str(folder), str(target))
    with exclusive(target):
        job = _Job(capture, target, settings, Ledger(target), progress, result)
        try:
            views = _segment(job)
            if settings.stages == "asset":
                _reconstruct(job, views)
        except CleanplateError as error:
            result.problems.append(str(error))
            result.status = "failed"
        if result.status == "ok" and result.problems:
            result.status = "partial"
        _report(job)
        write_json(target / "result.json", {key: value for key, value in asdict(result).items() if key != "made"})
    return result


def _segment(job: _Job) -> list[View]:
    """Make the masks that are missing or stale; return the views that have one, in the capture's order."""
    segmenter = load_segmenter(job.settings.model)
    keys, todo = {}, []
    for view in job.capture.views:
        try:
            keys[view.id] = fingerprint(
                segmenter.fingerprint, job.capture.image_path(view), job.capture.plate_path(view)
            )
        except OSError as error:
            job.result.problems.append(f"view {view.id}: {error.filename}: {error.strerror}; put the picture there")
            continue
        if not job.ledger.is_done(job.mask(view), keys[view.id]):
            todo.append(view)
    failed = set()
    shots = {view.id: view for view in todo}
    for done, (item, mask) in enumerate(segmenter.masks([shot(job.capture, view) for view in todo]), start=1):
        if isinstance(mask, CleanplateError):
            job.result.problems.append(f"view {item.id}: {mask}")
            failed.add(item.id)
        else:
            write_mask(job.mask(shots[item.id]), mask)
            job.record(job.mask(shots[item.id]), keys[item.id])
        job.progress("masks", done, len(todo))
    job.ledger.forget_all_but(_outputs(job))
    return [view for view in job.capture.views if view.id in keys and view.id not in failed]


def _outputs(job: _Job) -> set[Path]:
    views = job.capture.views
    return {job.hull, job.glb, job.report, *map(job.mask, views), *map(job.overlay, views)}


def _reconstruct(job: _Job, views: list[View]) -> None:
    """Make hull.ply and the GLB from the masks of `views`."""
    from cleanplate.asset import write_asset
    from cleanplate.hull import reconstruct

    if len(views) < MIN_VIEWS:
        raise MeshError(f"{job.capture.folder}: {len(views)} views have a mask; a hull needs {MIN_VIEWS} or more")
    capture = replace(job.capture, views=tuple(views))
    description = job.capture.folder / "capture.json"
    settings = job.settings
    key = fingerprint(
        "hull", __version__, repr(settings.resolution), repr(settings.floor), description, *map(job.mask, views)
    )
    if not job.ledger.is_done(job.hull, key):
        job.progress("hull", 0, 1)
        write_json(
            job.target / "hull.json",
            reconstruct(capture, job.target / "masks", job.hull, settings.resolution, settings.floor),
        )
        job.record(job.hull, key)
    job.progress("hull", 1, 1)
