"""Writes what rendered captures are made of, pixel by pixel, for `python -m cleanplate.train.appearance`.

    python benchmarks/material_maps.py CAPTURES... --truth RECIPE[=MESHES][*SCALE]

For each view of each capture, `<capture>/materials/<view>.png`. CAPTURES are folders of captures, or captures; their
materials are made again from what they were rendered with, as `material_bars.py` has it. Maps that are there are kept.
"""

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from material_truth import class_of, makers, roughness_of

from cleanplate.capture import Capture, find_captures, read_capture
from cleanplate.geometry import Mesh
from cleanplate.geometry.raster import rasterise
from cleanplate.image import read_mask, write_image
from cleanplate.render.capture import truth_mesh
from cleanplate.render.products import Product
from cleanplate.render.products.types import MATERIAL_KINDS
from cleanplate.train.appearance.examples import NOTHING, ROUGHNESS_UNIT


def write_maps(capture: Capture, product: Product) -> None:
    """Write the maps of a capture's views."""
    mesh = Mesh.of(truth_mesh(product))
    made_of = [
        (class_of(part.material), MATERIAL_KINDS.index(part.material.kind), roughness_of(part.material))
        for part in product.parts
    ]
    table = np.array([(kind, material, round(rough / ROUGHNESS_UNIT)) for kind, material, rough in made_of], np.uint8)
    owner = np.repeat(np.arange(len(product.parts)), [len(part.mesh.faces) for part in product.parts])
    for view, pose in zip(capture.views, capture.poses(), strict=True):
        target = capture.folder / "materials" / f"{view.id}.png"
        mask_path = capture.mask_path(view)
        if target.is_file() or mask_path is None:
            continue
        face = rasterise(mesh, capture.camera_of(view), pose)[1]
        write_image(target, _map(face, read_mask(mask_path), table[owner]))


def _map(face: np.ndarray, mask: np.ndarray, table: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    picture = np.full((*face.shape, 3), (NOTHING, 0, 0), np.uint8)
    shown = mask & (face >= 0)
    picture[shown] = table[face[shown]]
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--truth", required=True, action="append")
    arguments = parser.parse_args()
    known = {asin: make for truth in arguments.truth for asin, make in makers(truth).items()}
    for folder in find_captures(arguments.captures):
        write_maps(read_capture(folder), known[folder.name]())


if __name__ == "__main__":
    main()
