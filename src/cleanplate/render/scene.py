"""A rig and a product as a Mitsuba scene of fixed structure, so that compiled kernels are reused.

The walls shine with their own baked light (see bake.py) and end every path: with that, a view costs a few bounces
instead of the dozens that a closed white box asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from cleanplate.render.backend import mitsuba
from cleanplate.render.config import RigConfig
from cleanplate.render.materials import BsdfKind, coated, frosted, glass, principled
from cleanplate.render.mechanics import RigParts, speck, wall_axes
from cleanplate.render.surface import Surface, concatenate_surfaces, turn_surface

WALLS = ("floor", "ceiling", "front", "right", "back", "left")
Lightmaps = dict[str, Float32[np.ndarray, "n n 3"]]
_SLOTS: dict[BsdfKind, int] = {"opaque": 6, "glass": 2, "frosted": 1}
_PANEL_SLOTS = 5


@dataclass(frozen=True)
class ProductSurface:
    """All of a product that shares one material; rig frame at platen angle 0."""

    surface: Surface
    bsdf: dict[str, Any]
    kind: BsdfKind


def build_scene(
    rig: RigConfig,
    parts: RigParts,
    lightmaps: Lightmaps | None,
    product: Sequence[ProductSurface] = (),
    platen_deg: float = 0.0,
) -> Any:
    """A `mitsuba.Scene` in the rig frame, with platen and product turned by `platen_deg`.

    Without lightmaps the walls are diffuse, as baking needs them.
    """
    scene: dict[str, Any] = {"type": "scene"}
    for wall in WALLS:
        scene[f"wall_{wall}"] = _wall(rig, wall, None if lightmaps is None else lightmaps[wall])
    _add_panels(scene, rig)
    _add_rig(scene, rig, parts, platen_deg)
    for kind, slots in _SLOTS.items():
        filled = [p for p in product if p.kind == kind]
        for i in range(max(slots, len(filled))):
            # names sort by kind: the order of instances is part of the scene's structure
            if i < len(filled):
                scene[f"product_{kind}_{i}"] = _mesh(turn_surface(filled[i].surface, platen_deg), filled[i].bsdf)
            else:
                scene[f"product_{kind}_{i}"] = _mesh(speck(), _default_bsdf(kind))
    return mitsuba().load_dict(scene, optimize=False)


def build_shape_scene(surfaces: Sequence[Surface]) -> Any:
    """A scene of bare shapes, to cast rays at; one mesh, since the count of meshes is part of compiled kernels."""
    shape = _mesh(concatenate_surfaces(list(surfaces)), {"type": "diffuse"})
    return mitsuba().load_dict({"type": "scene", "shape": shape}, optimize=False)


def build_occluder_scene(parts: RigParts) -> Any:
    """Those parts of the rig that could stand between a camera and the product."""
    return build_shape_scene([parts.platen, parts.rim, parts.painted, parts.metal])


def _default_bsdf(kind: BsdfKind) -> dict[str, Any]:
    if kind == "opaque":
        return principled((0.5, 0.5, 0.5))
    return glass() if kind == "glass" else frosted()


def _mesh(surface: Surface, bsdf: dict[str, Any]) -> Any:
    mi = mitsuba()
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(bsdf)
    mesh = mi.Mesh(
        "mesh",
        len(surface.vertices),
        len(surface.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = np.ascontiguousarray(surface.vertices).ravel()
    parameters["vertex_normals"] = np.ascontiguousarray(surface.normals).ravel()
    uv = np.stack([surface.uv[:, 0], 1 - surface.uv[:, 1]], axis=1)  # a bitmap's first row is v = 0
    parameters["vertex_texcoords"] = np.ascontiguousarray(uv, np.float32).ravel()
    parameters["faces"] = np.ascontiguousarray(surface.faces).ravel()
    parameters.update()
    return mesh


def _black() -> dict[str, Any]:
    # a mirror that reflects nothing: ends the path without a wasted shadow ray
    return {"type": "conductor", "specular_reflectance": {"type": "rgb", "value": 0.0}}


def _to_world(centre: np.ndarray, u: np.ndarray, v: np.ndarray, normal: np.ndarray) -> Any:
    matrix = np.eye(4)
    matrix[:3, :4] = np.stack([u, v, normal, centre], axis=1)
    return mitsuba().ScalarTransform4f(matrix)


def _wall(rig: RigConfig, wall: str, lightmap: np.ndarray | None) -> dict[str, Any]:
    mi = mitsuba()
    rectangle: dict[str, Any] = {"type": "rectangle", "to_world": _to_world(*wall_axes(rig, wall))}
    if lightmap is None:
        albedo = rig.enclosure.floor_albedo if wall == "floor" else rig.enclosure.wall_albedo
        rectangle["bsdf"] = {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(albedo)}}
    else:
        rectangle["bsdf"] = _black()
        radiance = {"type": "bitmap", "data": mi.TensorXf(lightmap), "raw": True, "wrap_mode": "clamp"}
        rectangle["emitter"] = {"type": "area", "sampling_weight": 0.0, "radiance": radiance}
    return rectangle


def _add_panels(scene: dict[str, Any], rig: RigConfig) -> None:
    for i in range(max(_PANEL_SLOTS, len(rig.panels))):
        if i < len(rig.panels):
            panel = rig.panels[i]
            centre, u, v, normal = wall_axes(rig, panel.wall)
            at = centre + panel.centre[0] * u + panel.centre[1] * v + 0.012 * normal
            u, v = (a / np.linalg.norm(a) * s / 2 for a, s in ((u, panel.width_m), (v, panel.height_m)))
            radiance = list(panel.radiance)
            weight = sum(radiance) * panel.width_m * panel.height_m
        else:  # an unlit speck outside
            at, u, v, normal = np.array([[0, 0, 80.0], [1e-3, 0, 0], [0, 1e-3, 0], [0, 0, 1.0]])
            radiance, weight = [0.0, 0.0, 0.0], 0.0
        scene[f"panel_{i}"] = {
            "type": "rectangle",
            "to_world": _to_world(at, u, v, normal),
            "bsdf": _black(),
            "emitter": {
                "type": "area",
                "sampling_weight": weight,
                "radiance": {"type": "rgb", "value": radiance},
            },
        }


def _add_rig(scene: dict[str, Any], rig: RigConfig, parts: RigParts, platen_deg: float) -> None:
    platen, mechanics = rig.platen, rig.mechanics
    if platen.kind == "glossy":
        surface = principled(platen.colour, roughness=platen.roughness, specular=0.5)
    else:
        surface = principled(platen.colour, roughness=0.9, specular=0.2)
    paint, sheet = turn_surface(parts.platen, platen_deg), speck()
    if platen.kind == "glass":  # painted from below: the two kinds of platen keep their slots
        paint, sheet = sheet, paint
    scene["rig_e_glass"] = _mesh(sheet, coated(platen.colour))
    scene["rig_a_platen"] = _mesh(paint, surface)
    scene["rig_b_rim"] = _mesh(turn_surface(parts.rim, platen_deg), principled(platen.rim_colour, 0.4))
    scene["rig_c_painted"] = _mesh(parts.painted, principled(mechanics.colour, 0.5))
    metal = principled(mechanics.metal_colour, mechanics.metal_roughness, metallic=0.9)
    scene["rig_d_metal"] = _mesh(parts.metal, metal)
