"""Baking photographs into textures."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from cleanplate.asset.atlas import unwrap
from cleanplate.asset.blend import Levels, Surface, blend, observe, sampled
from cleanplate.asset.fill import fill_gutters, fill_unseen
from cleanplate.asset.materials import GLASS, METAL, Materials, estimate, glass_of
from cleanplate.asset.model import Model
from cleanplate.asset.observe import Light, Observations, fit_light
from cleanplate.asset.occlusion import ambient_occlusion
from cleanplate.asset.photos import Photos
from cleanplate.asset.relief import bake_relief
from cleanplate.asset.texels import Texels, locate
from cleanplate.geometry import Mesh
from cleanplate.image.colour import to_linear, to_srgb
from cleanplate.types import Image, Mask

FILL_WEIGHT = 1e-5
"""Of the colour spread over the mesh from seen vertices, against a view's weight of about 1."""
MOST_LIGHT = 1.6
"""Baked light is taken away up to this factor either way."""


@dataclass(frozen=True)
class Baked:
    """A textured model, still in the world's axes, and what was learnt on the way.

    Attributes:
        seen: fraction of its texels that a photograph saw.
        unseen: the others, whose colour is filled in; of the textures' size.
        materials: at the mesh's vertices.
        light: the set's, which the base colour is freed of.
    """

    model: Model
    seen: float
    unseen: Mask
    materials: Materials
    light: Light


def texture_mesh(
    mesh: Mesh, photos: Photos, texture_size: int = 2048, detail: Mesh | None = None
) -> tuple[Model, float]:
    """Do `bake`; return the model, still in the world's axes, and the fraction of its texels that a photograph saw."""
    baked = bake(mesh, photos, texture_size, detail)
    return baked.model, baked.seen


def bake(
    mesh: Mesh, photos: Photos, texture_size: int = 2048, detail: Mesh | None = None, transparent: bool = False
) -> Baked:
    """Bake posed photographs into textures.

    Every texel blends the views by resolution, angle, distance from mask and occlusion edges (`blend`); exposure is
    levelled first; what no view saw takes the colour of what surrounds it on the surface; the set's light is taken
    away; gutters are filled. Occlusion comes from the shape, roughness, metalness and glass from what the photographs
    say (`materials`).

    Args:
        mesh: in the world, metres.
        texture_size: texels along the square textures' side.
        detail: the mesh before it was simplified, for a normal map of what was lost; None for none.
        transparent: the product is known to hold glass.
    """
    vertices, normals = mesh.vertices, mesh.normals
    surface = Surface(mesh, normals)
    observed, levels = observe(surface, photos)
    light = fit_light(observed)
    materials = estimate(vertices, observed, transparent)
    glass = glass_of(mesh, materials, observed, np.arange(len(vertices))[sampled(surface)])
    atlas = unwrap(vertices, mesh.faces, texture_size)
    texels = locate(atlas, mesh.faces, texture_size)
    colours, seen = _colours(texels, surface, photos, levels)
    colours = _without_light(colours, texels, _baked_light(mesh, normals, observed, light, materials))
    if glass is not None:
        clear = texels.interpolate((materials.kind == GLASS).astype(float)[:, None])
        colours += clear * (255 * to_srgb(np.array(glass.tint, np.float32)) - colours)
    image = np.zeros((texture_size, texture_size, 3), np.uint8)
    image[texels.painted] = np.clip(np.rint(colours), 0, 255)
    model = Model(
        vertices[atlas.source],
        normals[atlas.source],
        atlas.faces,
        uv=np.column_stack([atlas.uv[:, 0], 1.0 - atlas.uv[:, 1]]),
        texture=fill_gutters(image, texels.painted),
        surface=_packed(texels, ambient_occlusion(mesh, normals), materials),
        glass=glass,
    )
    if detail is not None:
        model = replace(model, relief=bake_relief(model, atlas, detail, texture_size))
    unseen = np.zeros(image.shape[:2], bool)
    unseen[texels.painted] = seen <= 0
    return Baked(model, float((seen > 0).mean()), unseen, materials, light)


def _colours(texels: Texels, surface: Surface, photos: Photos, levels: Levels) -> tuple[np.ndarray, np.ndarray]:
    """Return each texel's colour, 0..255, gamma-encoded, and how well it was seen."""
    mesh, count = surface.mesh, len(surface.mesh.vertices)
    normals = texels.interpolate(surface.normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    # The vertices ride along, for the colours to spread from.
    points = np.concatenate([mesh.vertices.astype(np.float32), texels.interpolate(mesh.vertices)])
    baked = blend(points, np.concatenate([surface.normals.astype(np.float32), normals]), surface, photos, levels)
    spread = texels.interpolate(fill_unseen(baked.low[:count], baked.weight[:count], mesh.faces))
    weight = baked.weight[count:]
    share = (weight / (weight + FILL_WEIGHT))[:, None]
    return share * (baked.low[count:] + baked.high[count:]) + (1 - share) * spread, weight


def _baked_light(
    mesh: Mesh, normals: np.ndarray, seen: Observations, light: Light, materials: Materials
) -> Float[np.ndarray, " n"]:
    """Return the light that the average over the views holds at each vertex, against the set's mean; 1 if not matt.

    What a mirror shows is not the light that falls on it, and what comes through glass is not either.
    """
    logs, total = np.zeros(len(normals)), np.full(len(normals), 1e-9)
    for centre, azimuth in zip(seen.centres, seen.azimuth, strict=True):
        toward = centre - mesh.vertices
        facing = np.maximum((toward * normals).sum(axis=1) / np.linalg.norm(toward, axis=1), 0.0)
        logs += facing * np.log(light.shading(normals, float(azimuth)))
        total += facing
    factor = np.clip(np.exp(logs / total), 1 / MOST_LIGHT, MOST_LIGHT)
    return np.where(materials.kind < METAL, factor, 1.0)


def _without_light(
    colours: Float[np.ndarray, "t 3"], texels: Texels, light: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "t 3"]:
    linear = to_linear(np.clip(colours, 0, 255) / 255.0) / texels.interpolate(light[:, None])
    return (255.0 * to_srgb(np.clip(linear, 0.0, 1.0))).astype(np.float32)


def _packed(texels: Texels, occlusion: Float[np.ndarray, " n"], materials: Materials) -> Image:
    """Return occlusion, roughness and metalness, 0..255."""
    values = np.stack([np.clip(occlusion, 0, 1), materials.roughness, materials.kind == METAL], axis=1)
    image = np.zeros((*texels.painted.shape, 3), np.uint8)
    image[texels.painted] = np.rint(255 * np.clip(texels.interpolate(values), 0, 1))
    return fill_gutters(image, texels.painted)
