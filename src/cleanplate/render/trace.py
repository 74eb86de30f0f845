"""Denoised radiance images and exact masks of a scene seen by a camera."""

from __future__ import annotations

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
    path = {"type": "path", "max_depth": max_depth, "rr_depth": 6}
    integrator = mi.load_dict({"type": "aov", "aovs": "albedo:albedo,normal:sh_normal", "path": path})
    pixels = mi.render(scene, sensor=_sensor(camera, pose), integrator=integrator, seed=seed, spp=samples)
    layers = np.nan_to_num(np.asarray(pixels, dtype=np.float32), posinf=0.0, neginf=0.0)
    return _denoise(layers[..., :3], layers[..., 3:6], layers[..., 6:9])


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


def _sensor(camera: Camera, pose: Pose) -> Any:
    mi = mitsuba()
    fx, cx, cy = camera.K[0][0], camera.K[0][2], camera.K[1][2]
    to_world = np.eye(4)
    to_world[:3, :3] = np.asarray(pose.R).T * (-1, -1, 1)  # Mitsuba's camera: x left, y up, z forward
    to_world[:3, 3] = pose.centre
    return mi.load_dict(
        {
            "type": "perspective",
            "fov_axis": "x",
            "fov": float(np.degrees(2 * np.arctan(camera.width / 2 / fx))),
            "principal_point_offset_x": float(cx / camera.width - 0.5),
            "principal_point_offset_y": float(cy / camera.height - 0.5),
            "near_clip": 0.001,
            "to_world": mi.ScalarTransform4f(to_world),
            "film": {
                "type": "hdrfilm",
                "width": camera.width,
                "height": camera.height,
                "rfilter": {"type": "box"},
                "pixel_format": "rgb",
                "component_format": "float32",
            },
            "sampler": {"type": "independent"},
        }
    )


def _denoise(colour: np.ndarray, albedo: np.ndarray, normal: np.ndarray) -> np.ndarray:
    # what shines by itself has no albedo: its own colour guides the denoiser better than black
    lit = albedo.max(axis=-1, keepdims=True) < 1e-3
    guide = np.where(lit, np.clip(colour, 0, 1), np.clip(albedo, 0, 1))
    out = require("pyoidn", "render").denoise(
        np.ascontiguousarray(colour),
        albedo=np.ascontiguousarray(guide, np.float32),
        normal=np.ascontiguousarray(normal),
        hdr=True,
        quality="balanced",
    )
    return np.maximum(out, 0)
