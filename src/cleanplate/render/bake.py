"""The light that an empty rig's walls give back, baked once per rig by path tracing, and the exposure metered in it.

What a product changes in the walls' light is left out: it is the one departure from full global illumination.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float

from cleanplate.render.backend import mitsuba
from cleanplate.render.config import Quality, RigConfig
from cleanplate.render.mechanics import RigParts, wall_axes
from cleanplate.render.scene import WALLS, Lightmaps, build_scene

_TEXELS = 24
_DEPTH = 12


@dataclass(frozen=True)
class BakedLight:
    """Radiance of every wall, and what a white card on the empty platen would reflect."""

    lightmaps: Lightmaps
    card: Float[np.ndarray, "3"]


def bake_light(rig: RigConfig, parts: RigParts, quality: Quality = Quality()) -> BakedLight:
    """Trace the closed, empty box: 6 lightmaps of 24x24 texels, and the light meter's reading."""
    scene = build_scene(rig, parts, None)
    lightmaps = {}
    for i, wall in enumerate(WALLS):
        centre, u, v, normal = wall_axes(rig, wall)
        incoming = _incoming(scene, centre, u, v, normal, _TEXELS, quality.bake_samples, seed=rig.seed * 8 + i)
        albedo = rig.enclosure.floor_albedo if wall == "floor" else rig.enclosure.wall_albedo
        smooth = cv2.GaussianBlur(incoming, (0, 0), 1.2, borderType=cv2.BORDER_REPLICATE)
        lightmaps[wall] = np.ascontiguousarray(smooth * np.array(albedo, np.float32), np.float32)
    x, y, z = np.eye(3)
    card = _incoming(scene, 0.002 * z, 0.02 * x, 0.02 * y, z, 1, 32768, seed=rig.seed * 8 + 7, offset=0.0)
    return BakedLight(lightmaps, card[0, 0].astype(float))


def _incoming(
    scene: Any,
    centre: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    normal: np.ndarray,
    texels: int,
    samples: int,
    seed: int,
    offset: float = 0.035,
) -> Float[np.ndarray, "n n 3"]:
    """Cosine-weighted mean radiance arriving at each texel of a rectangle: irradiance over pi.

    Rays start `offset` metres off the wall, in front of panels and their frames.
    """
    mi, dr = mitsuba(), import_module("drjit")
    integrator = mi.load_dict({"type": "path", "max_depth": _DEPTH, "rr_depth": 5})
    count = texels * texels * samples
    sampler = mi.load_dict({"type": "independent"})
    sampler.seed(seed, count)
    corner, across, up = (mi.Vector3f(a.tolist()) for a in (centre + offset * normal, u, v))
    facing = mi.Vector3f(normal.tolist())
    dr.make_opaque(corner, across, up, facing)  # not literals: one kernel serves every wall
    side = dr.opaque(mi.UInt32, texels)
    index = dr.arange(mi.UInt32, count) // dr.opaque(mi.UInt32, samples)
    a = (mi.Float(index % side) + sampler.next_1d()) / mi.Float(side) * 2 - 1
    b = (mi.Float(index // side) + sampler.next_1d()) / mi.Float(side) * 2 - 1
    direction = mi.Frame3f(facing).to_world(mi.warp.square_to_cosine_hemisphere(sampler.next_2d()))
    ray = mi.RayDifferential3f(mi.Ray3f(mi.Point3f(corner + a * across + b * up), direction))
    radiance, _, _ = integrator.sample(scene, sampler, ray)
    dr.eval(radiance)
    channels = [np.asarray(c).reshape(texels * texels, samples).mean(axis=1) for c in radiance]
    return np.stack(channels, axis=-1).reshape(texels, texels, 3).astype(np.float32)
