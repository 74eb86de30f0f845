"""Short training runs that differ in one thing, each judged on the same held-out products: for ablations and scaling.

They need packs, PyTorch, OpenCV and safetensors alone, so that they run on a bare machine with a GPU as well.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from cleanplate.evaluate.metrics import evaluate_mask
from cleanplate.files import write_json
from cleanplate.train.fit import train
from cleanplate.train.networks import load_network
from cleanplate.train.pairs import Pairs, StoredPair, sources
from cleanplate.train.recipes import Recipe
from cleanplate.train.validate import predict

METRICS = ("miou", "maccuracy", "hausdorff", "foreground_iou")
RESAMPLES = 10_000


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return what every driver of such runs takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs", type=Path, nargs="*", help="of 'cleanplate dataset pack', or folders of them")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--size", default="128x160", help="height x width that the network sees")
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--json", type=Path, help="where the summary goes; by default beside the runs")
    parser.add_argument("--table", action="store_true", help="train nothing")
    return parser


def held_out(packs: Sequence[Path]) -> list[StoredPair]:
    """Return one view of each validation product of the packs."""
    pairs = Pairs(0.1)
    pairs.add(sources(packs))
    return list({pair.name.split("/")[0]: pair for pair in pairs.side("validation")}.values())


def run(
    recipe: Recipe, init: str | None, packs: Sequence[Path], steps: int, test: Sequence[StoredPair], out: Path
) -> dict:
    """Train for so many steps, measure on the test views, and return the result.

    A result that is there already is returned; a run that was broken off goes on.

    Args:
        out: JSON of the result; the run lies beside it while it lasts.
    """
    if out.is_file():
        return json.loads(out.read_bytes())
    work = out.with_suffix("")
    checkpoint = train(replace(recipe, validate_every=steps, validation_views=8), packs, work, init, steps=steps)
    log = [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]
    losses = {line["step"]: line["loss"] for line in log if line["kind"] == "step"}  # some twice, where it went on
    result = {
        "architecture": recipe.architecture,
        "seed": recipe.seed,
        "steps": len(losses),
        "images": len(losses) * recipe.batch,
        "loss": float(np.mean(list(losses.values())[-20:])),
        "scores": score(checkpoint, test, max(recipe.size)),
    }
    write_json(out, result)
    shutil.rmtree(work)
    return result


def score(checkpoint: Path, pairs: Sequence[StoredPair], longest: int) -> dict[str, dict[str, float]]:
    """Return each view's metrics, at the pictures' own size, of a network that sees them at the training size."""
    network = load_network(checkpoint)[0].to("cuda" if torch.cuda.is_available() else "cpu")
    scores = {}
    for stored in pairs:
        pair = stored.read()
        metrics = evaluate_mask(predict(network, pair.image, pair.plate, longest) > 0.5, pair.mask).to_dict()
        scores[stored.name] = {name: metrics[name] for name in METRICS}
    return scores


def values(result: dict, metric: str) -> np.ndarray:
    """Return a result's metric of each test view, in one order."""
    return np.array([result["scores"][name][metric] for name in sorted(result["scores"])])


def interval(samples: np.ndarray, mean: float) -> dict[str, float]:
    """Return a mean with the 95% interval of its resamples."""
    low, high = np.percentile(samples, [2.5, 97.5])
    return {"mean": float(mean), "low": float(low), "high": float(high)}


def resampled(count: int) -> np.ndarray:
    """Return the weights of each product in each resample; they sum to 1."""
    return np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES) / count
