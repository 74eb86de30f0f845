"""`python -m cleanplate.train.refiner FOLDER... --run DIR`: first masks, channels, training, export, measurement.

Each FOLDER holds whole captures with true masks that the first networks (--model; several make the refiner depend on
none) have not been trained on. FOLDER=NETWORK has the masks of another network instead, which has not seen these
captures; a folder given twice counts twice. Every step is skipped where its files are there, so that the same command
goes on after a kill.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import torch

from cleanplate.capture import Capture, find_captures, read_capture
from cleanplate.errors import CleanplateError
from cleanplate.files import atomic_path, write_json
from cleanplate.hull.refiner import logit_of
from cleanplate.segment import load_model
from cleanplate.segment.stage import segment_views
from cleanplate.train.refiner.examples import VARIANTS, Variant, make_variant, read_pictures, read_variant, true_masks
from cleanplate.train.refiner.export import export
from cleanplate.train.refiner.fit import Fit, fit
from cleanplate.train.refiner.measure import gain, summary


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = _arguments()
    torch.set_num_threads(given.threads)
    try:
        held = _captures(given.held_out)
        found = {folder: _variants(folder, given.model, given.run) for folder in dict.fromkeys(given.captures)}
        variants = [each for folder in given.captures for each in found[folder]]
        network = fit(variants, given.run, replace(Fit(), steps=given.steps), given.minutes)
        target = export(network, given.run / "refiner.onnx", given.temperature)
        figures = {}
        for kind in (*given.model, "exact"):
            gains = []
            for capture in held:
                gains.append(gain(capture, _first(capture, kind, given.run), target))
                print(f"{kind} {capture.asin} {gains[-1].before.mean():.4f} {gains[-1].after.mean():.4f}", flush=True)
            figures[Path(kind).stem] = summary(gains)
            print(kind, figures[Path(kind).stem], flush=True)
        write_json(given.run / "held-out.json", figures)
    except CleanplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cleanplate.train.refiner", description=__doc__)
    parser.add_argument("captures", nargs="+", metavar="FOLDER[=NETWORK]")
    parser.add_argument("--run", type=Path, required=True, help="this run's folder; an existing one goes on")
    parser.add_argument("--model", nargs="+", default=["default"], help="first networks: names or .onnx files")
    parser.add_argument("--held-out", nargs="+", required=True, help="folders of captures that are measured on")
    parser.add_argument("--steps", type=int, default=Fit.steps)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop training after so long, resumable")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=1.0, help="the new logits are divided by it")
    return parser.parse_args()


def _captures(folders: Sequence[str]) -> list[Capture]:
    """Return the captures of folders."""
    return [read_capture(each) for each in find_captures([Path(folder) for folder in folders])]


def _first(capture: Capture, kind: str, run: Path) -> list[np.ndarray]:
    """Return first probabilities of all views: of a network, kept below `run`, or the true masks."""
    if kind == "exact":
        return list(true_masks(capture).astype(np.float32))
    target = run / "first" / Path(kind).stem / f"{capture.asin}.npz"
    if not target.is_file():
        found = {}
        for view, outcome in segment_views(capture, capture.views, load_model(kind)):
            if isinstance(outcome, CleanplateError):
                raise outcome
            found[view.id] = outcome.astype(np.float16)
        with atomic_path(target) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **found)  # type: ignore[arg-type]
    with np.load(target) as stored:
        # As `run` keeps them: 8 bits.
        return [np.rint(stored[view.id].astype(np.float32) * 255) / np.float32(255) for view in capture.views]


def _variants(given: str, models: Sequence[str], run: Path) -> list[Variant]:
    """Return the variants of a FOLDER's captures, or of a FOLDER=NETWORK's."""
    folder, _, other = given.partition("=")
    found = [(capture, read_pictures(capture)) for capture in _captures([folder])]
    variants = []
    for model, (capture, pictures) in product([other] if other else models, found):
        for kind, count in VARIANTS.items():
            for n in range(count):
                target = run / "variants" / Path(model).stem / f"{capture.asin}.{kind}{n}.npz"
                if not target.is_file():
                    make_variant(capture, logit_of(np.stack(_first(capture, model, run))), kind, target)
                variant = read_variant(target, kind, pictures)
                if len(variant.views):
                    variants.append(variant)
        print(f"{capture.asin}: first masks by {model}, and what the other views say of them", flush=True)
    return variants


if __name__ == "__main__":
    sys.exit(main())
