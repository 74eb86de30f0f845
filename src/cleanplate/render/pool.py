"""A pool of rigs that many products share, as physical rigs do, and the choice of one that fits a product."""

from __future__ import annotations

import numpy as np

from cleanplate.errors import MeshError
from cleanplate.render.capture import subject_radius_m
from cleanplate.render.config import RigConfig
from cleanplate.render.presets import make_rig
from cleanplate.render.products import Product

_SMALLEST_FILL = 0.5


def make_pool(count: int, seed: int, smallest_m: float = 0.06, largest_m: float = 0.42) -> tuple[RigConfig, ...]:
    """Rigs of all presets, mostly marvin, whose subject sizes cover a range evenly in ratio."""
    rng = np.random.default_rng([seed, count])
    radii = np.geomspace(smallest_m, largest_m, count) * np.exp(rng.normal(0, 0.05, count))
    rigs = []
    for i, radius in enumerate(radii):
        preset = ("marvin", "marvin", "softbox_table", "marvin", "marvin", "coloured_backdrop", "marvin", "dark_box")[
            (3 * i + seed) % 8
        ]
        aim = float(radius * rng.uniform(0.15, 0.8))
        rigs.append(make_rig(preset, seed * 1000 + i, float(radius), aim))
    return tuple(rigs)


def choose_rig(pool: tuple[RigConfig, ...], product: Product, seed: int) -> RigConfig:
    """A random rig among those that the product fills well and stands on wholly; else the tightest that holds it.

    Raises:
        MeshError: the product is too large for every rig.
    """
    points = np.concatenate([p.mesh.vertices for p in product.parts])
    footing = float(np.hypot(points[:, 0], points[:, 1]).max())
    own = float(np.linalg.norm(points - (points.min(axis=0) + points.max(axis=0)) / 2, axis=1).max())
    radii = np.array([r.arm.subject_radius_m for r in pool])
    reach = np.array([subject_radius_m(product, r.arm.aim_height_m) for r in pool])
    holds = (reach <= radii) & np.array([footing <= 1.02 * r.platen.radius_m for r in pool])
    if not holds.any():
        raise MeshError(
            f"{product.name}: reaches {footing:.2f} m from the platen's axis, too large for every rig of the pool; "
            "is the mesh in other units?"
        )
    good = np.flatnonzero(holds & (own >= _SMALLEST_FILL * radii))
    if len(good) == 0:
        return pool[int(np.argmin(np.where(holds, radii, np.inf)))]
    return pool[int(np.random.default_rng([seed, 0x916]).choice(good))]
