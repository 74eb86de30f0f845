"""What the other views gain: `python benchmarks/mask_refinement.py CAPTURE... [--models classical default exact]`.

For each capture with true masks (8 views or more): mIoU of the model's masks, of those settled by votes on masks alone
(`votes.py`, what `refine` was before it had a network) and of the refined ones, the share of views that lose a point,
CPU seconds of both, and the IoU of the hull (128 cells, robust) of each with the hull of the true masks. `exact` begins
with the true masks.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from reference_hull import iou, lattice
from votes import refine_masks

from cleanplate.capture import Capture, find_captures, read_capture
from cleanplate.errors import CleanplateError
from cleanplate.evaluate import evaluate_mask
from cleanplate.hull import refine, visual_hull
from cleanplate.image import read_image, read_mask
from cleanplate.segment import load_model
from cleanplate.segment.stage import segment_views
from cleanplate.types import Image

A_POINT = 0.01
CELLS = 128
HEADER = """# Masks refined by all views

Command: `python benchmarks/mask_refinement.py {arguments}`, {when}, {cores} cores of a shared machine. mIoU is the mean
over the views of foreground and background IoU; *lose*: share of the views that lose more than a point; *hull*: IoU
with the hull of the true masks, robust at {cells} cells; a dash is no hull.

| capture | tags | first by | mIoU: first | votes | refined | worst view: first | votes | refined \
| lose: votes | refined | hull: first | votes | refined | CPU s: votes | refined |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def first_probabilities(capture: Capture, model: str, truth: list[np.ndarray]) -> list[np.ndarray]:
    """Return a model's probabilities, or the true masks."""
    if model == "exact":
        return [true.astype(np.float32) for true in truth]
    found = {view.id: made for view, made in segment_views(capture, capture.views, load_model(model))}
    empty = np.zeros(truth[0].shape, np.float32)
    made = [found[view.id] for view in capture.views]
    return [empty if isinstance(each, CleanplateError) else each for each in made]


def timed(function: Callable, *arguments: object) -> tuple[list[np.ndarray], float]:
    begin = time.process_time()
    return function(*arguments), time.process_time() - begin


def hull_iou(masks: list[np.ndarray], views: tuple[Any, Any], samples: Any, exact: np.ndarray) -> float:
    try:
        hull = visual_hull(masks, views[0], views[1], CELLS)
    except CleanplateError:
        return float("nan")
    return iou(samples.in_mesh(hull.vertices, hull.faces), exact)


def row(folder: Path, model: str) -> tuple[str, np.ndarray]:
    """Measure one capture; return the report's line and its figures."""
    capture = read_capture(folder)
    truth = [read_mask(capture.folder / str(view.mask)) for view in capture.views]
    views = [capture.camera_of(view) for view in capture.views], capture.poses()

    def pictures(n: int) -> tuple[Image, Image | None]:
        plate = capture.plate_path(capture.views[n])
        return read_image(capture.image_path(capture.views[n])), None if plate is None else read_image(plate)

    first = first_probabilities(capture, model, truth)
    voted, cpu_votes = timed(refine_masks, [each >= 0.5 for each in first], *views)
    refined, cpu = timed(refine, first, *views, pictures)
    ways = [[each >= 0.5 for each in way] for way in (first, voted, refined)]
    scores = [np.array([evaluate_mask(*pair).miou for pair in zip(way, truth, strict=True)]) for way in ways]
    hull = visual_hull(truth, *views, CELLS)
    samples = lattice(hull.vertices.min(axis=0), hull.vertices.max(axis=0), 100)
    inside = samples.in_mesh(hull.vertices, hull.faces)
    lose = [float((each < scores[0] - A_POINT).mean()) for each in scores[1:]]
    means, worst = [each.mean() for each in scores], [each.min() for each in scores]
    hulls = [hull_iou(way, views, samples, inside) for way in ways]
    figures = np.array([*means, *worst, *lose, *hulls, cpu_votes, cpu])
    return f"| {capture.asin} | {' '.join(capture.tags)} | {model} | {cells(figures)} |", figures


def cells(figures: np.ndarray) -> str:
    shown = [f"{value:.4f}" for value in figures[:-2]] + [f"{value:.1f}" for value in figures[-2:]]
    return " | ".join("-" if text == "nan" else text for text in shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", default=["default", "classical", "exact"])
    parser.add_argument(
        "--last", type=int, default=0, help="only the last so many captures, as training holds them out"
    )
    parser.add_argument("--out", type=Path, help="the report; by default in benchmarks/results")
    given = parser.parse_args()
    today, cores = date.today().isoformat(), len(os.sched_getaffinity(0))
    told = f"{' '.join(map(str, given.captures))} --models {' '.join(given.models)}"
    told += f" --last {given.last}" if given.last else ""
    report = given.out or Path(__file__).parent / "results" / f"mask_refinement_{cores}core-epyc_{today}.md"
    lines: list[str] = []
    for model in given.models:
        measured = []
        for folder in find_captures(given.captures)[-given.last :]:
            line, figures = row(folder, model)
            lines.append(line)
            measured.append(figures)
            print(line, flush=True)
        lines.append(f"| **mean of {len(measured)}** | | {model} | {cells(np.nanmean(measured, axis=0))} |")
        print(lines[-1], flush=True)
        text = HEADER.format(arguments=told, when=today, cores=cores, cells=CELLS)
        report.write_text(text + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
