"""Does the page show the worst masks first, and does a second look by the network help? Against masks that are known.

    cleanplate run src/cleanplate/samples --out OUT
    python benchmarks/review_help.py OUT [--step 8]

For each product of a run whose capture has true masks: Spearman's rank correlation over the views between a mask's true
error, 1 - IoU, and each doubt that the grid can sort by; and the mean IoU inside the truth's bounding box of the run's
masks, of "Segment box" in pieces at native resolution, and of the same in one piece that the network scales down.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from cleanplate.capture import View
from cleanplate.image import read_mask
from cleanplate.report.products import Product, find_products
from cleanplate.segment import Model, load_model
from cleanplate.types import Mask
from cleanplate.web import assist
from cleanplate.web.assist import Box, segment_again
from cleanplate.web.doubt import difference_doubt, hull_doubts, network_doubts, run_doubts

MARGIN = 10


def truth_of(product: Product, view: View) -> Mask:
    path = product.capture.mask_path(view)
    assert path is not None, f"{product.capture.folder}: no true masks"
    return read_mask(path)


def iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / (a | b).sum())


def correlations(product: Product) -> list[str]:
    views = product.capture.views
    errors = [1 - iou(read_mask(product.mask_path(view)), truth_of(product, view)) for view in views]
    known = {
        "hull": hull_doubts(product),
        "network": network_doubts(product),
        "both": run_doubts(product),
        "plate difference": {view.id: difference_doubt(product, view) for view in views},
    }
    found = [f"{np.median(errors):.3f}"]
    for doubts in known.values():
        values = [doubts[view.id].value if view.id in doubts else 0.0 for view in views]
        found.append(f"{spearmanr(errors, values).statistic:.2f}" if doubts else "-")
    return found


def second_looks(product: Product, step: int, model: Model) -> list[str]:
    scores = []
    for view in product.capture.views[::step]:
        truth = truth_of(product, view)
        height, width = truth.shape
        ys, xs = (each.tolist() for each in np.nonzero(truth))
        corner = (max(0, min(xs) - MARGIN), max(0, min(ys) - MARGIN))
        box = Box(*corner, min(width, max(xs) + MARGIN), min(height, max(ys) + MARGIN))
        found = [read_mask(product.mask_path(view))[box.area]]
        for cell in (assist.CELL, max(width, height)):
            kept, assist.CELL = assist.CELL, cell
            found.append(segment_again(product, view, box, model))
            assist.CELL = kept
        scores.append([iou(mask, truth[box.area]) for mask in found])
    return [str(len(scores)), *(f"{score:.4f}" for score in np.mean(scores, 0))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--step", type=int, default=8, help="Segment only every n-th view again.")
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    model = load_model(options.model)
    print("| product | views | median error | hull | network | both | plate difference |\n" + "|---" * 7 + "|")
    products = find_products([options.run])
    for product in products:
        print(f"| {' | '.join([product.capture.asin, str(len(product.capture.views)), *correlations(product)])} |")
    print("\n| product | views | IoU of the run | in pieces | in one piece |\n" + "|---" * 5 + "|")
    for product in products:
        print(f"| {' | '.join([product.capture.asin, *second_looks(product, options.step, model)])} |", flush=True)


if __name__ == "__main__":
    main()
