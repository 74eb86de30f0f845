"""What rendered captures are made of, from the recipes that they were rendered with."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from cleanplate.asset.materials import CLASSES
from cleanplate.render.materials import _FROSTED, _GLASS, _OPAQUE
from cleanplate.render.products import Product, make_product, redress
from cleanplate.render.products.types import METALS, Material
from cleanplate.render.recipes import RECIPES

MATT_FROM = 0.4


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
    """Return what makes each product again, by ASIN, of `RECIPE[=MESHES][*SCALE]` or of a JSON table."""
    whole, _, scale = truth.partition("*")
    recipe, _, meshes = whole.partition("=")
    if recipe in RECIPES:
        jobs = RECIPES[recipe].jobs(Path(meshes) if meshes else None, float(scale or 1))
        return {job.asin: job.make for job in jobs}
    table = json.loads(Path(truth).read_text())
    return {asin: partial(_redressed, *made_of) for asin, made_of in table.items()}


def _redressed(family: str, seed: int, kind: str) -> Product:
    return redress(make_product(family, seed), seed, kind)
