"""A product on a rig, photographed: one capture folder with images, plates, exact masks, poses and the true mesh."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import trimesh

from cleanplate.capture import Capture, View, write_capture
from cleanplate.errors import MeshError
from cleanplate.geometry import Camera, Pose, project, rotation_z
from cleanplate.image import write_image, write_mask
from cleanplate.render.backend import RenderError
from cleanplate.render.config import RigConfig
from cleanplate.render.materials import bsdf_kind, material_bsdf
from cleanplate.render.presets import make_rig
from cleanplate.render.products.tags import material_tags
from cleanplate.render.products.types import Part, Product
from cleanplate.render.response import draw_drift, expose, repoint
from cleanplate.render.rig import Rig, plate_radiance, rig_camera
from cleanplate.render.scene import ProductSurface, build_occluder_scene, build_scene, build_shape_scene
from cleanplate.render.surface import (
    Surface,
    check_mesh,
    check_size,
    concatenate_surfaces,
    prepare_surface,
)
from cleanplate.render.trace import Radiance, cast_mask, first_hit_m, render_radiance
from cleanplate.types import Mask


@dataclass(frozen=True)
class Shot:
    """One picture to take: which camera of the arm, and the platen's angle."""

    camera: int
    platen_deg: float

    @property
    def id(self) -> str:
        return f"cam{self.camera:02d}_{round(self.platen_deg):03d}"


def draw_shots(
    cameras: int, count: int, rng: np.random.Generator, weights: Sequence[float] | None = None
) -> tuple[Shot, ...]:
    """`count` different shots: cameras dealt evenly (or by `weights`), the platen at whole degrees at random.

    Raises:
        ValueError: more shots than cameras x 360.
    """
    if not 0 < count <= cameras * 360:
        raise ValueError(f"cannot take {count} different shots with {cameras} cameras and 360 whole degrees")
    exact = count * (np.full(cameras, 1 / cameras) if weights is None else np.asarray(weights, float) / np.sum(weights))
    quota = np.floor(exact).astype(int)
    # what rounding left over goes to the largest remainders, ties at random
    order = np.lexsort((rng.random(cameras), quota - exact))
    quota[order[: count - quota.sum()]] += 1
    shots = [Shot(c, float(d)) for c in range(cameras) for d in rng.choice(360, quota[c], replace=False)]
    return tuple(sorted(shots, key=lambda s: (s.camera, s.platen_deg)))


def render_capture(product: Product, rig: Rig, folder: Path, asin: str, shots: Sequence[Shot], seed: int) -> Capture:
    """Render one capture into `folder`; a folder that is already there is finished and left alone.

    Everything follows from product, rig, shots and seed. World: z up, origin at the platen's centre, metres,
    turning with the platen. `truth.ply` holds the whole product in it.

    Raises:
        MeshError: a mesh that cannot be rendered; names the product.
        RenderError: the rig stands in front of the product.
    """
    surfaces = product_surfaces(product)
    bare = [s.surface for s in surfaces]
    shape, occluders = build_shape_scene(bare), build_occluder_scene(rig.parts)
    points = np.concatenate([s.vertices for s in bare]).astype(float)
    work = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(work, ignore_errors=True)
    for sub in ("images", "plates", "masks"):
        (work / sub).mkdir(parents=True)
    cameras: dict[str, Camera] = {}
    views = []
    for number, shot in enumerate(shots):
        camera, pose = rig_camera(rig, shot.camera)
        world = Pose(pose.R @ rotation_z(shot.platen_deg), pose.t)
        mask = _true_mask(shape, camera, world, points, rig.quality.mask_grid)
        _refuse_occlusion(product, shot, mask, shape, occluders, camera, pose, world)
        rng = np.random.default_rng([seed, number])
        radiance = _radiance(rig, surfaces, shot, int(rng.integers(2**31)))
        name = f"cam{shot.camera:02d}"
        image = expose(radiance, rig.config.response, rig.light.card, rng)
        write_image(work / f"images/{shot.id}.jpg", image, rig.config.response.jpeg_quality)
        write_mask(work / f"masks/{shot.id}.png", mask)
        if name not in cameras:
            _render_plate(rig, shot.camera, work / f"plates/{name}.jpg", seed)
            cameras[name] = camera
        files = (f"images/{shot.id}.jpg", f"plates/{name}.jpg", f"masks/{shot.id}.png")
        views.append(View(shot.id, name, *files, platen_deg=shot.platen_deg, pose=world))
    truth_mesh(product).export(work / "truth.ply")
    capture = Capture(work, asin, cameras, tuple(views), (*product.tags, *material_tags(product.parts)))
    write_capture(capture)
    work.rename(folder)
    return replace(capture, folder=folder)


def product_surfaces(product: Product) -> list[ProductSurface]:
    """A product's parts made ready to render, one surface per material.

    Raises:
        MeshError: see `check_mesh` and `check_size`; names product and part.
    """
    groups: dict[int, tuple[Part, list[Surface]]] = {}
    for number, part in enumerate(product.parts):
        kind = bsdf_kind(part.material)
        check_mesh(part.mesh, f"{product.name}, part {number} ({part.material.kind})", closed=kind != "opaque")
        surface = prepare_surface(part.mesh)
        texture = _texture(part)
        for other, members in groups.values():
            if other.material == part.material and _texture(other) is texture:
                members.append(surface)
                break
        else:
            groups[number] = (part, [surface])
    if not groups:
        raise MeshError(f"{product.name}: the product has no parts")
    merged = [
        ProductSurface(
            concatenate_surfaces(members),
            material_bsdf(part.material, _texture(part)),
            bsdf_kind(part.material),
        )
        for part, members in groups.values()
    ]
    points = np.concatenate([m.surface.vertices for m in merged])
    check_size(float(np.ptp(points, axis=0).max()), product.name)
    return merged


def truth_mesh(product: Product) -> trimesh.Trimesh:
    """The whole product as one mesh: metres, z up, standing on the platen."""
    bare = [part.mesh for part in product.parts]
    offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in bare[:-1])])
    faces = np.concatenate([b.faces + n for b, n in zip(bare, offsets, strict=True)])
    return trimesh.Trimesh(np.concatenate([b.vertices for b in bare]), faces, process=False)


def subject_radius_m(product: Product, aim_height_m: float) -> float:
    """How far the product reaches from the point that the cameras aim at."""
    points = np.concatenate([p.mesh.vertices for p in product.parts])
    return float(np.linalg.norm(points - (0, 0, aim_height_m), axis=1).max())


def product_rig(product: Product, preset: str, seed: int) -> RigConfig:
    """A rig of a preset whose cameras are aimed at the product's middle and zoomed to it."""
    points = np.concatenate([part.mesh.vertices for part in product.parts])
    middle = float(points[:, 2].max() / 2)
    return make_rig(preset, seed, subject_radius_m(product, middle), middle)


def _texture(part: Part) -> np.ndarray | None:
    return part.texture


def _radiance(rig: Rig, surfaces: list[ProductSurface], shot: Shot, seed: int) -> Radiance:
    # the scene must die before the next is built: live objects are numbered, and the numbers are in the kernels
    camera, pose = rig_camera(rig, shot.camera)
    scene = build_scene(rig.config, rig.parts, rig.light.lightmaps, surfaces, shot.platen_deg)
    return render_radiance(scene, camera, pose, rig.quality.samples, rig.quality.max_depth, seed)


def _true_mask(shape: object, camera: Camera, pose: Pose, points: np.ndarray, grid: int) -> Mask:
    pixels, _ = project(camera, pose, points)
    return cast_mask(shape, camera, pose, np.concatenate([pixels.min(axis=0), pixels.max(axis=0)]), grid)


def _refuse_occlusion(
    product: Product, shot: Shot, mask: Mask, shape: object, rig: object, camera: Camera, pose: Pose, world: Pose
) -> None:
    """The mask says what of the product a camera sees only if nothing of the rig is in front of it."""
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        raise MeshError(f"{product.name}: not one pixel of it is seen by {shot.id}; too small or outside the picture")
    step = max(len(rows) // 4000, 1)
    pixels = np.stack([columns, rows], axis=1)[::step] + 0.5
    distance = first_hit_m(shape, camera, world, pixels)
    seen = np.isfinite(distance)  # a pixel may be half covered though its centre is not
    behind = (first_hit_m(rig, camera, pose, pixels) < distance - 2e-3)[seen]
    if behind.sum() > 0.01 * len(pixels):
        raise RenderError(
            f"{product.name}: the rig hides {behind.sum() / len(pixels):.1%} of it in view {shot.id}; "
            "does the product stand on the platen (z = 0), inside the circle of the cameras?"
        )


def _render_plate(rig: Rig, camera: int, path: Path, seed: int) -> None:
    rng = np.random.default_rng([seed, 0x91A7E, camera])
    drift = draw_drift(rig.config.plate, rig.height, rng)
    radiance = repoint(plate_radiance(rig, camera), drift, rig.plate_margin_px)
    image = expose(radiance, rig.config.response, rig.light.card, rng, drift)
    write_image(path, image, rig.config.response.jpeg_quality)
