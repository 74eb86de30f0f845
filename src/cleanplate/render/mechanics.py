"""The rig's own geometry: platen, rim, bolts, base, arm and camera housings, rails, posts, seams, clutter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from trimesh.creation import box as make_box
from trimesh.creation import cylinder as make_cylinder

from cleanplate.render.config import RigConfig
from cleanplate.render.surface import Surface, concatenate_surfaces, prepare_surface

CONTACT_GAP_M = 2.5e-4
"""Between platen and product: below it, rays that leave glass would start inside the platen."""


@dataclass(frozen=True)
class RigParts:
    """One surface for each of the rig's materials; all in the rig frame, platen at 0 degrees."""

    platen: Surface
    """Turns with the platen."""
    rim: Surface
    """Rim and bolts. Turns."""
    painted: Surface
    """Arm, base, clutter, seams."""
    metal: Surface
    """Rails, posts, panel frames."""


def build_parts(rig: RigConfig) -> RigParts:
    """All the rig's surfaces."""
    rng = np.random.default_rng([rig.seed, 0xA2])
    platen = rig.platen
    painted = [*_arm(rig), *_base(rig), *_seams(rig), *_clutter(rig, rng)]
    return RigParts(
        platen=prepare_surface(_disc(platen.radius_m, -platen.thickness_m, -CONTACT_GAP_M)),
        rim=_join(_rim(rig)),
        painted=_join(painted),
        metal=_join([*_rails(rig, rng), *_panel_frames(rig)]),
    )


def wall_axes(rig: RigConfig, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Centre, two half axes and inward normal of a wall; normal = u x v, and v is up on side walls."""
    box = rig.enclosure
    half, middle = box.half_width_m, (box.floor_z_m + box.ceiling_z_m) / 2
    height = (box.ceiling_z_m - box.floor_z_m) / 2
    centre: tuple[float, ...]
    u: tuple[float, ...]
    v: tuple[float, ...]
    if name == "floor":
        centre, u, v = (0, 0, box.floor_z_m), (half, 0, 0), (0, half, 0)
    elif name == "ceiling":
        centre, u, v = (0, 0, box.ceiling_z_m), (-half, 0, 0), (0, half, 0)
    else:
        angle = {"front": -90, "right": 0, "back": 90, "left": 180}[name]
        out = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0]).round(9)
        side = np.cross(out, (0, 0, 1))
        centre, u, v = tuple(out * half + (0, 0, middle)), tuple(side * half), (0, 0, height)
    normal = np.cross(u, v)
    return np.array(centre, float), np.array(u, float), np.array(v, float), normal / np.linalg.norm(normal)


def _join(meshes: list[trimesh.Trimesh]) -> Surface:
    # a scene keeps one material slot per kind of part, so an empty one gets a speck below the floor's centre
    return concatenate_surfaces([prepare_surface(m) for m in meshes] or [speck()])


def speck() -> Surface:
    """A tiny triangle outside every enclosure, to fill an unused slot."""
    return prepare_surface(
        trimesh.Trimesh(np.array([[0, 0, 90], [1e-4, 0, 90], [0, 1e-4, 90]]), [[0, 1, 2]], process=False)
    )


def _disc(radius: float, bottom: float, top: float) -> trimesh.Trimesh:
    disc = make_cylinder(radius, top - bottom, sections=160)
    disc.apply_translation((0, 0, (bottom + top) / 2))
    return disc


def _box(size: tuple[float, float, float], centre: tuple[float, float, float], yaw_deg: float = 0.0) -> trimesh.Trimesh:
    box = make_box(size)
    box.apply_transform(trimesh.transformations.rotation_matrix(np.radians(yaw_deg), (0, 0, 1)))
    box.apply_translation(centre)
    return box


def _rim(rig: RigConfig) -> list[trimesh.Trimesh]:
    p, meshes = rig.platen, []
    if p.rim_width_m > 0.001:
        ring = trimesh.creation.annulus(
            p.radius_m + 2e-4, p.radius_m + p.rim_width_m, p.thickness_m * 0.9, sections=160
        )
        ring.apply_translation((0, 0, -p.thickness_m * 0.45 - 7e-4))
        meshes.append(ring)
    for k in range(p.bolts):
        bolt = make_cylinder(p.bolt_radius_m, 0.0008, sections=16)
        r, a = p.radius_m - 2.5 * p.bolt_radius_m - 0.006, 2 * np.pi * k / p.bolts
        bolt.apply_translation((r * np.cos(a), r * np.sin(a), -CONTACT_GAP_M))
        meshes.append(bolt)
    return meshes


def _base(rig: RigConfig) -> list[trimesh.Trimesh]:
    p, floor = rig.platen, rig.enclosure.floor_z_m
    under = -p.thickness_m - 0.008
    shaft = _disc(0.35 * p.radius_m, floor, under)
    bearing = _disc(0.55 * p.radius_m, under - 0.03, under)
    return [shaft, bearing]


def _arm(rig: RigConfig) -> list[trimesh.Trimesh]:
    """A curved box girder behind the cameras, and the cameras' housings, none in front of a lens."""
    a, meshes = rig.arm, []
    radius, aim = a.distance_m + 0.11, a.aim_height_m
    lowest = np.degrees(np.arcsin(np.clip((rig.enclosure.floor_z_m - aim) / radius, -0.9, 0)))
    stations = np.linspace(lowest, a.last_elevation_deg + 6, 26)
    length = radius * np.radians(stations[1] - stations[0]) * 1.04
    for degrees in (stations[1:] + stations[:-1]) / 2:
        meshes += [_on_arc(make_box((0.05, length, 0.035)), degrees, radius, aim)]
    for degrees in np.linspace(a.first_elevation_deg, a.last_elevation_deg, a.cameras):
        meshes += [_on_arc(make_box((0.055, 0.04, 0.06)), degrees, a.distance_m + 0.05, aim)]
    return meshes


def _on_arc(mesh: trimesh.Trimesh, elevation_deg: float, radius: float, aim: float) -> trimesh.Trimesh:
    """Turn local y along the arc and local z radially, then move out to the elevation."""
    e = np.radians(elevation_deg)
    outward = np.array([0, -np.cos(e), np.sin(e)])
    along = np.array([0, np.sin(e), np.cos(e)])
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([np.cross(along, outward), along, outward], axis=1)
    matrix[:3, 3] = outward * radius + (0, 0, aim)
    mesh.apply_transform(matrix)
    return mesh


def _wall_box(
    rig: RigConfig, wall: str, at: tuple[float, float], size: tuple[float, float], depth: float
) -> trimesh.Trimesh:
    """A box lying on a wall: `at` in wall axes -1..1, `size` in metres along them, `depth` into the room."""
    centre, u, v, normal = wall_axes(rig, wall)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([u / np.linalg.norm(u), v / np.linalg.norm(v), normal], axis=1)
    matrix[:3, 3] = centre + at[0] * u + at[1] * v + normal * depth / 2
    box = make_box((size[0], size[1], depth))
    box.apply_transform(matrix)
    return box


def _seams(rig: RigConfig) -> list[trimesh.Trimesh]:
    box, meshes = rig.enclosure, []
    height = box.ceiling_z_m - box.floor_z_m
    for wall in ("front", "right", "back", "left"):
        for k in range(box.seams):
            x = -1 + 2 * (k + 1) / (box.seams + 1)
            meshes.append(_wall_box(rig, wall, (x, 0), (box.seam_width_m, height), 0.002))
    return meshes


def _panel_frames(rig: RigConfig) -> list[trimesh.Trimesh]:
    meshes = []
    for panel in rig.panels:
        _, u, v, _ = wall_axes(rig, panel.wall)
        w, h, bar = panel.width_m, panel.height_m, 0.025
        du, dv = (w + bar) / 2 / float(np.linalg.norm(u)), (h + bar) / 2 / float(np.linalg.norm(v))
        x, y = panel.centre
        for side in (-1, 1):
            meshes.append(_wall_box(rig, panel.wall, (x + side * du, y), (bar, h + 2 * bar), 0.03))
            meshes.append(_wall_box(rig, panel.wall, (x, y + side * dv), (w, bar), 0.03))
    return meshes


def _rails(rig: RigConfig, rng: np.random.Generator) -> list[trimesh.Trimesh]:
    m, box, meshes = rig.mechanics, rig.enclosure, []
    width, floor = m.rail_width_m, box.floor_z_m
    for k in range(m.rails):
        x = (2 * k - 1) * 0.8 * rig.platen.radius_m
        meshes.append(_box((width, 1.9 * box.half_width_m, width), (x, 0, floor + width / 2)))
    for _ in range(m.posts):
        angle = np.radians(rng.uniform(15, 165))
        reach = rng.uniform(0.85, 0.97) * box.half_width_m
        at = (float(reach * np.cos(angle)), float(reach * np.sin(angle)))
        height = box.ceiling_z_m - floor
        meshes.append(_box((width, width, height), (*at, floor + height / 2), float(rng.uniform(0, 90))))
    return meshes


def _clutter(rig: RigConfig, rng: np.random.Generator) -> list[trimesh.Trimesh]:
    box, meshes = rig.enclosure, []
    for _ in range(rig.mechanics.clutter):
        wall = str(rng.choice(["back", "back", "left", "right"]))
        at = (float(rng.uniform(-0.7, 0.7)), float(rng.uniform(-0.6, 0.2)))
        size = (float(rng.uniform(0.02, 0.15)), float(rng.uniform(0.02, 0.15)))
        if rng.random() < 0.4:  # a cable duct
            size = (0.012, float(rng.uniform(0.3, 0.9)) * (box.ceiling_z_m - box.floor_z_m))
            at = (at[0], 0.0)
        meshes.append(_wall_box(rig, wall, at, size, float(rng.uniform(0.008, 0.05))))
    return meshes
