"""Vessels of glass, ceramic and plastic: turned shells with handles, lids and labels."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import cavity, cut, spline, sweep, union, vessel
from cleanplate.render.products.types import Part


def footed(points: list, count: int = 60, foot: float = 0.85) -> np.ndarray:
    """A profile (r, z) through points from foot to rim, closed by a flat base whose edge is slightly rounded."""
    curve = spline(points, count, overshoot=False)
    r0, z0 = curve[0]
    return np.vstack([[0, z0], [r0 * foot, z0], curve[1:]])


def loop_handle(r: float, low: float, high: float, reach: float, thick: float, wide: float = 1.0) -> trimesh.Trimesh:
    """A mug's ear in the x-z plane: leaves the wall at (r, low), comes back at (r, high)."""
    middle = (low + high) / 2
    span = high - low
    inner = r - 0.2 * thick
    points = [
        [inner, 0, low],
        [r + 0.62 * reach, 0, low + 0.02 * span],
        [r + reach, 0, middle],
        [r + 0.62 * reach, 0, high - 0.02 * span],
        [inner, 0, high],
    ]
    a = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    section = thick / 2 * np.stack([np.cos(a), np.sin(a)], 1)
    mesh = sweep(spline(points, 36), section)
    mesh.vertices = mesh.vertices * (1, wide, 1)
    return mesh


def tumbler(rng: np.random.Generator) -> list[Part]:
    """A drinking glass or beaker, straight, flared or barrel-shaped, often with a heavy foot."""
    h = rng.uniform(0.07, 0.17)
    r = h * rng.uniform(0.24, 0.5)
    foot, belly = rng.uniform(0.68, 1.0), rng.uniform(0.9, 1.15)
    wall = rng.uniform(0.0014, 0.004)
    outside = footed([[r * foot, 0], [r * (foot + belly) / 2, h * 0.3], [r * belly, h * 0.65], [r, h]], foot=0.93)
    mesh = vessel(outside, wall, rng.uniform(1.2, 5) * wall, int(rng.choice([8, 10, 72, 72, 72])))
    material = draw(rng, clear_glass=5, tinted_glass=2, frosted_glass=1.5, translucent_plastic=1, plastic=1, ceramic=1)
    return [Part(mesh, material)]


def mug(rng: np.random.Generator) -> list[Part]:
    """A mug or cup with one ear, perhaps on a saucer."""
    h = rng.uniform(0.06, 0.13)
    r = h * rng.uniform(0.38, 0.62)
    foot, belly = rng.uniform(0.6, 1.0), rng.uniform(0.95, 1.12)
    wall = rng.uniform(0.0025, 0.0055)
    outside = footed([[r * foot, 0], [r * belly, h * rng.uniform(0.35, 0.6)], [r, h]], foot=0.9)
    body = vessel(outside, wall, 1.3 * wall)
    low, high = h * rng.uniform(0.12, 0.3), h * rng.uniform(0.72, 0.9)
    at = float(np.interp(low, outside[1:, 1], outside[1:, 0])), float(np.interp(high, outside[1:, 1], outside[1:, 0]))
    ear = loop_handle(min(at), low, high, h * rng.uniform(0.28, 0.42), rng.uniform(0.007, 0.012), rng.uniform(0.8, 1.6))
    mesh = union(body, cut(ear, cavity(outside, wall, 1.3 * wall)))
    material = draw(rng, ceramic=5, gloss_white=3, matt_white=2, clear_glass=2, brushed_metal=0.7, plastic=1)
    return [Part(mesh, material)]
