"""What a few corrected masks of one product are worth: masks of its other views before and after fine-tuning.

    python benchmarks/tune_few.py CAPTURE [--masks 10] [--init default] [--minutes 30]

The tutorial's way, with the true masks standing in for the person: segment, correct and accept the views that the
network doubts most, export, fine-tune, segment again. Told is the mean IoU over the views that were not corrected.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from cleanplate.image import read_mask
from cleanplate.report.products import Product, find_products
from cleanplate.web import export_accepted
from cleanplate.web.doubt import run_doubts
from cleanplate.web.journal import Edit
from cleanplate.web.store import MaskStore


def cleanplate(*words: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "cleanplate", *map(str, words)], check=True)


def correct(product: Product, count: int) -> set[str]:
    """Give the most doubtful views their true masks, accept them, and return their ids."""
    store, doubts = MaskStore(product), run_doubts(product)
    views = sorted(product.capture.views, key=lambda view: -doubts[view.id].value)[:count]
    for view in views:
        truth = product.capture.mask_path(view)
        assert truth is not None, f"{product.capture.folder}: no true masks"
        sha = store.save(view, read_mask(truth), store.sha256(view), Edit("truth"))
        store.mark(view, "accept", sha, Edit("truth"))
    return {view.id for view in views}


def mean_iou(product: Product, without: set[str]) -> tuple[float, float]:
    """Return the mean and the worst IoU of the masks of the other views."""
    scores = []
    for view in product.capture.views:
        truth = product.capture.mask_path(view)
        if view.id not in without and truth is not None:
            a, b = read_mask(product.mask_path(view)), read_mask(truth)
            scores.append(float((a & b).sum() / (a | b).sum()))
    return float(np.mean(scores)), min(scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("capture", type=Path)
    parser.add_argument("--masks", type=int, default=10)
    parser.add_argument("--init", default="default")
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    capture = options.capture.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        before = options.init if options.init.endswith(".onnx") else "default"
        cleanplate("segment", capture, "--out", folder / "out", "--model", before)
        (product,) = find_products([folder / "out"])
        corrected = correct(product, options.masks)
        export_accepted([folder / "out"], folder / "corrected")
        run, model = folder / "tuned", folder / "tuned.onnx"
        minutes = ("--minutes", str(options.minutes))
        cleanplate("train", "compact-tune", folder / "corrected", "--init", options.init, "--run", run, *minutes)
        cleanplate("export", run, "--out", model, "--bits", "8")
        cleanplate("segment", capture, "--out", folder / "again", "--model", model)
        (again,) = find_products([folder / "again"])
        steps = sum('"kind": "step"' in line for line in (run / "log.jsonl").read_text().splitlines())
        print(f"\n{capture.name}: {len(corrected)} masks corrected, {steps} steps")
        print("| masks of the other views | mean IoU | worst |\n|---|---|---|")
        for name, each in (("before", product), ("after", again)):
            print("| {} | {:.4f} | {:.4f} |".format(name, *mean_iou(each, corrected)))


if __name__ == "__main__":
    main()
