"""Shapes that several families share: profiles of vessels, ears, caps, knobs, screws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import trimesh

from cleanplate.render.products.assembly import moved
from cleanplate.render.products.primitives import revolve, spline, superellipsoid, sweep
from cleanplate.render.products.types import Values


def footed(points: Values, count: int = 60, foot: float = 0.85) -> np.ndarray:
    """A profile (r, z) through points from foot to rim, closed by a flat base."""
    curve = spline(points, count, overshoot=False)
    r, z = curve[0]
    return np.vstack([[0, z], [r * foot, z], curve[1:]])


def radius_at(outside: np.ndarray, z: float) -> float:
    """Radius of a profile whose height rises, at height z."""
    rising = outside[np.r_[np.diff(outside[:, 1]) > 1e-9, True]]
    return float(np.interp(z, rising[:, 1], rising[:, 0]))


def ear(low: Sequence[float], high: Sequence[float], reach: float, thick: float, wide: float = 1.0) -> trimesh.Trimesh:
    """A handle in the x-z plane from (r, z) `low` round to `high`, standing off by `reach`.

    `wide`: its depth over its thickness.
    """
    (r0, z0), (r1, z1) = low, high
    span, out = z1 - z0, max(r0, r1) + reach
    points = [
        [r0, 0, z0],
        [r0 + 0.6 * (out - r0), 0, z0 + 0.03 * span],
        [out, 0, (z0 + z1) / 2],
        [r1 + 0.65 * (out - r1), 0, z1 - 0.02 * span],
        [r1, 0, z1],
    ]
    mesh = sweep(spline(points, 36), thick / 2, sides=14)
    mesh.vertices = mesh.vertices * (1, wide, 1)
    return mesh


def ribbed_cap(radius: float, height: float, z: float, ribs: int = 0) -> trimesh.Trimesh:
    """A screw cap: a disc with a softened edge, or ribbed all round."""
    soft = min(0.15 * height, 0.1 * radius)
    profile = [[0, 0], [radius, 0], [radius, height - soft], [radius - soft, height], [0, height]]
    mesh = revolve(np.array(profile), 4 * ribs if ribs else 64)
    if ribs:
        a = np.arctan2(mesh.vertices[:, 1], mesh.vertices[:, 0])
        mesh.vertices[:, :2] *= (1 + 0.025 * np.cos(ribs * a))[:, None]
    return moved(mesh, z=z)


def dome_lid(radius: float, rise: float) -> trimesh.Trimesh:
    """A solid lid on z = 0 whose top is domed up to `rise`."""
    a = np.linspace(0, np.pi / 2, 12)
    dome = np.stack([radius * np.cos(a), 0.003 + (rise - 0.003) * np.sin(a)], 1)
    return revolve(np.vstack([[0, 0], [radius, 0], dome[:-1], [0, rise]]), 64)


def knob(rng: np.random.Generator, size: float, z: float) -> trimesh.Trimesh:
    """A lid's knob: ball, mushroom or cylinder on a neck that starts a little below z."""
    kind = rng.integers(3)
    if kind == 0:
        ball = superellipsoid((size, size, size * rng.uniform(0.7, 1.1)), 1, 1, 20)
        return moved(ball, z=z + 0.4 * size)
    if kind == 1:
        points = [[0.3, -0.1], [0.28, 0.3], [0.62, 0.55], [0.5, 0.85], [0.15, 0.95]]
    else:
        points = [[0.3, -0.1], [0.3, 0.25], [0.5, 0.3], [0.5, 0.8], [0.42, 0.9]]
    curve = size * spline(points, 30, overshoot=False)
    profile = np.vstack([[0, curve[0, 1]], curve, [0, curve[-1, 1]]])
    return moved(revolve(profile, 40), z=z)


def screw(radius: float, thick: float) -> trimesh.Trimesh:
    """A domed screw head on z = 0."""
    a = np.linspace(0, np.pi / 2, 6)
    dome = np.stack([radius * np.cos(a), thick * np.sin(a)], 1)
    return revolve(np.vstack([[0, -thick], [radius, -thick], dome[:-1], [0, thick]]), 20)
