"""Fits what tells materials apart to rendered captures, or judges it on others.

    python benchmarks/material_fit.py CAPTURES... --truth RECIPE[=MESHES] [--write FILE | --weights FILE]

CAPTURES are folders of captures with true masks. Their materials are made again from what they were rendered with: the
recipe of `cleanplate dataset make`, with the folder of meshes that it was given, or a JSON table that says of each ASIN
its family, seed and material, {"MTR0000000": ["vase", 9100, "clear_glass"], ...}; --truth may be given more than once.
Without --write the shipped weights, or those of --weights, are judged: share of the observed points in the right class
and mean error of roughness, per product and overall. Whether there is glass is told, as a capture's tags tell it.
Matt is a dielectric of roughness 0.4 or more.

From nothing to weights, and their judgement on products that they have not seen:

    cleanplate dataset make train-views --out D/train-views --meshes SHAPES
    cleanplate dataset make train-solids --out D/train-solids
    cleanplate dataset make yield-30 --out D/yield-30 --meshes MESHES
    python benchmarks/material_fit.py D/train-views/VWT* D/train-solids/SOL* --truth train-views=SHAPES \
        --truth train-solids --write weights.npz
    python benchmarks/material_fit.py D/yield-30/YLD* --truth yield-30=MESHES --weights weights.npz
"""

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import trimesh
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from cleanplate.asset import CapturePhotos, materials, simplify
from cleanplate.asset.blend import Surface, observe
from cleanplate.asset.materials import CLASSES, CLIP, design, estimate, evidence
from cleanplate.asset.observe import fit_light
from cleanplate.capture import read_capture
from cleanplate.hull import visual_hull
from cleanplate.image import read_mask
from cleanplate.render.materials import _FROSTED, _GLASS, _OPAQUE
from cleanplate.render.products import Product, make_product, redress
from cleanplate.render.products.types import METALS, Material
from cleanplate.render.recipes import RECIPES

MATT_FROM = 0.4
POINTS = 60
"""Of each product."""
L2, RIDGE = 3e-3, 0.2
"""Chosen with whole products left out, in `train-views` and `train-solids`."""


def roughness_of(material: Material) -> float:
    if material.kind in _GLASS:
        return 0.0
    if material.kind in _FROSTED:
        return float(np.sqrt(np.clip(material.roughness, 0.12, 0.6)))
    low, high = _OPAQUE[material.kind][:2]
    return float(np.clip(material.roughness, low, high))


def class_of(material: Material) -> int:
    if material.kind in _GLASS + _FROSTED:
        return CLASSES.index("glass")
    if material.kind in METALS:
        return CLASSES.index("metal")
    return CLASSES.index("matt" if roughness_of(material) >= MATT_FROM else "gloss")


def makers(truth: str) -> dict[str, Callable[[], Product]]:
    recipe, _, meshes = truth.partition("=")
    if recipe in RECIPES:
        return {job.asin: job.make for job in RECIPES[recipe].jobs(Path(meshes) if meshes else None, 1.0)}
    table = json.loads(Path(truth).read_text())
    return {asin: partial(_redressed, *made_of) for asin, made_of in table.items()}


def _redressed(family: str, seed: int, kind: str) -> Product:
    return redress(make_product(family, seed), seed, kind)


def observed(folders: list[Path], truth: dict[str, Callable[[], Product]]) -> Iterator[tuple]:
    """Yield name, observations, light, true class and roughness of each capture's points."""
    for folder in folders:
        capture, product = read_capture(folder), truth[folder.name]()
        masks = [read_mask(folder / f"masks/{view.id}.png") for view in capture.views]
        hull = visual_hull(masks, [capture.camera_of(view) for view in capture.views], capture.poses(), 160)
        mesh = simplify(hull, 6000)
        seen, _ = observe(Surface(mesh, mesh.normals), CapturePhotos(capture, folder / "masks"))
        places, owner = [], []
        for number, part in enumerate(product.parts):
            sample, _ = trimesh.sample.sample_surface(part.mesh, max(300, 20000 // len(product.parts)), seed=1)
            places.append(sample)
            owner.append(np.full(len(sample), number))
        nearest = cKDTree(np.concatenate(places)).query(seen.points)[1]
        made_of = [product.parts[number].material for number in np.concatenate(owner)[nearest]]
        yield (
            folder.name, seen, fit_light(seen),
            np.array([class_of(each) for each in made_of]), np.array([roughness_of(each) for each in made_of]),
        )  # fmt: skip


def fit(cases: list[tuple]) -> dict[str, np.ndarray]:
    """Fit the weights: products count alike, and classes by the root of their number."""
    rng, rows = np.random.default_rng(0), []
    for _, seen, light, kind, roughness in cases:
        table = evidence(seen, light)
        known = np.flatnonzero(np.isfinite(table).all(axis=1))
        if len(known) >= 30:
            x = design(table[known])
            chosen = rng.choice(len(x), min(len(x), POINTS), replace=False)
            weight = np.full(len(chosen), 1 / len(chosen))
            rows.append((x[chosen], kind[known][chosen], roughness[known][chosen], weight))
    x, kind, roughness, weight = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    for number in range(len(CLASSES)):
        weight[kind == number] /= max(weight[kind == number].sum(), 1e-9) ** 0.5
    weight /= weight.sum()
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-6
    x = np.column_stack([np.clip((x - mean) / deviation, -CLIP, CLIP), np.ones(len(x))])
    truth = np.eye(len(CLASSES))[kind]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(x.shape[1], len(CLASSES))
        scores = x @ w
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        penalty = np.vstack([w[:-1], np.zeros((1, len(CLASSES)))])
        value = -(weight * np.log((p * truth).sum(axis=1) + 1e-12)).sum() + L2 * (penalty**2).sum()
        return value, (x.T @ ((p - truth) * weight[:, None]) + 2 * L2 * penalty).ravel()

    start = np.zeros(x.shape[1] * len(CLASSES))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400}).x
    ridge = RIDGE * np.eye(x.shape[1])
    ridge[-1, -1] = 0
    rough = np.linalg.solve((x * weight[:, None]).T @ x + ridge, (x * weight[:, None]).T @ roughness)
    return {
        "mean": mean, "deviation": deviation, "classes": found.reshape(-1, len(CLASSES)), "roughness": rough,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--truth", required=True, action="append")
    parser.add_argument(
        "--write", type=Path, help="fit, and write the weights there: src/cleanplate/asset/materials.npz"
    )
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    known = {asin: make for truth in arguments.truth for asin, make in makers(truth).items()}
    cases = list(observed(arguments.captures, known))
    if arguments.write:
        fitted = {name: value.astype(np.float32) for name, value in fit(cases).items()}
        np.savez(arguments.write, allow_pickle=False, **fitted)
        return
    if arguments.weights:
        materials.WEIGHTS = arguments.weights
    right, errors = [], []
    for name, seen, light, kind, roughness in cases:
        found = estimate(seen.points, seen, light, bool((kind == CLASSES.index("glass")).any()))
        right.append(float((found.kind == kind).mean()))
        errors.append(float(np.abs(found.roughness - roughness).mean()))
        shares = " ".join(f"{key} {value:.2f}" for key, value in found.shares.items())
        truth = " ".join(f"{key} {(kind == number).mean():.2f}" for number, key in enumerate(CLASSES))
        print(
            f"{name}: right {right[-1]:.2f}, roughness off {errors[-1]:.2f}; found {shares}; true {truth}", flush=True
        )
    print(f"{len(right)} products: right {np.mean(right):.3f}, roughness off {np.mean(errors):.3f}")


if __name__ == "__main__":
    main()
