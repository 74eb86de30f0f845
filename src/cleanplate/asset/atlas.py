"""UV atlas."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from cleanplate.types import Faces, Points

PADDING = 4
"""Texels between charts."""


@dataclass(frozen=True)
class Atlas:
    """A mesh cut open along seams.

    Attributes:
        source: for each vertex of the cut mesh, the original vertex.
        faces: in the original order, into the cut mesh's vertices.
        uv: 0..1, v down: row 0 of the texture is at v = 0.
    """

    source: Int[np.ndarray, " m"]
    faces: Int[np.ndarray, "f 3"]
    uv: Float[np.ndarray, "m 2"]


def unwrap(vertices: Points, faces: Faces, texture_size: int) -> Atlas:
    """Cut a mesh into charts and pack them into one square texture (xatlas)."""
    import xatlas

    atlas = xatlas.Atlas()
    # xatlas' tolerances suit meshes of some units: one of a few centimetres, in metres, falls into thousands of charts.
    size = np.ptp(vertices, axis=0).max()
    atlas.add_mesh((vertices / size).astype(np.float32), faces.astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.resolution, packing.padding, packing.bilinear = texture_size, PADDING, True
    atlas.generate(xatlas.ChartOptions(), packing)
    source, cut, uv = atlas[0]
    return Atlas(source.astype(np.int64), cut.astype(np.int64), uv.astype(float))
