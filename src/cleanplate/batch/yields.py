"""Models of many products from each method's masks, each judged beside the exact masks' hull."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.asset import PROFILES, write_asset
from cleanplate.capture import Capture, View, check_ours, check_output, find_captures, read_capture
from cleanplate.errors import CaptureError, CleanplateError, MeshError, problems_of
from cleanplate.evaluate.solids import Limits, compare_solids
from cleanplate.evaluate.yields import EXACT, SINGLE, Row, summarise
from cleanplate.files import read_object, write_json
from cleanplate.geometry import read_mesh
from cleanplate.hull import write_hull
from cleanplate.image import read_mask, write_mask
from cleanplate.image.comparison import intersection_over_union
from cleanplate.pipeline import Progress, run_product
from cleanplate.segment import RULES, Model, load_model
from cleanplate.settings import MASKS, DeviceName, Settings
from cleanplate.state import fingerprint

VERSION = 2
"""Of the judgement, to be raised with it: what was judged by another is judged again."""


def measure_yield(
    captures: Sequence[Path],
    out: Path,
    models: Mapping[str, str],
    single: bool = False,
    texture: int | None = None,
    progress: Progress = lambda *_: None,
    device: DeviceName = "auto",
) -> dict[str, Any]:
    """Make models of whole captures by several methods and count how many pass; resumes.

    Args:
        captures: captures or collections with exact masks and poses.
        out: holds <method>/<asin>/ as `run` makes it, and rows/<method>/<asin>.json.
        models: methods by the names to show.
        single: also judge each method without refinement by the other views.
        texture: texels along the texture's side; by default the profile's.
        device: where networks run.

    Returns:
        See `evaluate.yields.summarise`, and `limits`, `texture` and `problems` beside: captures that were left out,
        such as those with a view without true mask or pose.

    Raises:
        CaptureError: every capture was left out.
        CleanplateError: `out` lies in or over captures or photographs, or holds a yield.json of something else.
        ModelError: a model cannot be loaded.
    """
    check_output(out, *captures)
    check_ours(out / "yield.json", "limits")
    folders = find_captures(captures)
    loaded = {name: load_model(what, "auto" if what in RULES else device) for name, what in models.items()}
    methods: dict[str, tuple[Model, bool]] = {name: (model, True) for name, model in loaded.items()}
    methods |= {name + SINGLE: (model, False) for name, (model, _) in methods.items() if single}
    rows: dict[str, list[Row]] = {EXACT: [], **{name: [] for name in methods}}
    problems: list[str] = []
    for done, folder in enumerate(folders, start=1):
        try:
            found = _product_rows(folder, out, methods, texture)
        except (CleanplateError, OSError) as error:
            if done == len(folders) and not rows[EXACT]:
                raise
            problems += problems_of(error, folder, out)
        else:
            for name, row in found.items():
                rows[name].append(row)
        progress("yield", done, len(folders))
    return summarise(rows) | {"texture": texture, "limits": asdict(Limits()), "problems": problems}


def _product_rows(
    folder: Path, out: Path, methods: Mapping[str, tuple[Model, bool]], texture: int | None
) -> dict[str, Row]:
    """Return how each method does on one product, by name."""
    capture = read_capture(folder)
    exact = _exact_hull(capture, out / EXACT / capture.asin)
    rows = {EXACT: _row(capture, exact.parent, exact, out / "rows" / EXACT, texture)}
    for name, (model, refine) in methods.items():
        settings = Settings(refine=refine, stages=(*MASKS, "carve"))
        result = run_product(folder, out / name, settings, model=model)
        target, row = Path(result.folder), out / "rows" / name
        rows[name] = _row(capture, target, exact, row, texture, result.problems)
    return rows


def _exact_hull(capture: Capture, target: Path) -> Path:
    """Return the hull of the true masks, carved if it is not there yet."""
    paths = [path for view in capture.views if (path := capture.mask_path(view))]
    if len(paths) < len(capture.views):
        raise CaptureError(f"{capture.folder}: {len(paths)} of {len(capture.views)} views have a true mask; add them")
    hull, key = target / "hull.ply", fingerprint(str(VERSION), capture.folder / "capture.json", *paths)
    if not (hull.is_file() and (target / "key").is_file() and (target / "key").read_text() == key):
        for view, path in zip(capture.views, paths, strict=True):
            write_mask(target / "masks" / f"{view.id}.png", read_mask(path))
        write_hull(capture, target / "masks", hull)
        (target / "key").write_text(key)
    return hull


def _row(
    capture: Capture, target: Path, exact: Path, rows: Path, texture: int | None, problems: Sequence[str] = ()
) -> Row:
    """Return how a model does; what is known of the same hull already is read."""
    hull, kept = target / "hull.ply", rows / f"{capture.asin}.json"
    row: Row = {"asin": capture.asin, "tags": list(capture.tags), "failures": [], "problem": None}
    row["miou"] = [_miou(target, exact, view) for view in capture.views]
    try:
        if not hull.is_file():
            raise MeshError("; ".join(problems) or f"{hull}: no hull was made")
        row["key"] = fingerprint(str(VERSION), repr(texture), hull, hull.with_suffix(".json"), exact)
        if (known := read_object(kept)).get("key") == row["key"]:
            return known | {"miou": row["miou"]}
        _judge(row, capture, target, exact, texture)
    except CleanplateError as error:
        row |= {"failures": [*row["failures"], "made"], "problem": str(error)}
    write_json(kept, {"key": "", **row})
    return row


def _miou(target: Path, exact: Path, view: View) -> float:
    """Return the mean of foreground and background IoU of a view's mask; 0 where none was made."""
    path, truth = target / "masks" / f"{view.id}.png", read_mask(exact.parent / "masks" / f"{view.id}.png")
    if not path.is_file():
        return 0.0
    mask = read_mask(path)
    return (intersection_over_union(mask, truth) + intersection_over_union(~mask, ~truth)) / 2


def _judge(row: Row, capture: Capture, target: Path, exact: Path, texture: int | None) -> None:
    """Add to `row` what a hull is like and where it fails; a GLB is made of hulls that pass so far."""
    hull = target / "hull.ply"
    facts = read_object(hull.with_suffix(".json"))
    focal = np.median([capture.camera_of(view).K[0, 0] for view in capture.views])
    distance = np.median([np.linalg.norm(pose.centre) for pose in capture.poses()])
    agreement = compare_solids(read_mesh(hull), read_mesh(exact), float(distance / focal))
    row |= {"watertight": facts["watertight"], "unused": len(facts["unused"]), **asdict(agreement)}
    row["failures"] += agreement.failures() + ([] if facts["watertight"] else ["watertight"])
    if set(row["failures"]) <= {"volume IoU"}:  # other readings change this limit
        views = tuple(view for view in capture.views if view.id in facts["agreement"].keys() - facts["unused"].keys())
        profile = PROFILES["default"] if texture is None else replace(PROFILES["default"], max_texture=texture)
        glb = target.parent.parent / "models" / target.parent.name / f"{capture.asin}.glb"
        report = write_asset(hull, replace(capture, views=views), target / "masks", glb, profile)
        row |= {"triangles": report.triangles, "vertices": report.vertices, "bytes": report.size_bytes}
