"""Vertex colours from photographs: what a texture is measured beside."""

import numpy as np
from jaxtyping import UInt8

from cleanplate.asset.blend import Surface, blend, observe
from cleanplate.asset.fill import fill_unseen
from cleanplate.asset.photos import Photos
from cleanplate.geometry import Mesh

VertexColours = UInt8[np.ndarray, "n 3"]


def colour_vertices(mesh: Mesh, photos: Photos) -> VertexColours:
    """Colour a mesh's vertices from posed photographs and their masks.

    Exposure is levelled between views; hidden, grazing and near-outline pixels are left out; vertices that no view
    saw are filled smoothly from those around them.

    Args:
        mesh: in the world, metres.

    Returns:
        RGB, gamma-encoded (sRGB).
    """
    surface = Surface(mesh, mesh.normals)
    seen = blend(mesh.vertices, surface.normals, surface, photos, observe(surface, photos)[1])
    filled = fill_unseen(seen.low + seen.high, seen.weight, mesh.faces)
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8)
