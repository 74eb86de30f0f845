"""capture -> masks -> hull -> asset -> report: the only place that composes the stages.

Each stage reads files and writes files below `<out>/<asin>/`, and is skipped when its inputs have not changed.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate import __version__
from cleanplate.capture import Capture, View, read_capture
from cleanplate.errors import CleanplateError
from cleanplate.files import write_json
from cleanplate.geometry import Mesh, read_mesh
from cleanplate.image import read_image, read_mask, write_image, write_mask
from cleanplate.ledger import Ledger, exclusive, fingerprint
from cleanplate.report import ViewPanel, overlay, view_panel, write_report
from cleanplate.segment.segmenter import Segmentation, shot
from cleanplate.types import Mask

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many of its items are done, and how many there are."""

DOUBTFUL_AGREEMENT = 0.9
"""Mean IoU between masks and re-projected hull below which the model is called doubtful; sound masks reach 0.99."""


@dataclass(frozen=True)
class Settings:
    """What a run is asked for.

    Attributes:
        model: a model's name or .onnx file.
        resolution: voxels along the hull's longest side.
        profile: the asset profile's name.
        front_deg: azimuth in the world that becomes the model's front, counter-clockwise from +x seen from above.
        usdz: also write the model as USDZ; needs the extra `usd`.
        floor: height in metres below which nothing is, None where the product does not stand on a platen.
        feedback: whether the views mend each other's masks.
        stages: how far to go: "segment" makes masks alone, "asset" everything.
    """

    model: str = "default"
    resolution: int = 256
    profile: str = "default"
    front_deg: float = -90.0
    usdz: bool = False
    floor: float | None = 0.0
    feedback: bool = True
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

    def before(self, view: View) -> Path:
        """Where a mended mask's first version is kept."""
        return self.target / "segmented" / f"{view.id}.png"

    def possible(self, view: View) -> Path:
        """Where all is marked that may well be foreground, for the hull; by networks alone."""
        return self.target / "possible" / f"{view.id}.png"

    def beside(self, view: View) -> tuple[Path, Path]:
        """What the hull is carved with beside a mask, if it is there; void once the mask is another."""
        return self.before(view), self.possible(view)

    @property
    def mended(self) -> Path:
        return self.target / "mended.json"

    def overlay(self, view: View) -> Path:
        return self.target / "overlays" / f"{view.id}.jpg"

    @property
    def hull(self) -> Path:
        return self.target / "hull.ply"

    @property
    def glb(self) -> Path:
        return self.target / f"{self.capture.asin}.glb"

    @property
    def usdz(self) -> Path | None:
        return self.glb.with_suffix(".usdz") if self.settings.usdz else None

    @property
    def models(self) -> list[Path]:
        return [self.glb, self.usdz] if self.usdz else [self.glb]

    @property
    def report(self) -> Path:
        return self.target / "report.html"

    def record(self, output: Path, key: str, doubt: float | None = None) -> None:
        self.ledger.record(output, key, doubt)
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
    result = ProductResult(capture.asin, str(folder.resolve()), str(target))
    with exclusive(target):
        job = _Job(capture, target, settings, Ledger(target), progress, result)
        views: list[View] = []
        try:
            views = _segment(job)
            if settings.stages == "asset":
                _mend(job, views)
                _reconstruct(job, views)
        except CleanplateError as error:
            result.problems.append(str(error))
            result.status = "failed"
        if result.status == "ok" and result.problems:
            result.status = "partial"
        _report(job, views)
        write_json(target / "result.json", {key: value for key, value in asdict(result).items() if key != "made"})
    return result


def _segment(job: _Job) -> list[View]:
    """Make the masks that are missing or stale; return the views that have one, in the capture's order."""
    from cleanplate.segment.runtime import load_model

    segmenter = load_model(job.settings.model)
    keys, todo = {}, []
    for view in job.capture.views:
        try:
            keys[view.id] = fingerprint(
                segmenter.fingerprint, job.capture.image_path(view), job.capture.plate_path(view)
            )
        except OSError as error:
            job.result.problems.append(f"view {view.id}: {error.filename}: {error.strerror}; put the picture there")
            continue
        if not any(job.ledger.is_done(path, keys[view.id]) for path in (job.before(view), job.mask(view))):
            todo.append(view)
    failed = set()
    shots = {view.id: view for view in todo}
    for done, (item, made) in enumerate(segmenter.segment([shot(job.capture, view) for view in todo]), start=1):
        if isinstance(made, CleanplateError):
            job.result.problems.append(f"view {item.id}: {made}")
            failed.add(item.id)
        else:
            _keep(job, shots[item.id], made, keys[item.id])
        job.progress("masks", done, len(todo))
    job.ledger.forget_all_but(_outputs(job))
    return [view for view in job.capture.views if view.id in keys and view.id not in failed]


def _keep(job: _Job, view: View, made: Segmentation, key: str) -> None:
    """Write a view's mask, last of all what tells that it is done."""
    for path in job.beside(view):
        job.ledger.forget(path)
    if made.possible is not None:
        write_mask(job.possible(view), made.possible)
        job.ledger.record(job.possible(view), key)
    write_mask(job.mask(view), made.mask)
    job.record(job.mask(view), key, made.doubt)


def _outputs(job: _Job) -> set[Path]:
    views = job.capture.views
    models = job.models if job.settings.stages == "asset" else [job.glb, job.glb.with_suffix(".usdz")]
    per_view = (path(view) for path in (job.mask, job.before, job.possible, job.overlay) for view in views)
    return {job.hull, *models, job.report, job.mended, *per_view}


def _mend(job: _Job, views: list[View]) -> None:
    """Let the views mend each other's masks, but those that a person edited; mended.json tells what was changed."""
    from cleanplate.hull import mend_masks, read_view_mask

    poses, edited = (
        replace(job.capture, views=tuple(views)).poses(),
        list(map(job.ledger.is_edited, map(job.mask, views))),
    )
    sources = [
        job.before(view) if job.before(view).is_file() and not mine else job.mask(view)
        for view, mine in zip(views, edited, strict=True)
    ]
    settings = (repr(each) for each in (job.settings.feedback, job.settings.floor, edited))
    key = fingerprint("mended", __version__, *settings, job.capture.folder / "capture.json", *sources)
    if job.ledger.is_done(job.mended, key):
        return
    masks = [read_view_mask(job.capture, view, path.parent) for view, path in zip(views, sources, strict=True)]
    cameras = [job.capture.camera_of(view) for view in views]
    mended = mend_masks(masks, cameras, poses, job.settings.floor) if job.settings.feedback else masks
    changes = {}
    for view, mine, old, new in zip(views, edited, masks, mended, strict=True):
        if mine:
            for path in job.beside(view):
                job.ledger.forget(path)
        else:
            _replace_mask(job, view, key, None if new is old else new)
            if new is not old:
                changes[view.id] = {"filled": int((new & ~old).sum()), "removed": int((old & ~new).sum())}
    write_json(job.mended, changes)
    job.record(job.mended, key)


def _replace_mask(job: _Job, view: View, key: str, new: Mask | None) -> None:
    """Put a mended mask in the place of the first version, or that one back."""
    mask, before = job.mask(view), job.before(view)
    if new is None:
        if before.is_file():
            job.ledger.move(before, mask)
        return
    if not before.is_file():
        job.ledger.move(mask, before)
    if not (mask.is_file() and np.array_equal(read_mask(mask), new)):
        write_mask(mask, new)
    job.ledger.record(mask, key, job.ledger.doubt(before))


def _reconstruct(job: _Job, views: list[View]) -> None:
    """Make hull.ply and the models, and the JSON beside each, from the masks of `views`."""
    from cleanplate.hull import write_hull

    capture, settings = replace(job.capture, views=tuple(views)), job.settings
    description, masks = job.capture.folder / "capture.json", [job.mask(view) for view in views]
    wider = [path for view in views for path in job.beside(view) if path.is_file()]
    asked = repr(settings.resolution), repr(settings.floor)
    key = fingerprint("hull 2", __version__, *asked, description, *masks, *wider)
    job.progress("hull", 0, 1)
    if not job.ledger.is_done(job.hull, key):
        masks_dir, *others = (job.target / name for name in ("masks", "segmented", "possible"))
        write_hull(capture, masks_dir, job.hull, settings.resolution, settings.floor, *others)
        job.record(job.hull, key)
    job.progress("hull", 1, 1)
    facts = _read_facts(job.hull)
    unused = facts["unused"]
    agreement = [value for view, value in facts["agreement"].items() if view not in unused]
    job.result.problems += _left_out(unused)
    if (mean := sum(agreement) / len(agreement)) < DOUBTFUL_AGREEMENT:
        job.result.problems.append(
            f"{job.hull}: the masks contradict each other: re-projected, the hull fills {mean:.0%} of them; "
            f"look at the worst views in {job.report.name}, correct their masks and run again"
        )
    capture = replace(capture, views=tuple(view for view in views if view.id not in unused))
    images = [capture.image_path(view) for view in capture.views]
    front = repr(settings.front_deg)
    key = fingerprint("asset", __version__, settings.profile, front, job.hull, description, *images, *masks)
    job.progress("asset", 0, 1)
    if not all(job.ledger.is_done(model, key) for model in job.models):
        write_model(job.hull, capture, job.target / "masks", job.glb, settings)
        for model in job.models:
            job.record(model, key)
    job.progress("asset", 1, 1)
    job.result.figures = _figures(job)


def _left_out(unused: dict[str, str]) -> list[str]:
    """Return a sentence for each reason why views were left out, with all that it holds for."""
    views: dict[str, list[str]] = {}
    for view, reason in unused.items():
        views.setdefault(reason, []).append(view)
    return [
        f"{'view' if len(each) == 1 else 'views'} {', '.join(each)}: {reason}; left out of the hull"
        for reason, each in views.items()
    ]


def write_model(hull: Path, capture: Capture, mask_dir: Path, output: Path, settings: Settings) -> None:
    """Write the GLB of a hull's mesh, what is known of it into `.json` beside, and the USDZ if the settings say so.

    Raises:
        MissingExtra: USDZ is asked for and cannot be written.
        MeshError: the profile cannot be met.
        ImageError: a photograph or mask cannot be read.
    """
    from cleanplate.asset import write_asset

    usdz = output.with_suffix(".usdz") if settings.usdz else None
    report = write_asset(hull, capture, mask_dir, output, settings.profile, out_usdz=usdz, front_deg=settings.front_deg)
    write_json(output.with_suffix(".json"), asdict(report) | {"path": output.name})


def _read_facts(output: Path) -> dict[str, Any]:
    """Return what a stage wrote beside its output; empty where there is none."""
    facts = output.with_suffix(".json")
    return json.loads(facts.read_bytes()) if facts.is_file() else {}


def _figures(job: _Job) -> dict[str, Any]:
    hull, asset = _read_facts(job.hull), _read_facts(job.glb)
    agreement = [value for view, value in hull["agreement"].items() if view not in hull["unused"]]
    return {
        "views used": f"{len(agreement)} of {len(job.capture.views)}",
        "size": " x ".join(f"{1000 * side:.1f}" for side in asset["extent"]) + " mm (x, y up, z)",
        "hull volume": f"{1e6 * hull['volume']:.1f} ml",
        "hull cell": f"{1000 * hull['cell']:.2f} mm",
        "watertight": "yes" if hull["watertight"] else "no",
        "triangles": asset["triangles"],
        "GLB": f"{asset['size_bytes'] / 1e6:.2f} MB",
        "surface unknown": f"{hull['unknown']:.0%}, flat or hollow: silhouettes cannot tell",
        "mean agreement": f"{sum(agreement) / len(agreement):.4f}",
        "worst agreement": f"{min(agreement):.4f}",
    }


def _report(job: _Job, views: list[View]) -> None:
    """Draw the overlays that are stale, and report.html."""
    alive = job.result.status != "failed" and job.settings.stages == "asset"
    models, facts = (job.models, _read_facts(job.hull)) if alive else ([], {})
    inputs = [
        path for view in views for path in (job.capture.image_path(view), job.capture.plate_path(view), job.mask(view))
    ]
    key = fingerprint("report", __version__, *job.result.problems, *([job.hull, *models] if models else []), *inputs)
    if job.ledger.is_done(job.report, key):
        return
    mesh = None
    if models:
        mesh = read_mesh(job.hull)
    notes = _mended_notes(job) | facts.get("unused", {}) | facts.get("doubtful", {})
    panels = []
    for done, view in enumerate(views, start=1):
        panels.append(_panel(job, view, mesh, notes.get(view.id, "")))
        job.progress("report", done, len(views))
    figures = {"model": job.settings.model} | job.result.figures
    title = " ".join([job.capture.asin, *job.capture.tags])
    write_report(job.report, title, figures, job.result.problems, panels, models)
    job.record(job.report, key)


def _mended_notes(job: _Job) -> dict[str, str]:
    changes = json.loads(job.mended.read_bytes()) if job.mended.is_file() else {}
    return {
        view: f"its mask was mended by what other views show: {each['filled']} pixels filled in, "
        f"{each['removed']} removed; look at it"
        for view, each in changes.items()
    }


def _panel(job: _Job, view: View, mesh: Mesh | None, note: str) -> ViewPanel:
    from cleanplate.geometry.raster import silhouette

    image, mask, plate = (
        read_image(job.capture.image_path(view)),
        read_mask(job.mask(view)),
        job.capture.plate_path(view),
    )
    seen = None
    if mesh and view.pose:
        seen = silhouette(mesh, job.capture.camera_of(view), view.pose)
    write_image(job.overlay(view), overlay(image, mask), quality=85)
    return view_panel(view.id, image, read_image(plate) if plate else None, mask, seen, note)
