"""Compositions of data sets: which products, how many views, on which rigs; and the command that renders them.

    python -m cleanplate.render.recipes train-small --out DIR --meshes DIR [--scale 1] [--size 320x256]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from cleanplate.render.batch import Job, render_batch
from cleanplate.render.config import RigConfig
from cleanplate.render.pool import choose_rig, make_pool
from cleanplate.render.products import TRAIN_FAMILIES, Product, load_user_mesh, make_product, redress
from cleanplate.render.shoot import Shot, draw_shots

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


@dataclass(frozen=True)
class Source:
    """Where a product comes from: a procedural family, or a mesh file dressed anew."""

    family: str
    seed: int
    mesh: Path | None = None

    def make(self) -> Product:
        if self.mesh is None:
            return make_product(self.family, self.seed)
        product = load_user_mesh(self.mesh)
        return product if self.seed % 4 == 0 else redress(product, self.seed)


def train_sources(count: int, meshes: Path | None, seed: int = 0) -> list[Source]:
    """Training products: families in turn and, where meshes are given, every second one a re-dressed scan."""
    scans = [p for p in _mesh_files(meshes) if p.stem not in TEST_MESHES]
    return _interleave(TRAIN_FAMILIES, scans, count, seed)


def _interleave(families: tuple[str, ...], scans: list[Path], count: int, seed: int) -> list[Source]:
    sources = []
    for i in range(count):
        if scans and i % 2:
            k = i // 2
            sources.append(Source(scans[k % len(scans)].stem, seed + k // len(scans), scans[k % len(scans)]))
        else:
            k = i // 2 if scans else i
            sources.append(Source(families[k % len(families)], seed + k // len(families)))
    return sources


def _mesh_files(meshes: Path | None) -> list[Path]:
    return [] if meshes is None else sorted(p for p in meshes.iterdir() if p.suffix in (".glb", ".obj", ".ply"))


def make_jobs(
    sources: list[Source], prefix: str, views: Callable[[int], int], pool: tuple[RigConfig, ...], seed: int
) -> list[Job]:
    """Jobs named `prefix` + number; `views(i)` pictures of product i, cameras evenly, platen angles at random."""
    jobs = []
    for i, source in enumerate(sources):
        jobs.append(
            Job(
                asin=f"{prefix}{i:0{10 - len(prefix)}d}",
                make=source.make,
                rig=partial(_rig_for, pool, seed + i),
                shots=partial(_shots_for, views(i), seed + i),
                seed=seed + i,
            )
        )
    return jobs


def _rig_for(pool: tuple[RigConfig, ...], seed: int, product: Product) -> RigConfig:
    return choose_rig(pool, product, seed)


def _shots_for(count: int, seed: int, rig: RigConfig) -> tuple[Shot, ...]:
    return draw_shots(rig.arm.cameras, count, np.random.default_rng([seed, 0x5807]))


@cache
def train_pool() -> tuple[RigConfig, ...]:
    """The rigs of the training set."""
    return make_pool(28, seed=1)


def train_small(meshes: Path | None, scale: float = 1.0) -> list[Job]:
    """420 products x 8 views, half of them scans re-dressed."""
    return make_jobs(train_sources(round(420 * scale), meshes), "TRN", lambda i: 8, train_pool(), seed=10_000)


def main() -> None:
    """Render a recipe; the command of the module's docstring."""
    import argparse
    from functools import partial as bind

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", choices=["train-small"])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--meshes", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--size", default="320x256")
    options = parser.parse_args()
    width, height = (int(n) for n in options.size.split("x"))
    report = render_batch(
        train_small(options.meshes, options.scale), options.out, width, height, say=bind(print, flush=True)
    )
    print(f"made {len(report.made)}, skipped {len(report.skipped)}, failed {len(report.failed)}")


if __name__ == "__main__":
    main()
