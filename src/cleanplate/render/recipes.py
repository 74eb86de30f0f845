"""Compositions of data sets: which products, how many views, of what size, on which rigs.

`segmentation-10k` and `kitchen-5k` have the paper's compositions; `train-small` and `test-145` are what the shipped
models are trained and tested with: their families, scans and rigs are disjoint. `train-hard`, `train-thin` and
`train-open` add what is hard to training, `train-more` further families, `train-abstract` shapes that are no products,
`train-slots` bodies with narrow gaps, `train-arms` bodies open at a side, `train-heaps` openwork before bodies,
`train-panels` frames whose openings are closed in part; `train-mixed` has some of all that; `train-shapes` dresses
other people's shapes. `train-views`, of those that it leaves, `train-wires` and `train-solids` are whole captures, for
what judges views together. `yield-30` has whole captures of some test products.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np

from cleanplate.errors import CleanplateError
from cleanplate.render.batch import Job
from cleanplate.render.capture import Shot, draw_shots
from cleanplate.render.config import Quality, RigConfig
from cleanplate.render.pool import choose_rig, make_pool
from cleanplate.render.products import (
    FAMILIES,
    MORE_FAMILIES,
    TRAIN_FAMILIES,
    Product,
    load_user_mesh,
    make_product,
    redress,
)
from cleanplate.render.products.dressing import is_closed
from cleanplate.render.products.prints import dressed_shape
from cleanplate.render.products.types import TRANSPARENT

TEST_MESHES = (
    "book_holder_2",
    "pitcher",
    "plastic_banana",
    "remote_controller_1",
    "repellent",
    "scissors",
    "stapler_1",
)
"""Of the shared scans: for testing only. Training uses all others."""

FIRST_SCAN_SEED = 900
TEST_LIST = Path(__file__).with_name("test_products.json")
"""Family and seed (900 and more: a scan) of each test product, by benchmarks/test_list.py; fixed: results compare."""

_DEFAULT_QUALITY = Quality()
_FULL_SIZE = Quality(samples=8, plate_samples=16)
_FURNITURE = ("stool", "lamp", "shelf", "chair", "bird_cage", "hanger")
KITCHEN_FAMILIES = tuple(f for f in FAMILIES if f not in (*_FURNITURE, "hammer", "screwdriver", "pliers", "animal"))
HARD = ("clear_glass", "frosted_glass", "clear_glass", "gloss_white", "tinted_glass", "chrome", "matt_white")
THIN_FAMILIES = ("basket", "wire_rack", "hanger", "sieve", "mug_tree", "stool", "turner")
OPEN_FAMILIES = (
    *("rosette", "tangle", "lattice", "rosette", "fretwork", "coil"),
    *("rosette", "tangle", "dish_rack", "rosette", "lattice", "chain", "tripod", "lantern"),
)
THIN = (None, "gloss_white", "matt_white", None, "chrome", "brushed_metal", "clear_glass", None, "plastic")
ARMS = (
    "gloss_white",
    "matt_white",
    "clear_glass",
    "chrome",
    "plastic",
    "gloss_white",
    "brushed_metal",
    "frosted_glass",
)
KITCHEN_LATITUDES = (1.0, 2.5, 2.5, 1.0, 2.5, 1.0, 1.0, 1.0, 0.5, 0.5)
"""Share of the views per camera, from the horizon up: dense at about 10, 20 and 40 degrees."""


@dataclass(frozen=True)
class Source:
    """Where a product comes from: a procedural family, or a mesh file, dressed anew unless the seed says not to."""

    family: str
    seed: int
    mesh: Path | None = None
    material: str | None = None
    """Of the whole product, in place of its own; an open mesh that should become glass becomes glossy white."""

    def make(self) -> Product:
        """Make the product.

        Raises:
            MeshError: the mesh file cannot be used.
        """
        product = make_product(self.family, self.seed) if self.mesh is None else load_user_mesh(self.mesh)
        if self.material is not None:
            open_ = self.material in TRANSPARENT and not all(is_closed(part) for part in product.parts)
            return redress(product, self.seed, "gloss_white" if open_ else self.material)
        if self.mesh is None:
            return product
        return product if self.seed % 4 == 0 else redress(product, self.seed)


@dataclass(frozen=True)
class Shape:
    """A mesh file dressed by a seed, as `dressed_shape` does it."""

    mesh: Path
    seed: int

    def make(self) -> Product:
        """Make the product.

        Raises:
            MeshError: the mesh file cannot be used.
        """
        return dressed_shape(self.mesh, self.seed)


@dataclass(frozen=True)
class Recipe:
    """One data set: `jobs(meshes, scale)` lists its captures, a scan folder and a size factor given."""

    name: str
    width: int
    height: int
    jobs: Callable[[Path | None, float], list[Job]]
    quality: Quality = _DEFAULT_QUALITY
    validation: float = 1 / 3
    """Share of the products, by a hash of the ASIN; the default is the paper's."""
    test: float = 0.0


def _train_small(meshes: Path | None, scale: float) -> list[Job]:
    """420 products x 8 views, half of them scans where there are any."""
    scans = _training_scans(meshes)
    sources = _interleave(TRAIN_FAMILIES, scans, _scaled(420, scale), first_seed=0)
    return make_jobs(sources, "TRN", [8] * len(sources), make_pool(28, seed=1), seed=10_000)


def _test_145(meshes: Path | None, scale: float) -> list[Job]:
    """145 products x 2 views of families and scans unknown to training, balanced over the seven tags."""
    sources = _test_sources(meshes)[: _scaled(145, scale)]
    return make_jobs(sources, "TST", [2] * len(sources), make_pool(6, seed=2), seed=20_000)


def _yield_30(meshes: Path | None, scale: float) -> list[Job]:
    """The first 30 products of `test-145` (its list is balanced at any length) x 38 views: whole captures."""
    sources = _test_sources(meshes)[: _scaled(30, scale)]
    return make_jobs(sources, "YLD", [38] * len(sources), make_pool(6, seed=2), seed=25_000)


def _train_hard(meshes: Path | None, scale: float) -> list[Job]:
    """150 training products x 3 views wholly of glass, chrome or white, at the test side's size."""
    scans = _training_scans(meshes)
    sources = _interleave(TRAIN_FAMILIES, scans, _scaled(150, scale), first_seed=100)
    sources = _dressed(sources, lambda i: HARD[i % len(HARD)])
    return make_jobs(sources, "HRD", [3] * len(sources), make_pool(16, seed=5), seed=15_000)


def _train_thin(_meshes: Path | None, scale: float) -> list[Job]:
    """60 training products x 4 views of wires, bars and meshes, in any material, at the test side's size."""
    count = _scaled(60, scale)
    sources = [
        Source(THIN_FAMILIES[i % len(THIN_FAMILIES)], 200 + i // len(THIN_FAMILIES), material=THIN[i % len(THIN)])
        for i in range(count)
    ]
    return make_jobs(sources, "THN", [4] * count, make_pool(16, seed=6), seed=17_000)


def _train_open(_meshes: Path | None, scale: float) -> list[Job]:
    """280 training products x 4 views of wires and openwork, most of them random, at the test side's size."""
    sources = _interleave(OPEN_FAMILIES, [], _scaled(280, scale), first_seed=600)
    return make_jobs(sources, "OPN", [4] * len(sources), make_pool(16, seed=6), seed=22_000)


def _train_wires(_meshes: Path | None, scale: float) -> list[Job]:
    """48 products x 24 views of wires, bars and openwork in any material, at the size of `train-views`."""
    families = [f for pair in zip_longest(THIN_FAMILIES, dict.fromkeys(OPEN_FAMILIES)) for f in pair if f]
    count = _scaled(48, scale)
    sources = _interleave(families, [], count, first_seed=800)
    sources = _dressed(sources, lambda i: THIN[i % len(THIN)])
    return make_jobs(sources, "WIR", [24] * count, make_pool(16, seed=9), seed=24_000)


def _train_solids(_meshes: Path | None, scale: float) -> list[Job]:
    """60 products x 24 views of further bodies, two in three wholly of glass, chrome or white, else as they are."""
    families = [f for pair in zip_longest(TRAIN_FAMILIES, MORE_FAMILIES) for f in pair if f]
    sources = _interleave([f for f in families if f not in THIN_FAMILIES], [], _scaled(60, scale), first_seed=850)
    sources = _dressed(sources, lambda i: HARD[i % len(HARD)] if i % 3 else None)
    return make_jobs(sources, "SOL", [24] * len(sources), make_pool(16, seed=9), seed=26_000)


def _train_slots(_meshes: Path | None, scale: float) -> list[Job]:
    """96 bodies with narrow gaps x 6 views, half of them wholly of glass, chrome or white, at `train-views`'s size."""
    sources = [
        Source("slots", 900 + i, material=HARD[i // 2 % len(HARD)] if i % 2 else None)
        for i in range(_scaled(96, scale))
    ]
    return make_jobs(sources, "SLO", [6] * len(sources), make_pool(24, seed=10), seed=27_000)


def _train_arms(_meshes: Path | None, scale: float) -> list[Job]:
    """120 bodies that reach around empty space x 6 views, on rigs that expose the platen to white or nearly so."""
    sources = [
        Source("arms", 900 + i, material=ARMS[i // 2 % len(ARMS)] if i % 2 else None)
        for i in range(_scaled(120, scale))
    ]
    keys = np.random.default_rng(11).uniform(0.9, 1.35, 24)
    pool = tuple(
        replace(rig, response=replace(rig.response, key=float(key)))
        for rig, key in zip(make_pool(24, seed=11), keys, strict=True)
    )
    return make_jobs(sources, "ARM", [6] * len(sources), pool, seed=28_000)


def _train_heaps(_meshes: Path | None, scale: float) -> list[Job]:
    """320 heaps of random openwork and bodies x 6 views, at `train-views`'s size."""
    sources = [Source("heap", 1000 + i) for i in range(_scaled(320, scale))]
    pool = make_pool(24, seed=12)
    first, second = sources[:160], sources[160:]
    jobs = make_jobs(first, "HEA", [6] * len(first), pool, seed=29_000)
    return jobs + make_jobs(second, "HEB", [6] * len(second), pool, seed=29_500)


def _train_panels(_meshes: Path | None, scale: float) -> list[Job]:
    """400 frames x 2 views with some openings closed by surfaces of the set's tone, at the test side's size."""
    sources = [Source("panels", 1000 + i) for i in range(_scaled(400, scale))]
    return make_jobs(sources, "PAN", [2] * len(sources), make_pool(24, seed=16), seed=70_000)


def _train_mixed(meshes: Path | None, scale: float) -> list[Job]:
    """1000 products x 2 views at the test side's size, five kinds in turn: of each of the recipes before some more."""
    scans = _training_scans(meshes)
    count = _scaled(200, scale)
    bodies = _interleave(TRAIN_FAMILIES, scans, count, first_seed=600)
    kinds = (
        [Source("heap", 5000 + i) for i in range(count)],
        _dressed(_interleave(OPEN_FAMILIES, [], count, first_seed=5000), lambda i: THIN[i % len(THIN)]),
        _dressed(bodies, lambda i: HARD[i % len(HARD)] if i % 4 != 1 else None),
        [Source("arms", 5000 + i) for i in range(count)],
        _dressed(
            _interleave(MORE_FAMILIES, [], count, first_seed=5000), lambda i: HARD[i % len(HARD)] if i % 2 else None
        ),
    )
    sources = list(chain.from_iterable(zip(*kinds, strict=True)))
    return make_jobs(sources, "BIG", [2] * len(sources), make_pool(24, seed=15), seed=60_000)


def _train_abstract(_meshes: Path | None, scale: float) -> list[Job]:
    """240 random shapes x 2 views, at the test side's size: 120 by themselves, then 120 heaps of two."""
    sources = _interleave(("tangle", "fretwork", "lattice", "clump"), [], _scaled(120, scale), first_seed=300)
    sources += [Source("heap", 300 + i) for i in range(_scaled(120, scale))]
    return make_jobs(sources, "ABS", [2] * len(sources), make_pool(16, seed=7), seed=18_000)


def _train_more(_meshes: Path | None, scale: float) -> list[Job]:
    """120 products x 2 views of further families, at the test side's size; every second one as hard as `train-hard`."""
    sources = _interleave(MORE_FAMILIES, [], _scaled(120, scale), first_seed=400)
    sources = _dressed(sources, lambda i: HARD[i % len(HARD)] if (i + i // 10) % 2 else None)
    return make_jobs(sources, "MOR", [2] * len(sources), make_pool(16, seed=8), seed=19_000)


def _train_shapes(meshes: Path | None, scale: float) -> list[Job]:
    """The first 85% of a folder's shapes x 4 views; scaled by more than 1, they come again in other dress."""
    return _shape_jobs(meshes, scale, (0, 0.85), "SHP", 4, seed=500)


def _train_views(meshes: Path | None, scale: float) -> list[Job]:
    """The last 15% of a folder's shapes x 24 views, on other rigs; scaled by more than 1 likewise."""
    return _shape_jobs(meshes, scale, (0.85, 1), "VWT", 24, seed=700)


def _shape_jobs(
    meshes: Path | None, scale: float, share: tuple[float, float], prefix: str, views: int, seed: int
) -> list[Job]:
    files = sorted(mesh_files(meshes), key=lambda path: zlib.crc32(path.stem.encode()))
    if not files:
        raise CleanplateError("this recipe dresses shapes: name a folder of GLB, OBJ or PLY meshes with --meshes")
    first, last = (round(each * len(files)) for each in share)
    chosen = files[first:last]
    sources = [Shape(chosen[i % len(chosen)], seed + i // len(chosen)) for i in range(_scaled(len(chosen), scale))]
    return make_jobs(sources, prefix, [views] * len(sources), make_pool(24, seed // 100 + 6), seed * 1000, first=first)


def _segmentation_10k(meshes: Path | None, scale: float) -> list[Job]:
    """238 products x 38 views and 5 x 190 (paper, section 3)."""
    few, many = _scaled(238, scale), _scaled(5, scale)
    sources = _interleave(FAMILIES, mesh_files(meshes), few + many, first_seed=1000)
    return make_jobs(sources, "SEG", [38] * few + [190] * many, make_pool(12, seed=3), seed=30_000)


def _kitchen_5k(meshes: Path | None, scale: float) -> list[Job]:
    """78 kitchen and home products x 70 views, denser at certain latitudes (paper, section 3)."""
    count = _scaled(78, scale)
    sources = _interleave(KITCHEN_FAMILIES, mesh_files(meshes), count, first_seed=2000)
    pool = make_pool(8, seed=4)
    return make_jobs(sources, "KIT", [70] * count, pool, seed=40_000, latitudes=KITCHEN_LATITUDES)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("segmentation-10k", 640, 512, _segmentation_10k),
        Recipe("kitchen-5k", 640, 512, _kitchen_5k),
        Recipe("train-small", 320, 256, _train_small, Quality(samples=6), validation=0.1),
        Recipe("train-hard", 640, 512, _train_hard, _FULL_SIZE, validation=0.1),
        Recipe("train-thin", 640, 512, _train_thin, _FULL_SIZE, validation=0.1),
        Recipe("train-open", 640, 512, _train_open, _FULL_SIZE, validation=0.1),
        Recipe("train-abstract", 640, 512, _train_abstract, _FULL_SIZE, validation=0.1),
        Recipe("train-more", 640, 512, _train_more, _FULL_SIZE, validation=0.1),
        Recipe("train-shapes", 640, 512, _train_shapes, _FULL_SIZE, validation=0.1),
        Recipe("train-wires", 320, 256, _train_wires, _FULL_SIZE, validation=0.1),
        Recipe("train-solids", 320, 256, _train_solids, _FULL_SIZE, validation=0.1),
        Recipe("train-slots", 320, 256, _train_slots, _FULL_SIZE, validation=0.1),
        Recipe("train-arms", 320, 256, _train_arms, _FULL_SIZE, validation=0.1),
        Recipe("train-heaps", 320, 256, _train_heaps, _FULL_SIZE, validation=0.1),
        Recipe("train-panels", 640, 512, _train_panels, _FULL_SIZE, validation=0.1),
        Recipe("train-mixed", 640, 512, _train_mixed, _FULL_SIZE, validation=0.1),
        Recipe("train-views", 320, 256, _train_views, _FULL_SIZE, validation=0.1),
        Recipe("test-145", 640, 512, _test_145, _FULL_SIZE, validation=0.0, test=1.0),
        Recipe("yield-30", 320, 256, _yield_30, _FULL_SIZE, validation=0.0, test=1.0),
    )
}


def make_jobs(
    sources: Sequence[Source | Shape],
    prefix: str,
    views: Sequence[int],
    pool: tuple[RigConfig, ...],
    seed: int,
    latitudes: Sequence[float] | None = None,
    first: int = 0,
) -> list[Job]:
    """Jobs named `prefix` + number from `first`, `views[i]` pictures of product i on a rig of the pool that fits it."""
    return [
        Job(
            asin=f"{prefix}{first + i:0{10 - len(prefix)}d}",
            make=source.make,
            rig=partial(_rig_for, pool, seed + i),
            shots=partial(_shots_for, count, seed + i, latitudes),
            seed=seed + i,
        )
        for i, (source, count) in enumerate(zip(sources, views, strict=True))
    ]


def mesh_files(folder: Path | None) -> list[Path]:
    """The meshes of a folder and its folders, by name; none without a folder."""
    if folder is None:
        return []
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".glb", ".gltf", ".obj", ".ply"))


def _training_scans(meshes: Path | None) -> list[Path]:
    return [p for p in mesh_files(meshes) if p.stem not in TEST_MESHES]


def _test_sources(meshes: Path | None) -> list[Source]:
    scans = {p.stem: p for p in mesh_files(meshes)}
    return [
        Source(family, seed, scans[family] if seed >= FIRST_SCAN_SEED else None)
        for family, seed in json.loads(TEST_LIST.read_text())
        if seed < FIRST_SCAN_SEED or family in scans
    ]


def _scaled(count: int, scale: float) -> int:
    return max(round(count * scale), 1)


def _interleave(families: Sequence[str], scans: Sequence[Path], count: int, first_seed: int) -> list[Source]:
    """Families in turn, each round with another seed; every second product is a scan where there are any."""
    sources = []
    for i in range(count):
        k = i // 2 if scans else i
        if scans and i % 2:
            scan = scans[k % len(scans)]
            sources.append(Source(scan.stem, first_seed + k // len(scans), scan))
        else:
            sources.append(Source(families[k % len(families)], first_seed + k // len(families)))
    return sources


def _dressed(sources: list[Source], material: Callable[[int], str | None]) -> list[Source]:
    return [replace(each, material=material(i)) for i, each in enumerate(sources)]


def _rig_for(pool: tuple[RigConfig, ...], seed: int, product: Product) -> RigConfig:
    return choose_rig(pool, product, seed)


def _shots_for(count: int, seed: int, latitudes: Sequence[float] | None, rig: RigConfig) -> tuple[Shot, ...]:
    return draw_shots(rig.arm.cameras, count, np.random.default_rng([seed, 0x5807]), latitudes)
