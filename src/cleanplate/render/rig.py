"""A rig ready to take pictures: its geometry, baked light, cameras, and plates rendered once per camera."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.files import atomic_path
from cleanplate.geometry import Camera, Pose, look_at
from cleanplate.render.bake import BakedLight, bake_light
from cleanplate.render.config import Quality, RigConfig
from cleanplate.render.mechanics import RigParts, build_parts
from cleanplate.render.scene import WALLS, build_scene
from cleanplate.render.trace import Radiance, render_radiance

CACHE = Path.home() / ".cache" / "cleanplate" / "rigs"
_VERSION = 2  # of what is cached: raise it when a rig's pictures change


@dataclass(frozen=True)
class Rig:
    """A built rig. Make it with `build_rig`."""

    config: RigConfig
    quality: Quality
    width: int
    height: int
    parts: RigParts
    light: BakedLight
    cache: Path

    @property
    def plate_margin_px(self) -> int:
        """Rendered around each plate so that a pointing error never meets the border."""
        plate = self.config.plate
        roll = np.radians(plate.roll_deg) * np.hypot(self.width, self.height) / 2
        return int(np.ceil(plate.pointing_px * self.height / 512 + roll)) + 2


def build_rig(
    config: RigConfig, width: int, height: int, quality: Quality = Quality(), cache: Path | None = None
) -> Rig:
    """Build a rig's geometry and bake its light, or read the light from the cache.

    Args:
        config: the rig; equal configs share one cache folder.
        width, height: of the images, in pixels.
        cache: the folder of all rigs' caches; by default ~/.cache/cleanplate/rigs.
    """
    spent = (quality.plate_samples, quality.bake_samples, quality.max_depth)
    digest = hashlib.sha256(repr((_VERSION, config, spent, width, height)).encode()).hexdigest()[:16]
    folder = (cache or CACHE) / f"{config.preset}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    parts = build_parts(config)
    return Rig(config, quality, width, height, parts, _cached_light(folder, config, parts, quality), folder)


def rig_camera(rig: Rig, index: int) -> tuple[Camera, Pose]:
    """A camera of the arm and its pose in the rig frame, with the mounting errors that calibration knows."""
    arm = rig.config.arm
    rng = np.random.default_rng([rig.config.seed, 0xCA, index])
    elevation = np.radians(np.linspace(arm.first_elevation_deg, arm.last_elevation_deg, arm.cameras)[index])
    aim = np.array([0.0, 0.0, arm.aim_height_m])
    eye = aim + arm.distance_m * np.array([0.0, -np.cos(elevation), np.sin(elevation)])
    eye = eye + rng.normal(0, arm.pose_jitter_m, 3)
    pose = look_at(eye, aim + rng.normal(0, arm.pose_jitter_m, 3), np.array([0.0, 0.0, 1.0]))
    roll = np.radians(rng.normal(0, arm.roll_jitter_deg))
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    pose = Pose(turn @ pose.R, turn @ pose.t)
    tangent = arm.subject_radius_m / np.sqrt(arm.distance_m**2 - arm.subject_radius_m**2)
    focal = min(rig.height, rig.width) / 2 / (arm.framing * tangent)
    cx, cy = np.array([rig.width, rig.height]) / 2 + rng.normal(0, arm.principal_jitter, 2) * rig.width
    K = np.array([[focal, 0, cx], [0, focal, cy], [0, 0, 1]])
    return Camera(rig.width, rig.height, K, np.zeros(5)), pose


def plate_radiance(rig: Rig, index: int) -> Radiance:
    """The empty set through a camera, with `plate_margin_px` around; rendered once, then read from the cache."""
    path = rig.cache / f"plate{index:02d}.npz"
    if path.exists():
        with np.load(path) as file:
            return file["radiance"].astype(np.float32)
    camera, pose = rig_camera(rig, index)
    m = rig.plate_margin_px
    wide = replace(
        camera,
        width=camera.width + 2 * m,
        height=camera.height + 2 * m,
        K=camera.K + np.array([[0, 0, m], [0, 0, m], [0, 0, 0]]),
    )
    angle = float(np.random.default_rng([rig.config.seed, 0x9A, index]).uniform(0, 360))
    scene = build_scene(rig.config, rig.parts, rig.light.lightmaps, (), angle)
    radiance = render_radiance(scene, wide, pose, rig.quality.plate_samples, rig.quality.max_depth, seed=index)
    stored = np.minimum(radiance, 6e4).astype(np.float16)
    _save(path, radiance=stored)
    return stored.astype(np.float32)


def _cached_light(folder: Path, config: RigConfig, parts: RigParts, quality: Quality) -> BakedLight:
    path = folder / "light.npz"
    if path.exists():
        with np.load(path) as stored:
            return BakedLight({wall: stored[wall] for wall in WALLS}, stored["card"])
    light = bake_light(config, parts, quality)
    _save(path, card=light.card, **light.lightmaps)
    return light


def _save(path: Path, **arrays: Any) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
