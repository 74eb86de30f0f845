"""Tune classical segmentation on the training side, and print plain difference beside it, per tag.

    python benchmarks/classical_tune.py DATASET [--products 120] [--views 2] [--sweep ROUNDS] [--check CAPTURE...]

DATASET is a collection of the training side. Products are split in two by a hash of their ASIN: parameters are swept
on one half (coordinate descent on mean IoU of both classes), figures are printed for the other. `--check` captures
are never swept on.
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from cleanplate.capture import find_captures, read_capture
from cleanplate.evaluate import Metrics, evaluate_mask
from cleanplate.image import read_image, read_mask
from cleanplate.image.alignment import match_plate
from cleanplate.segment.classical import ClassicalParams, segment_classical, segment_matched
from cleanplate.segment.difference import segment_difference
from cleanplate.types import Image, Mask

FACTORS = (0.7, 1.4)
LEAST_GAIN = 0.003
"""Less than that is one lucky view."""
SHOWN = ("miou", "maccuracy", "foreground_iou", "foreground_recall", "hausdorff", "hausdorff_mean", "boundary_iou")

Method = Callable[[Image, Image], Mask]


class Pair(NamedTuple):
    """One view's files and its product's tags."""

    image: Path
    plate: Path
    mask: Path
    tags: tuple[str, ...]


def gather(paths: list[Path], products: int, views: int) -> tuple[list[Pair], list[Pair]]:
    """Return pairs to sweep on and pairs to print: products by a hash of the ASIN, `views` of each at random."""
    halves: tuple[list[Pair], list[Pair]] = ([], [])
    for folder in find_captures(paths)[:products]:
        capture = read_capture(folder)
        usable = [view for view in capture.views if view.plate and view.mask]
        for view in random.Random(capture.asin).sample(usable, min(views, len(usable))):
            pair = Pair(folder / view.image, folder / str(view.plate), folder / str(view.mask), capture.tags)
            halves[sha256(capture.asin.encode()).digest()[0] % 2].append(pair)
    return halves


@cache
def load(pair: Pair) -> tuple[Image, Image, Mask]:
    """Return image, plate and truth."""
    cv2.setNumThreads(1)
    return read_image(pair.image), read_image(pair.plate), read_mask(pair.mask)


@cache
def matched_plate(pair: Pair) -> Image:
    """Return the plate brought to the image, which no swept parameter changes."""
    image, plate, _ = load(pair)
    return match_plate(image, plate)


def measure(method: Method, pair: Pair) -> tuple[Metrics, float]:
    """Return one view's metrics and the processor seconds of its mask."""
    image, plate, truth = load(pair)
    start = time.process_time()
    mask = method(image, plate)
    return evaluate_mask(mask, truth), time.process_time() - start


def mean_iou(pair: Pair, params: ClassicalParams) -> float:
    """Return one view's mIoU."""
    image, _, truth = load(pair)
    return evaluate_mask(segment_matched(image, matched_plate(pair), params), truth).miou


def objective(pairs: list[Pair], params: ClassicalParams) -> float:
    """Return the mean mIoU."""
    return float(np.mean([mean_iou(pair, params) for pair in pairs]))


def sweep(pairs: list[Pair], params: ClassicalParams, rounds: int, names: list[str]) -> ClassicalParams:
    """Coordinate descent: each parameter times `FACTORS` in turn, keeping what gains `LEAST_GAIN`."""
    best = objective(pairs, params)
    print(f"start, {len(pairs)} views: mIoU {best:.4f}", flush=True)
    for _ in range(rounds):
        before = best
        for name in names or params.__dataclass_fields__:
            for factor in FACTORS:
                value = getattr(params, name)
                # Shares of the plate's lightness are tuned by their distance from 1.
                moved = 1 + (value - 1) * factor if name in ("darkest", "brightest") else value * factor
                trial = replace(params, **{name: round(moved, 5)})
                score = objective(pairs, trial)
                print(f"{name} = {getattr(trial, name):g}: mIoU {score:.4f}", flush=True)
                if score > best + LEAST_GAIN:
                    best, params = score, trial
        if best - before < 1e-3:
            break
    return params


def table(pairs: list[Pair], methods: dict[str, Method]) -> None:
    """Print each method's means per tag."""
    print("\n| tag | views | method | " + " | ".join(SHOWN) + " | ms |")
    print("|" + "---|" * (len(SHOWN) + 4))
    groups: dict[str, list[int]] = defaultdict(list)
    for index, pair in enumerate(pairs):
        for tag in ("all", *pair.tags):
            groups[tag].append(index)
    scores = {name: [measure(method, pair) for pair in pairs] for name, method in methods.items()}
    for tag, members in groups.items():
        for name, results in scores.items():
            means = [np.mean([getattr(results[index][0], metric) for index in members]) for metric in SHOWN]
            cells = [
                f"{mean:.2f}" if metric.startswith("haus") else f"{mean:.4f}"
                for metric, mean in zip(SHOWN, means, strict=True)
            ]
            cost = 1000 * np.median([results[index][1] for index in members])
            print(f"| {tag} | {len(members)} | {name} | " + " | ".join(cells) + f" | {cost:.0f} |")


def main() -> None:
    """Sweep if asked to, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--products", type=int, default=120)
    parser.add_argument("--views", type=int, default=2)
    parser.add_argument("--sweep", type=int, default=0, metavar="ROUNDS")
    parser.add_argument("--only", nargs="*", default=[], metavar="PARAMETER", help="sweep these alone")
    parser.add_argument("--check", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    tuned_on, held_out = gather([arguments.dataset], arguments.products, arguments.views)
    params = ClassicalParams()
    if arguments.sweep:
        params = sweep(tuned_on, params, arguments.sweep, arguments.only)
        print(params)
    methods: dict[str, Method] = {
        "difference": segment_difference,
        "classical": partial(segment_classical, params=params),
    }
    print(f"\nHeld-out half: {len(held_out)} views (swept on: views of other products)", flush=True)
    table(held_out, methods)
    for capture in arguments.check:
        print(f"\n{capture.name}, never swept on", flush=True)
        table([pair for half in gather([capture], 1, 10**6) for pair in half], methods)


if __name__ == "__main__":
    main()
