"""Baking photographs into a texture."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from cleanplate.asset.atlas import unwrap
from cleanplate.asset.blend import Surface, blend, exposures
from cleanplate.asset.fill import fill_gutters, fill_unseen
from cleanplate.asset.model import ROUGHNESS, Model
from cleanplate.asset.occlusion import ambient_occlusion
from cleanplate.asset.photos import Photos
from cleanplate.asset.relief import bake_relief
from cleanplate.asset.texels import Texels, locate
from cleanplate.geometry import Mesh
from cleanplate.types import Image

FILL_WEIGHT = 1e-5
"""Of the colour spread over the mesh from seen vertices, against a view's weight of about 1."""


def texture_mesh(
    mesh: Mesh, photos: Photos, texture_size: int = 2048, detail: Mesh | None = None
) -> tuple[Model, float]:
    """Bake posed photographs into a texture.

    Every texel blends the views by resolution, angle, distance from mask and occlusion edges (`blend`); exposure is
    levelled first; what no view saw takes the colour of what surrounds it on the surface; gutters are filled.

    Args:
        mesh: in the world, metres.
        texture_size: texels along the square texture's side.
        detail: the mesh before it was simplified, for a normal map of what was lost; None for none.

    Returns:
        The model, still in the world's axes, and the fraction of its texels that a photograph saw.
    """
    vertices, faces, all_normals = mesh.vertices, mesh.faces, mesh.normals
    surface = Surface(mesh, all_normals)
    gains = exposures(surface, photos)
    atlas = unwrap(vertices, faces, texture_size)
    texels = locate(atlas, faces, texture_size)
    normals = texels.interpolate(all_normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    # The vertices ride along, for the colours to spread from.
    count = len(vertices)
    points = np.concatenate([vertices.astype(np.float32), texels.interpolate(vertices)])
    baked = blend(points, np.concatenate([all_normals.astype(np.float32), normals]), surface, photos, gains)
    spread = texels.interpolate(fill_unseen(baked.low[:count], baked.weight[:count], faces))
    weight = baked.weight[count:]
    share = (weight / (weight + FILL_WEIGHT))[:, None]
    colours = share * (baked.low[count:] + baked.high[count:]) + (1 - share) * spread
    image = np.zeros((texture_size, texture_size, 3), np.uint8)
    image[texels.painted] = np.clip(np.rint(colours), 0, 255)
    model = Model(
        vertices[atlas.source],
        all_normals[atlas.source],
        atlas.faces,
        uv=np.column_stack([atlas.uv[:, 0], 1.0 - atlas.uv[:, 1]]),
        texture=fill_gutters(image, texels.painted),
        surface=_packed(texels, ambient_occlusion(mesh, all_normals)),
    )
    if detail is not None:
        model = replace(model, relief=bake_relief(model, atlas, detail, texture_size))
    return model, float((weight > 0).mean())


def _packed(texels: Texels, occlusion: Float[np.ndarray, " n"]) -> Image:
    """Return occlusion, roughness and metalness of a surface of which only the shape is known."""
    image = np.full((*texels.painted.shape, 3), (255, round(255 * ROUGHNESS), 0), np.uint8)
    image[texels.painted, 0] = np.rint(255 * np.clip(texels.interpolate(occlusion[:, None])[:, 0], 0, 1))
    return fill_gutters(image, texels.painted)
