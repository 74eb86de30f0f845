"""Vertex colours from photographs."""

import numpy as np
from jaxtyping import UInt8

from cleanplate.asset.blend import Surface, blend, exposures
from cleanplate.asset.fill import fill_unseen
from cleanplate.asset.photos import Photos
from cleanplate.types import Faces, Points

VertexColours = UInt8[np.ndarray, "n 3"]


def vertex_normals(vertices: Points, faces: Faces) -> Points:
    """Return unit outward normals, the mean of the adjacent triangles' weighted by area.

    A vertex whose triangles cancel out gets +z.
    """
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    cross = np.cross(b - a, c - a)
    total = np.stack([np.bincount(faces.ravel(), np.repeat(cross[:, k], 3), len(vertices)) for k in range(3)], axis=1)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 0, total / np.maximum(length, 1e-300), [0.0, 0.0, 1.0])


def colour_vertices(vertices: Points, faces: Faces, photos: Photos) -> VertexColours:
    """Colour a mesh's vertices from posed photographs and their masks.

    Exposure is levelled between views; hidden, grazing and near-outline pixels are left out; vertices that no view
    saw are filled smoothly from those around them.

    Args:
        vertices: in the world, metres.

    Returns:
        RGB, gamma-encoded (sRGB).
    """
    surface = Surface(vertices, vertex_normals(vertices, faces), faces)
    seen = blend(vertices, surface.normals, surface, photos, exposures(surface, photos))
    filled = fill_unseen(seen.low + seen.high, seen.weight, faces)
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8)
