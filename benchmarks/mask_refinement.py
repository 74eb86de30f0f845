"""What the other views gain: `python benchmarks/mask_refinement.py CAPTURE... [--models classical default]`.

For each capture with true masks (38 views or so): mIoU of the model's masks, of those refined by `refine_masks`, the
share of harmed views, and the IoU of the hull (128 cells, robust) of either with the hull of the true masks.
"""

import argparse
import datetime
import os
import time
from pathlib import Path

import numpy as np
from reference_hull import iou, lattice

from cleanplate.capture import find_captures, read_capture
from cleanplate.errors import CleanplateError
from cleanplate.evaluate import evaluate_mask
from cleanplate.hull import refine_masks, visual_hull, widen
from cleanplate.image import read_mask
from cleanplate.segment import load_model
from cleanplate.segment.stage import segment_views

HARM = 0.002
CELLS = 128
HEADER = """# Feedback of the hull to the masks

Command: `python benchmarks/mask_refinement.py {arguments}`, {when}, {cores} cores of a shared machine. Captures of the
simulated rig with exact masks. mIoU is the mean over the views of foreground and background IoU; *worst*: view;
*harmed*: views that lose more than {harm};
*hull*: IoU with the hull of the true masks, both robust at {cells} cells; a dash is no hull.
The constants of `hull/votes.py` were chosen on the four captures B0*; the others were not looked at before.

| capture | tags | model | views | mIoU | refined | worst | refined | harmed | hull | refined | CPU s |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def miou(masks: list[np.ndarray], truth: list[np.ndarray]) -> np.ndarray:
    return np.array([evaluate_mask(mask, true).miou for mask, true in zip(masks, truth, strict=True)])


def hull_iou(masks: list[np.ndarray], views: tuple, samples, exact: np.ndarray) -> float:
    try:
        hull = visual_hull(masks, *views, CELLS)
    except CleanplateError:
        return float("nan")
    return iou(samples.in_mesh(hull.vertices, hull.faces), exact)


def row(folder: Path, model: str) -> tuple[str, np.ndarray]:
    """Measure one capture; return the report's line and its figures."""
    capture = read_capture(folder)
    truth = [read_mask(capture.mask_path(view)) for view in capture.views]
    found = segment_views(capture, capture.views, load_model(model))
    by_id = {view.id: made >= 0.5 for view, made in found if not isinstance(made, CleanplateError)}
    masks = [by_id.get(view.id, np.zeros_like(true)) for view, true in zip(capture.views, truth, strict=True)]
    views = [capture.camera_of(view) for view in capture.views], capture.poses()
    cpu = time.process_time()
    refined = refine_masks(masks, *views)
    cpu = time.process_time() - cpu
    before, after = miou(masks, truth), miou(refined, truth)
    exact = visual_hull(truth, *views, CELLS)
    samples = lattice(exact.vertices.min(axis=0), exact.vertices.max(axis=0), 100)
    inside = samples.in_mesh(exact.vertices, exact.faces)
    wide = [widen(mask, new) for mask, new in zip(masks, refined, strict=True)]
    hulls = [hull_iou(each, views, samples, inside) for each in (masks, wide)]
    figures = np.array([before.mean(), after.mean(), before.min(), after.min(), (after < before - HARM).mean(), *hulls])
    cells = " | ".join(["-" if np.isnan(value) else f"{value:.4f}" for value in figures])
    return f"| {capture.asin} | {' '.join(capture.tags)} | {model} | {len(masks)} | {cells} | {cpu:.1f} |", figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", default=["default", "classical"])
    parser.add_argument("--out", type=Path, help="the report; by default in benchmarks/results")
    arguments = parser.parse_args()
    today, cores = datetime.date.today().isoformat(), len(os.sched_getaffinity(0))
    told = f"{' '.join(map(str, arguments.captures))} --models {' '.join(arguments.models)}"
    text = HEADER.format(arguments=told, when=today, cores=cores, harm=HARM, cells=CELLS)
    report = arguments.out or Path(__file__).parent / "results" / f"mask_refinement_{cores}core-epyc_{today}.md"
    lines: list[str] = []
    for model in arguments.models:
        measured = []
        for folder in find_captures(arguments.captures):
            line, figures = row(folder, model)
            lines.append(line)
            measured.append(figures)
            print(line, flush=True)
            mean = " | ".join(f"{value:.4f}" for value in np.nanmean(measured, axis=0))
            report.write_text(
                text + "\n".join([*lines, f"| **mean of {len(measured)}** | | {model} | | {mean} | |"]) + "\n"
            )
        lines.append(f"| **mean of {len(measured)}** | | {model} | | {mean} | |")


if __name__ == "__main__":
    main()
