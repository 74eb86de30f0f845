"""From a recipe's name, or products of one's own choice, to captures on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from cleanplate.dataset import write_card, write_manifest
from cleanplate.errors import CleanplateError
from cleanplate.render.batch import BatchReport, Job, render_batch
from cleanplate.render.capture import Shot, draw_shots, product_rig
from cleanplate.render.config import RigConfig
from cleanplate.render.presets import PRESETS
from cleanplate.render.products import FAMILIES, Axis, Product, load_user_mesh, make_product, redress
from cleanplate.render.recipes import RECIPES, mesh_files


def make_dataset(
    name: str,
    out: Path,
    meshes: Path | None = None,
    scale: float = 1.0,
    size: tuple[int, int] | None = None,
    limit: int | None = None,
    say: Callable[[str], None] = print,
) -> BatchReport:
    """Render a recipe's captures side by side into `out`, with manifest and card; run again to resume.

    Args:
        meshes: scans to train with; without it a recipe is procedural throughout.
        scale: of the number of products.
        size: width and height in pixels, in place of the recipe's own.
        limit: only the first so many products.

    Raises:
        CleanplateError: no such recipe.
    """
    if name not in RECIPES:
        raise CleanplateError(f"no data set recipe {name!r}: choose one of {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    width, height = size or (recipe.width, recipe.height)
    report = render_batch(recipe.jobs(meshes, scale)[:limit], out, width, height, recipe.quality, say=say)
    if report.made or report.skipped:
        write_manifest(out, recipe.validation, recipe.test)
        write_card(out, name, _command(name, out, meshes, scale, size), _licences(meshes))
    return report


def _command(name: str, out: Path, meshes: Path | None, scale: float, size: tuple[int, int] | None) -> str:
    options = [f"--out {out.name}"]
    options += [f"--meshes {meshes}"] if meshes else []
    options += [f"--scale {scale:g}"] if scale != 1 else []
    options += [f"--size {size[0]}x{size[1]}"] if size else []
    return " ".join(["cleanplate dataset make", name, *options])


def _licences(meshes: Path | None) -> tuple[str, ...]:
    made = "pictures, masks and procedural products: made by cleanplate, under its licence"
    return (made,) if meshes is None else (made, f"scans in {meshes}: see the README or licence beside them")


def render_collection(
    out: Path,
    families: Sequence[str] = (),
    meshes: Path | None = None,
    count: int = 1,
    preset: str = "marvin",
    views: int = 38,
    size: tuple[int, int] = (640, 512),
    seed: int = 0,
    dress: bool = False,
    scale: float = 1.0,
    up: Axis | None = None,
    say: Callable[[str], None] = print,
) -> BatchReport:
    """Render products of one's own choice, each on a rig framed for it; what `cleanplate render` does.

    Args:
        out: captures `out/REN0000000`, ...
        families: procedural families; `count` products of each.
        meshes: a mesh file or a folder of them (OBJ, GLB, PLY), `count` captures of each.
        preset: of the rig; each product has a rig of its own seed.
        views: pictures of each product.
        size: width and height in pixels.
        dress: give the meshes other materials instead of their own.
        scale, up: of the meshes: metres per unit, and the axis that points up; see `load_user_mesh`.

    Raises:
        CleanplateError: nothing to render, or an unknown family or preset.
    """
    if preset not in PRESETS:
        raise CleanplateError(f"no rig preset {preset!r}: choose one of {', '.join(PRESETS)}")
    if unknown := [family for family in families if family not in FAMILIES]:
        raise CleanplateError(f"no product family {unknown[0]!r}: choose from {', '.join(FAMILIES)}")
    files = [meshes] if meshes is not None and meshes.is_file() else mesh_files(meshes)
    things: list[str | Path] = [*families, *files]
    if not things:
        raise CleanplateError(
            "nothing to render: name product families, or a mesh file or a folder with .glb, .obj, .ply"
        )
    jobs = [
        Job(
            asin=f"REN{i:07d}",
            make=partial(_product, thing, seed + k, dress, scale, up),
            rig=partial(product_rig, preset=preset, seed=seed + i),
            shots=partial(_shots, views, seed + i),
            seed=seed + i,
        )
        for i, (k, thing) in enumerate((k, thing) for k in range(count) for thing in things)
    ]
    return render_batch(jobs, out, *size, say=say)


def _product(thing: str | Path, seed: int, dress: bool, scale: float, up: Axis | None) -> Product:
    if isinstance(thing, str):
        return make_product(thing, seed)
    product = load_user_mesh(thing, scale, up)
    return redress(product, seed) if dress else product


def _shots(views: int, seed: int, rig: RigConfig) -> tuple[Shot, ...]:
    return draw_shots(rig.arm.cameras, views, np.random.default_rng(seed))
