"""Yield (S13): how many products become a good model with each method's masks.

    python benchmarks/model_yield.py CAPTURES --out D --models classical default --json docs/results/yield.json

As in `cleanplate run` the masks of a method mend each other first, and what a network thinks possible is carved with;
with --unmended each method has a second row without both.
CAPTURES is a collection of whole captures with exact masks and poses, such as the data set `yield-30`. What passes is
laid down in docs/explanation/yield.md. Resumes: a hull is carved and judged once for the masks that it was made of.
"""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from measured import measured

from cleanplate import __version__
from cleanplate.asset import PROFILES, write_asset
from cleanplate.capture import Capture, find_captures, read_capture
from cleanplate.errors import CleanplateError
from cleanplate.evaluate import Limits, compare_solids, make_masks
from cleanplate.files import write_json
from cleanplate.geometry import read_mesh
from cleanplate.hull import mend_masks, read_view_mask, write_hull
from cleanplate.image import write_mask
from cleanplate.ledger import fingerprint

EXACT = "exact"
UNMENDED = ", unmended"
OTHER_IOU = (0.80, 0.85, 0.90, 0.95)
BEYOND = 0.95
RESAMPLES = 10_000


def main() -> None:
    """Make, judge, sum up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="masks, hulls and one JSON per product and method")
    parser.add_argument("--models", nargs="+", default=["classical", "default"])
    parser.add_argument("--unmended", action="store_true", help="also judge each model's masks as they are")
    parser.add_argument("--texture", type=int, help="texels along the texture's side; by default the profile's")
    parser.add_argument("--limit", type=int, help="only the first so many products")
    parser.add_argument("--json", type=Path, help="where the summary goes; by default OUT/yield.json")
    given = parser.parse_args()
    folders = find_captures([given.captures])[: given.limit]
    models = {Path(model).stem: model for model in given.models}
    for name, model in models.items():
        make_masks(model, folders, given.out / "masks" / name)
    rows: dict[str, list[dict]] = {EXACT: [], **{name: [] for name in models}}
    rows |= {name + UNMENDED: [] for name in models if given.unmended}
    for folder in folders:
        capture = read_capture(folder)
        for name in rows:
            rows[name].append(judged(capture, name, given.out, given.texture))
            print(capture.asin, name, rows[name][-1]["failures"] or "passes", flush=True)
    summary = summarise(rows) | {"texture": given.texture, "limits": asdict(Limits()), "measured": measured()}
    write_json(given.json or given.out / "yield.json", summary)
    print(table(summary))


def judged(capture: Capture, method: str, out: Path, texture: int | None) -> dict:
    """Return how one method's model of one product does; what is known already is read."""
    product = out / "masks" / method.removesuffix(UNMENDED) / capture.asin
    masks, possible = (capture.folder if method == EXACT else product) / "masks", product / "possible"
    present = tuple(view for view in capture.views if (masks / f"{view.id}.png").is_file())
    exact = [capture.mask_path(view) for view in capture.views]
    key = fingerprint(
        __version__,
        repr(texture),
        *exact,
        *(masks / f"{view.id}.png" for view in present),
        *sorted(possible.glob("*.png")),
    )
    target = out / "rows" / method / f"{capture.asin}.json"
    if target.is_file() and (row := json.loads(target.read_bytes()))["key"] == key:
        return row
    row = {"asin": capture.asin, "tags": list(capture.tags), "key": key, "failures": [], "problem": None}
    hull = out / "models" / method / f"{capture.asin}.ply"
    try:
        used = replace(capture, views=present)
        if method == EXACT or method.endswith(UNMENDED):
            write_hull(used, masks, hull)
        else:
            first, masks = masks, mend(used, masks, out / "models" / method / capture.asin / "masks")
            write_hull(used, masks, hull, first_dir=first, possible_dir=possible)
        judge(row, used, masks, hull, exact_hull(capture, out), texture)
    except CleanplateError as error:
        row |= {"failures": [*row["failures"], "made"], "problem": str(error)}
    write_json(target, row)
    return row


def judge(row: dict, capture: Capture, masks: Path, hull: Path, exact: Path, texture: int | None) -> None:
    """Add to `row` what a hull is like and where it fails; a GLB is made of hulls that pass so far."""
    facts = json.loads(hull.with_suffix(".json").read_bytes())
    focal = np.median([capture.camera_of(view).K[0, 0] for view in capture.views])
    distance = np.median([np.linalg.norm(pose.centre) for pose in capture.poses()])
    agreement = compare_solids(read_mesh(hull), read_mesh(exact), float(distance / focal))
    row |= {"watertight": facts["watertight"], "unused": len(facts["unused"]), **asdict(agreement)}
    row["failures"] += agreement.failures() + ([] if facts["watertight"] else ["watertight"])
    if set(row["failures"]) <= {"volume IoU"}:  # other readings change this limit
        used = replace(capture, views=tuple(view for view in capture.views if view.id not in facts["unused"]))
        profile = PROFILES["default"] if texture is None else replace(PROFILES["default"], texture_size=texture)
        report = write_asset(hull, used, masks, hull.with_suffix(".glb"), profile)
        row |= {"triangles": report.triangles, "vertices": report.vertices, "bytes": report.size_bytes}


def mend(capture: Capture, masks: Path, target: Path) -> Path:
    """Write a capture's masks, mended by each other, to `target` and return it."""
    given = [read_view_mask(capture, view, masks) for view in capture.views]
    cameras = [capture.camera_of(view) for view in capture.views]
    for view, mask in zip(capture.views, mend_masks(given, cameras, capture.poses()), strict=True):
        write_mask(target / f"{view.id}.png", mask)
    return target


def exact_hull(capture: Capture, out: Path) -> Path:
    """Return the exact masks' hull, which is the first to be carved."""
    return out / "models" / EXACT / f"{capture.asin}.ply"


def summarise(rows: dict[str, list[dict]]) -> dict:
    """Return yields with 95% intervals over products, their paired differences, reasons and readings."""
    products = rows[EXACT]
    weights = np.random.default_rng(0).multinomial(len(products), np.full(len(products), 1 / len(products)), RESAMPLES)
    passed = {name: np.array([not row["failures"] for row in each], float) for name, each in rows.items()}
    first = next(name for name in rows if name != EXACT)
    tags = sorted({tag for row in products for tag in row["tags"]})
    return {
        "products": len(products),
        "yield": {name: interval(each, weights) for name, each in passed.items()},
        "more_than": first,
        "difference": {name: interval(each - passed[first], weights) for name, each in passed.items() if name != first},
        "beyond_a_pixel": {name: share(each, lambda row: row["iou_beyond"] >= BEYOND) for name, each in rows.items()},
        "at_iou": {
            name: {str(iou): share(each, lambda row, iou=iou: row["iou"] >= iou) for iou in OTHER_IOU}
            for name, each in rows.items()
        },
        "by_tag": {
            name: {tag: float(np.mean([not row["failures"] for row in each if tag in row["tags"]])) for tag in tags}
            for name, each in rows.items()
        },
        "failures": {
            name: {reason: sum(reason in row["failures"] for row in each) for reason in reasons(each)}
            for name, each in rows.items()
        },
        "rows": {
            name: [{key: value for key, value in row.items() if key != "key"} for row in each]
            for name, each in rows.items()
        },
    }


def reasons(rows: list[dict]) -> list[str]:
    """Return all reasons for which a product failed."""
    return sorted({reason for row in rows for reason in row["failures"]})


def share(rows: list[dict], volume: object) -> float:
    """Return the yield with the limit of volume IoU replaced by another test of the row."""
    others = [set(row["failures"]) - {"volume IoU"} for row in rows]
    return float(np.mean([not other and bool(volume(row)) for row, other in zip(rows, others, strict=True)]))


def interval(values: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Return a mean over products with its 95% interval by bootstrap over products."""
    low, high = np.percentile(weights @ values / len(values), [2.5, 97.5])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def table(summary: dict) -> str:
    """Return the summary as Markdown."""
    lines = [
        "| masks | yield | 95% | beyond a pixel | IoU .80 | .85 | .95 | failed for |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, each in summary["yield"].items():
        readings = [summary["beyond_a_pixel"][name], *(summary["at_iou"][name][iou] for iou in ("0.8", "0.85", "0.95"))]
        failed = ", ".join(f"{reason} {count}" for reason, count in summary["failures"][name].items())
        cells = [name, f"{each['mean']:.0%}", f"{each['low']:.0%} to {each['high']:.0%}"]
        lines.append("| " + " | ".join([*cells, *(f"{each:.0%}" for each in readings), failed]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
