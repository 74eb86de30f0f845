"""Baking photographs into a texture."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.asset.atlas import Atlas, unwrap
from cleanplate.asset.blend import Surface, blend, exposures
from cleanplate.asset.fill import fill_gutters, fill_unseen
from cleanplate.asset.model import ROUGHNESS, Model
from cleanplate.asset.occlusion import ambient_occlusion
from cleanplate.asset.photos import Photos
from cleanplate.geometry import Mesh
from cleanplate.geometry.raster import rasterise_flat
from cleanplate.types import Faces, Image

FILL_WEIGHT = 1e-5
"""Of the colour spread over the mesh from seen vertices, against a view's weight of about 1."""


def texture_mesh(mesh: Mesh, photos: Photos, texture_size: int = 2048) -> tuple[Model, float]:
    """Bake posed photographs into a texture.

    Every texel blends the views by resolution, angle, distance from mask and occlusion edges (`blend`); exposure is
    levelled first; what no view saw takes the colour of what surrounds it on the surface; gutters are filled.

    Args:
        mesh: in the world, metres.
        texture_size: texels along the square texture's side.

    Returns:
        The model, still in the world's axes, and the fraction of its texels that a photograph saw.
    """
    vertices, faces, all_normals = mesh.vertices, mesh.faces, mesh.normals
    surface = Surface(mesh, all_normals)
    gains = exposures(surface, photos)
    atlas = unwrap(vertices, faces, texture_size)
    texels = _locate(atlas, faces, texture_size)
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
    return model, float((weight > 0).mean())


def _packed(texels: "_Texels", occlusion: Float[np.ndarray, " n"]) -> Image:
    """Return occlusion, roughness and metalness of a surface of which only the shape is known."""
    image = np.full((*texels.painted.shape, 3), (255, round(255 * ROUGHNESS), 0), np.uint8)
    image[texels.painted, 0] = np.rint(255 * np.clip(texels.interpolate(occlusion[:, None])[:, 0], 0, 1))
    return fill_gutters(image, texels.painted)


@dataclass(frozen=True)
class _Texels:
    """Where on the mesh the painted texels' centres are."""

    painted: Bool[np.ndarray, "h w"]
    corners: np.ndarray
    weights: np.ndarray

    def interpolate(self, values: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "t c"]:
        """Return values given at vertices for every texel, float32."""
        values = values.astype(np.float32)
        return sum(self.weights[:, k, None] * values[self.corners[:, k]] for k in range(3))


def _locate(atlas: Atlas, faces: Faces, size: int) -> _Texels:
    corners = atlas.uv[atlas.faces] * size
    face = rasterise_flat(corners, size, size)
    painted = face >= 0
    rows, columns = np.nonzero(painted)
    face = face[painted]
    a, b, c = (corners[face, k].astype(np.float32) for k in range(3))
    p = np.column_stack([columns, rows]).astype(np.float32) + 0.5
    area = _cross(b - a, c - a)
    u, v = _cross(b - p, c - p) / area, _cross(c - p, a - p) / area
    return _Texels(painted, faces[face], np.stack([u, v, 1 - u - v], axis=1))


def _cross(a: Float[np.ndarray, "n 2"], b: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
