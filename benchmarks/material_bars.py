"""Judges on rendered captures how well materials are told.

    python benchmarks/material_bars.py CAPTURES... --truth RECIPE[=MESHES][*SCALE] [--network FILE.onnx]

CAPTURES are folders of captures with true masks. Their materials are made again from what they were rendered with: the
recipe of `cleanplate dataset make`, with the folder of meshes and the scale that it was given, or a JSON table that
says of each ASIN its family, seed and material, {"MTR0000000": ["vase", 9100, "clear_glass"], ...}; --truth may be
given more than once. Printed: share of the observed points in the right class and mean error of roughness, per product
and overall. Whether there is glass is told, as a capture's tags tell it. Matt is a dielectric of roughness 0.4 or more.

From nothing to the network, and its judgement on products that it has not seen:

    cleanplate dataset make train-shapes --out D/train-shapes --meshes SHAPES
    cleanplate dataset make train-small --out D/train-small --meshes MESHES --limit 193
    cleanplate dataset make train-solids --out D/train-solids --scale 1.4
    cleanplate dataset make train-wires --out D/train-wires --limit 22
    cleanplate dataset make yield-30 --out D/yield-30 --meshes MESHES
    python benchmarks/material_maps.py D/train-shapes D/train-small D/train-solids D/train-wires \
        --truth train-shapes=SHAPES --truth train-small=MESHES --truth train-solids*1.4 --truth train-wires
    python -m cleanplate.train.appearance D/train-shapes D/train-small D/train-solids D/train-wires \
        --run R --init weights/compact.safetensors
    python benchmarks/material_bars.py D/yield-30/YLD* --truth yield-30=MESHES --network R/appearance.onnx
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Float, Int
from material_truth import class_of, makers, roughness_of
from scipy.spatial import cKDTree

from cleanplate.asset import CapturePhotos, appearance, blend, simplify
from cleanplate.asset.blend import Surface, observe
from cleanplate.asset.materials import CLASSES, GLASS, estimate
from cleanplate.asset.observe import Observations
from cleanplate.capture import read_capture
from cleanplate.hull import visual_hull
from cleanplate.image import read_mask
from cleanplate.render.products import Product


@dataclass(frozen=True)
class Case:
    """A capture's observed points, and what is true of them."""

    name: str
    seen: Observations
    kind: Int[np.ndarray, " n"]
    roughness: Float[np.ndarray, " n"]

    @property
    def transparent(self) -> bool:
        return bool((self.kind == GLASS).any())


def observed(folders: list[Path], truth: dict[str, Callable[[], Product]]) -> Iterator[Case]:
    """Yield each capture's points, on the hull of its true masks."""
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
        kinds, roughness = ([judge(each) for each in made_of] for judge in (class_of, roughness_of))
        yield Case(folder.name, seen, np.array(kinds), np.array(roughness))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--truth", required=True, action="append")
    parser.add_argument("--network", type=Path, help="another network than the shipped one")
    arguments = parser.parse_args()
    if network := arguments.network:
        blend.open_appearance = lambda: appearance.open_appearance(network)  # type: ignore[assignment]
    known = {asin: make for truth in arguments.truth for asin, make in makers(truth).items()}
    cases = observed(arguments.captures, known)
    right, errors = [], []
    for case in cases:
        found = estimate(case.seen.points, case.seen, case.transparent)
        right.append(float((found.kind == case.kind).mean()))
        errors.append(float(np.abs(found.roughness - case.roughness).mean()))
        shares = " ".join(f"{key} {value:.2f}" for key, value in found.shares.items())
        truth = " ".join(f"{key} {(case.kind == number).mean():.2f}" for number, key in enumerate(CLASSES))
        print(
            f"{case.name}: right {right[-1]:.2f}, roughness off {errors[-1]:.2f}; found {shares}; true {truth}",
            flush=True,
        )
    print(f"{len(right)} products: right {np.mean(right):.3f}, roughness off {np.mean(errors):.3f}")


if __name__ == "__main__":
    main()
