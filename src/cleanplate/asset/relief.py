"""A normal map of what simplification took away."""

import numpy as np

from cleanplate.asset.atlas import Atlas
from cleanplate.asset.model import Model
from cleanplate.asset.texels import locate
from cleanplate.geometry import Mesh
from cleanplate.types import Image

NEIGHBOURS = 4
"""Vertices of the fine mesh whose normals a texel averages."""
STEEPEST = 0.5
"""Cosine to the coarse surface below which the nearest fine vertex is another sheet's, such as a thin wall's back."""
FLAT = (128, 128, 255)


def bake_relief(model: Model, atlas: Atlas, detail: Mesh, size: int) -> Image:
    """Return the fine mesh's normals in the tangent space of a textured model, (n + 1) / 2, green up.

    Looked up at half the texture's size: a hull's cells are coarser still.

    Args:
        model: still in the world's axes, with texture coordinates.
        atlas: that it was made with.
        detail: before simplification, in the same place.
        size: texels along the map's side.
    """
    import cv2
    from scipy.spatial import cKDTree

    texels = locate(Atlas(np.arange(len(atlas.source)), atlas.faces, atlas.uv), atlas.faces, size // 2)
    points = texels.interpolate(model.vertices)
    distance, nearest = cKDTree(detail.vertices).query(points, k=NEIGHBOURS, workers=1)
    weight = 1.0 / (distance + 0.25 * distance[:, -1:] + 1e-9)
    fine = np.einsum("nk,nkc->nc", weight / weight.sum(axis=1, keepdims=True), detail.normals[nearest])
    fine /= np.maximum(np.linalg.norm(fine, axis=1, keepdims=True), 1e-12)
    normal = _unit(texels.interpolate(model.normals))
    tangent = texels.interpolate(model.tangents[:, :3])
    tangent = _unit(tangent - normal * (tangent * normal).sum(axis=1, keepdims=True))
    axes = np.stack([tangent, np.cross(normal, tangent), normal], axis=1)
    local = np.einsum("nac,nc->na", axes, fine)
    local[local[:, 2] < STEEPEST] = [0.0, 0.0, 1.0]
    image = np.full((*texels.painted.shape, 3), FLAT, np.uint8)
    image[texels.painted] = np.rint(np.clip((local + 1) * 127.5, 0, 255))
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_NEAREST)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
