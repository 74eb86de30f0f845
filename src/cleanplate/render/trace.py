"""Denoised radiance images and exact masks of a scene seen by a camera."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from cleanplate.errors import require
from cleanplate.geometry import Camera, Pose, rays
from cleanplate.render.backend import mitsuba
from cleanplate.types import Mask

Radiance = Float32[np.ndarray, "h w 3"]


def render_radiance(scene: Any, camera: Camera, pose: Pose, samples: int, max_depth: int, seed: int) -> Radiance:
    """Linear RGB radiance, path-traced with next-event estimation and denoised (Intel Open Image Denoise).

    The camera's distortion is not simulated.
    """
    mi = mitsuba()
    path = {"type": "path", "max_depth": max_depth, "rr_depth": 4}
    integrator = mi.load_dict({"type": "aov", "aovs": "albedo:albedo,normal:sh_normal", "path": path})
    sampler = mi.load_dict({"type": "independent"})
    sampler.seed(seed, camera.width * camera.height * samples)
    # not mi.render: it traces everything twice (mitsuba 3.9.1)
    colour, _, aovs = integrator.sample(scene, sampler, _camera_rays(camera, pose, samples))
    albedo, normal = aovs[-6:-3], aovs[-3:]
    import_module("drjit").eval(colour, albedo, normal)  # together: one kernel
    means = [_pixel_means(layer, camera, samples) for layer in ([*colour], albedo, normal)]
    return _denoise(*means)


def cast_mask(shape: Any, camera: Camera, pose: Pose, bounds: Float[np.ndarray, "4"], grid: int = 4) -> Mask:
    """True where at least half of a pixel's grid x grid rays meet the shape.

    Args:
        shape: a scene of the object alone, in the pose's world.
        bounds: pixels outside left, top, right, bottom are known to be empty.
        grid: rays per pixel and axis, on a regular grid of subpixel centres.
    """
    mask = np.zeros((camera.height, camera.width), bool)
    left, top = np.maximum(np.floor(bounds[:2]).astype(int) - 1, 0)
    right = min(int(np.ceil(bounds[2])) + 1, camera.width)
    bottom = min(int(np.ceil(bounds[3])) + 1, camera.height)
    if right <= left or bottom <= top:
        return mask
    x = left + (np.arange((right - left) * grid) + 0.5) / grid
    y = top + (np.arange((bottom - top) * grid) + 0.5) / grid
    hits = cast_rays(shape, camera, pose, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    counts = hits.reshape(bottom - top, grid, right - left, grid).sum(axis=(1, 3))
    mask[top:bottom, left:right] = 2 * counts >= grid * grid
    return mask


def cast_rays(shape: Any, camera: Camera, pose: Pose, pixels: Float[np.ndarray, "n 2"]) -> np.ndarray:
    """(n,) whether the ray through each pixel position meets anything."""
    return np.asarray(shape.ray_test(_rays(camera, pose, pixels)))


def first_hit_m(shape: Any, camera: Camera, pose: Pose, pixels: Float[np.ndarray, "n 2"]) -> np.ndarray:
    """(n,) distance along the ray through each pixel position to the first surface; infinite for none."""
    return np.asarray(shape.ray_intersect_preliminary(_rays(camera, pose, pixels)).t)


def _rays(camera: Camera, pose: Pose, pixels: np.ndarray) -> Any:
    mi = mitsuba()
    origin, directions = rays(camera, pose, pixels)
    d = np.ascontiguousarray(directions.T, np.float32)
    return mi.Ray3f(mi.Point3f(*(float(c) for c in origin)), mi.Vector3f(d[0], d[1], d[2]))


def _camera_rays(camera: Camera, pose: Pose, samples: int) -> Any:
    """One ray per sample, pixel by pixel; every pixel is sampled on the same golden-ratio lattice."""
    mi, dr = mitsuba(), import_module("drjit")
    index = dr.arange(mi.UInt32, camera.width * camera.height * samples)
    width, count = dr.opaque(mi.UInt32, camera.width), dr.opaque(mi.UInt32, samples)
    pixel, sample = index // count, mi.Float(index % count) + 0.5
    golden = sample * 0.6180339887
    x = mi.Float(pixel % width) + sample / mi.Float(count)
    y = mi.Float(pixel // width) + golden - mi.Float(mi.UInt32(golden))
    inverse = np.asarray(pose.R).T @ np.linalg.inv(camera.K)
    a, b, c = (mi.Vector3f(column.tolist()) for column in inverse.T)
    centre = mi.Point3f(pose.centre.tolist())
    dr.make_opaque(a, b, c, centre)  # opaque, not literals: one kernel serves every camera and size
    return mi.RayDifferential3f(mi.Ray3f(centre, dr.normalize(a * x + b * y + c)))


def _pixel_means(layer: Sequence[Any], camera: Camera, samples: int) -> np.ndarray:
    shape = (camera.height, camera.width, samples)
    means = np.stack([np.asarray(channel).reshape(shape).mean(axis=2) for channel in layer], axis=-1)
    return np.nan_to_num(means, posinf=0.0, neginf=0.0).astype(np.float32)


def _denoise(colour: np.ndarray, albedo: np.ndarray, normal: np.ndarray) -> np.ndarray:
    # walls and glass have no albedo: black in both the pixel and its neighbours' blends, which the denoiser can follow
    out = require("pyoidn", "render").denoise(
        np.ascontiguousarray(colour),
        albedo=np.ascontiguousarray(np.clip(albedo, 0, 1)),
        normal=np.ascontiguousarray(normal),
        hdr=True,
        clean_aux=True,
        quality="balanced",
    )
    return np.maximum(out, 0)
