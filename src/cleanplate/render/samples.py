"""The two sample captures that ship with the package: 38 views at 640x512, one easy, one hard.

python -m cleanplate.render.samples OUT
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from cleanplate.render.batch import BatchReport, Job, render_batch
from cleanplate.render.capture import Shot, draw_shots, product_rig
from cleanplate.render.config import Quality, RigConfig
from cleanplate.render.products import Product, make_product

SAMPLES = {"B0TEAPOT01": ("teapot", 702, 12), "B0WINEGL01": ("stemware", 701, 17)}
"""ASIN -> product family, product seed, rig seed."""
VIEWS = 38


def sample_rig(seed: int, product: Product) -> RigConfig:
    """A marvin rig framed on one product, with a JPEG quality that keeps a sample below 4 MB."""
    rig = product_rig(product, "marvin", seed)
    return replace(rig, response=replace(rig.response, jpeg_quality=86, shot_noise=4e-5, read_noise=1e-3))


def _shots(seed: int, rig: RigConfig) -> tuple[Shot, ...]:
    return draw_shots(rig.arm.cameras, VIEWS, np.random.default_rng(seed))


def sample_job(asin: str) -> Job:
    """The job of one sample."""
    family, seed, rig_seed = SAMPLES[asin]
    return Job(
        asin,
        make=lambda: make_product(family, seed),
        rig=lambda product: sample_rig(rig_seed, product),
        shots=lambda rig: _shots(seed, rig),
        seed=seed,
    )


def render_samples(out: Path, asins: tuple[str, ...] = tuple(SAMPLES)) -> BatchReport:
    """Render samples into `out/<asin>`."""
    return render_batch([sample_job(a) for a in asins], out, 640, 512, Quality(samples=16, plate_samples=32))


if __name__ == "__main__":
    render_samples(Path(sys.argv[1]))
