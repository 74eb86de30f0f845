"""How the hull stands bad masks: `python benchmarks/hull_robust.py [--trials N]`.

Up to a tenth of 38 masks is corrupted in one of six ways. A view counts as bad if its mask's IoU with the true one
is below 0.98: a swapped mask of a torus can be the true one, and a blob can fall inside of the mask.
"""

import argparse
import datetime
import os
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import trimesh
from hull_shapes import CAMERA, chair, coverage, joined, mug, soften, torus, views
from reference_hull import exact_hull, iou, lattice

from cleanplate.hull import visual_hull
from cleanplate.render.products import make_product

COUNT, FINE, RESOLUTION, BAD = 38, 8, 256, 0.98
KINDS = ("missing", "empty", "shifted", "blobs", "swapped", "mixed")
WIDTH = 0.14
"""Metres to which products are scaled."""


def product(family: str) -> trimesh.Trimesh:
    """Return the shape of a simulated product."""
    parts = [trimesh.Trimesh(part.mesh.vertices, part.mesh.faces) for part in make_product(family, seed=5).parts]
    mesh = joined(parts)
    mesh.apply_scale(WIDTH / mesh.extents.max())
    return mesh


SHAPES = {
    "torus": torus,
    "mug": mug,
    "chair": chair,
    "pitcher": lambda: product("pitcher"),
    "hammer": lambda: product("hammer"),
    "stool": lambda: product("stool"),
}


def corrupt(kind: str, masks: list[np.ndarray], view: int, rng: np.random.Generator) -> np.ndarray:
    """Return a bad version of one soft mask."""
    mask = masks[view].copy()
    rows, columns = np.nonzero(mask >= 0.5)
    angle = rng.uniform(0, 2 * np.pi)
    if kind == "missing":
        along = columns * np.cos(angle) + rows * np.sin(angle)
        gone = along < np.quantile(along, 0.25)
        mask[rows[gone], columns[gone]] = 0
        mask[mask < 0.5] = 0
    elif kind == "empty":
        mask[:] = 0
    elif kind == "shifted":
        move = np.array([[1, 0, 8 * np.cos(angle)], [0, 1, 8 * np.sin(angle)]])
        mask = cv2.warpAffine(mask, move, mask.shape[::-1])
    elif kind == "blobs":
        for _ in range(3):
            at = rng.integers(len(rows))
            centre = (columns[at] + rng.normal(0, 40), rows[at] + rng.normal(0, 40))
            cv2.circle(mask, tuple(map(int, centre)), int(rng.integers(8, 25)), 1.0, -1)
    else:
        mask = masks[int(rng.integers(len(masks)))].copy()
    return mask


def trial(case: dict, kind: str, rng: np.random.Generator) -> dict:
    """Corrupt some masks, reconstruct, and count."""
    clean = case["masks"]
    count = int(rng.integers(1, COUNT // 10 + 2))
    touched = rng.choice(COUNT, count, replace=False)
    masks = list(clean)
    for view in touched:
        masks[view] = corrupt(rng.choice(KINDS[:-1]) if kind == "mixed" else kind, clean, view, rng)
    bad = {int(v) for v in touched if iou(masks[v] >= 0.5, clean[v] >= 0.5) < BAD}
    started = time.process_time()
    hull = visual_hull(masks, [CAMERA] * COUNT, case["poses"], RESOLUTION)
    cpu = time.process_time() - started
    named = {outlier.view for outlier in hull.outliers}
    kept = [v for v in range(COUNT) if v not in {o.view for o in hull.outliers if not o.used}]
    inside = case["samples"].in_mesh(hull.vertices, hull.faces)
    plain = 0.0
    if kind != "empty":
        try:
            rough = visual_hull(masks, [CAMERA] * COUNT, case["poses"], 128, robust=False)
            plain = iou(case["samples"].in_mesh(rough.vertices, rough.faces), case["exact"])
        except Exception as error:  # an empty hull is the plain way's answer here
            print("  plain:", type(error).__name__)
    left = exact_hull([case["fine"][v] for v in kept], [case["poses"][v] for v in kept], FINE)
    return {
        "bad": len(bad),
        "found": len(bad & named),
        "good": COUNT - len(touched),
        "false": len(named - set(touched.tolist())),
        "iou": iou(inside, case["exact"]),
        "left": iou(inside, left.holds(case["samples"].points)),
        "clean": iou(inside, case["clean"]),
        "plain": plain,
        "cpu": cpu,
    }


def make_case(build: Callable[[], trimesh.Trimesh]) -> dict:
    """Render a shape's exact masks and its exact hull."""
    mesh = build()
    poses = views(COUNT, 1, float(mesh.extents[2]) / 2)
    fine = [coverage(mesh, pose, FINE) for pose in poses]
    samples = lattice(mesh.bounds[0], mesh.bounds[1] + np.array([0, 0, 0.012]), 128)
    return {
        "poses": poses,
        "fine": fine,
        "masks": [soften(mask, FINE) for mask in fine],
        "samples": samples,
        "exact": exact_hull(fine, poses, FINE).holds(samples.points),
    }


def clean_row(name: str, case: dict) -> str:
    """Check that exact masks give the same bytes with and without the search for bad views."""
    arguments = (case["masks"], [CAMERA] * COUNT, case["poses"], RESOLUTION)
    robust, plain = visual_hull(*arguments), visual_hull(*arguments, robust=False)
    same = np.array_equal(robust.vertices, plain.vertices) and np.array_equal(robust.faces, plain.faces)
    case["clean"] = case["samples"].in_mesh(robust.vertices, robust.faces)
    accuracy = iou(case["clean"], case["exact"])
    named = f"{len(robust.outliers)}/{COUNT}"
    return f"| {name} | none | - | {named} | {accuracy:.4f} | {accuracy:.4f} | same bytes: {same} | | |"


HEADER = """# The hull under bad masks

Command: `python benchmarks/hull_robust.py {options}`, {when}. {count} views of 640x512 (soft edges, pixel
0.44 mm), 1 to 4 of them corrupted: a quarter of the foreground cut off by a line, emptied, shifted by 8 pixels, three
blobs of 8 to 25 pixels' radius added, another view's mask, or a mixture. A view is bad if its mask's IoU with the
truth is below {bad}. Products are the simulator's, scaled to 0.14 m. IoU is the worst and the mean over trials.
*All*: against the exact hull of all 38 true silhouettes, so what bad views took with them counts.
*Left*: against the exact hull of the true silhouettes of the views that were used. *Clean*: against our own hull of
the true masks, which leaves out what the grid costs. *Plain*: without the search (128 cells), against all.

| shape | corruption | found | accused | all, worst (mean) | left, worst (mean) | clean, worst (mean) | plain | CPU s |
|---|---|---|---|---|---|---|---|---|
"""


def summary(rows: list[dict]) -> str:
    total = {key: sum(row[key] for row in rows) for key in ("bad", "found", "good", "false", "cpu")}
    ious = [[row[key] for row in rows] for key in ("iou", "left", "clean")]
    scores = " | ".join(f"{min(values):.4f} ({np.mean(values):.4f})" for values in ious)
    plain, cpu = min(row["plain"] for row in rows), total["cpu"] / len(rows)
    found, accused = f"{total['found']}/{total['bad']}", f"{total['false']}/{total['good']}"
    return f"{found} | {accused} | {scores} | {plain:.3f} | {cpu:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2, help="per shape and corruption")
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS)
    arguments = parser.parse_args()
    rng = np.random.default_rng(20261123)
    lines, everything = [], []
    for name in arguments.shapes:
        case = make_case(SHAPES[name])
        lines.append(clean_row(name, case))
        print(lines[-1], flush=True)
        for kind in arguments.kinds:
            rows = [trial(case, kind, rng) for _ in range(arguments.trials)]
            everything += rows
            lines.append(f"| {name} | {kind} | {summary(rows)}")
            print(lines[-1], flush=True)
            write_report(arguments, [*lines, f"| **all above** | | {summary(everything)}"])


def write_report(arguments: argparse.Namespace, lines: list[str]) -> None:
    """Write what is measured so far; runs of some shapes alone get a file of their own."""
    options = f"--trials {arguments.trials} --shapes {' '.join(arguments.shapes)} --kinds {' '.join(arguments.kinds)}"
    today = datetime.date.today().isoformat()
    text = HEADER.format(options=options, when=today, count=COUNT, bad=BAD) + "\n".join(lines) + "\n"
    part = "" if arguments.shapes == list(SHAPES) else "_" + "_".join(arguments.shapes)
    name = f"hull_robust{part}_{len(os.sched_getaffinity(0))}core-epyc_{today}.md"
    (Path(__file__).parent / "results" / name).write_text(text)


if __name__ == "__main__":
    main()
