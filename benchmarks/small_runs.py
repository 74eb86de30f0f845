"""Short training runs that differ in one thing, each judged on the same held-out views: for ablations and scaling."""

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from cleanplate.capture import find_captures, read_capture
from cleanplate.evaluate import evaluate_mask
from cleanplate.files import write_json
from cleanplate.image import read_image, read_mask
from cleanplate.train.fit import train
from cleanplate.train.networks import load_network
from cleanplate.train.pairs import assigned_split, capture_folders
from cleanplate.train.recipes import Recipe
from cleanplate.train.validate import predict

METRICS = ("miou", "maccuracy", "hausdorff", "foreground_iou")
RESAMPLES = 10_000


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return what every driver of such runs takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path, nargs="*", help="data sets to train on")
    parser.add_argument("--test", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--rounds", type=int, default=1, help="over all views of the (largest set of) products")
    parser.add_argument("--size", default="128x160", help="height x width that the network sees")
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--views", type=int, help="test products, one view each; by default all")
    parser.add_argument("--json", type=Path, help="where the summary goes; by default beside the runs")
    parser.add_argument("--table", action="store_true", help="train nothing")
    return parser


def training_products(datasets: Sequence[Path], count: int, out: Path) -> list[Path]:
    """Return `count` products of the data sets' training sides, in an order that is not the renderer's.

    The order is drawn once and kept in `out`/products.json, since data sets may grow between runs.
    """
    chosen = out / "products.json"
    if not chosen.is_file():
        folders: list[str] = []
        for dataset in datasets:
            inside = capture_folders(dataset)
            folders += [str(each) for each in inside if assigned_split(dataset, each.name, 0.1) == "train"]
        write_json(chosen, np.random.default_rng(0).permutation(folders).tolist())
    order = [Path(each) for each in json.loads(chosen.read_bytes())]
    if len(order) < count:
        raise SystemExit(f"{chosen}: {count} training products are asked for, {len(order)} are there")
    return order[:count]


def run(
    recipe: Recipe, init: str | None, products: Sequence[Path], rounds: int, test: Sequence[Path], out: Path
) -> dict:
    """Train on products for so many rounds over their views, measure on the test views, and return the result.

    A result that is there already is returned; a run that was broken off goes on.

    Args:
        test: captures, of each of which the first view is measured.
        out: JSON of the result; the run lies beside it while it lasts.
    """
    if out.is_file():
        return json.loads(out.read_bytes())
    work = out.with_suffix("")
    for folder in products:
        link = work / "data" / folder.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(folder.resolve())
    wall, cpu = time.perf_counter(), time.process_time()
    train(replace(recipe, epochs=rounds), [work / "data"], work / "run", init)
    spent = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
    log = [json.loads(line) for line in (work / "run" / "log.jsonl").read_text().splitlines()]
    steps = [line for line in log if line["kind"] == "step"]
    result = {
        "architecture": recipe.architecture,
        "seed": recipe.seed,
        "products": len(products),
        "steps": len(steps),
        "images": len(steps) * recipe.batch,
        "loss": float(np.mean([line["loss"] for line in steps[-20:]])),
        **spent,
        "scores": score(work / "run" / "last.safetensors", test, recipe.size),
    }
    write_json(out, result)
    shutil.rmtree(work)
    return result


def score(checkpoint: Path, captures: Sequence[Path], size: tuple[int, int]) -> dict[str, dict[str, float]]:
    """Return each product's metrics, at the pictures' own size, of a network that sees them at the training size."""
    network, _ = load_network(checkpoint)
    scores = {}
    for folder in captures:
        capture = read_capture(folder)
        view = next(view for view in capture.views if view.mask and view.plate)
        image, plate, mask = (capture.folder / str(path) for path in (view.image, view.plate, view.mask))
        truth = read_mask(mask)
        pair = [cv2.resize(read_image(each), size[::-1], interpolation=cv2.INTER_AREA) for each in (image, plate)]
        probability = cv2.resize(predict(network, *pair), truth.shape[::-1], interpolation=cv2.INTER_LINEAR)
        metrics = evaluate_mask(probability > 0.5, truth).to_dict()
        scores[capture.asin] = {name: metrics[name] for name in METRICS}
    return scores


def test_captures(dataset: Path, count: int | None) -> list[Path]:
    """Return the first test captures; the list of `test-145` is balanced over the tags at any length."""
    return find_captures([dataset])[:count]


def values(result: dict, metric: str) -> np.ndarray:
    """Return a result's metric of each test product, in one order."""
    return np.array([result["scores"][asin][metric] for asin in sorted(result["scores"])])


def interval(samples: np.ndarray, mean: float) -> dict[str, float]:
    """Return a mean with the 95% interval of its resamples."""
    low, high = np.percentile(samples, [2.5, 97.5])
    return {"mean": float(mean), "low": float(low), "high": float(high)}


def resampled(count: int) -> np.ndarray:
    """Return the weights of each product in each resample; they sum to 1."""
    return np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES) / count
