"""Which point of the mesh each texel of its atlas shows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.asset.atlas import Atlas
from cleanplate.geometry.raster import rasterise_flat
from cleanplate.types import Faces


@dataclass(frozen=True)
class Texels:
    """Where on the mesh the painted texels' centres are.

    Attributes:
        corners, weights: (t, 3) the vertices around each, and its barycentric coordinates; columns lie together in
            memory, which makes interpolation twice as fast.
    """

    painted: Bool[np.ndarray, "h w"]
    corners: np.ndarray
    weights: np.ndarray

    def interpolate(self, values: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "t c"]:
        """Return values given at vertices for every texel, float32."""
        values = values.astype(np.float32)
        return sum(self.weights[:, k, None] * np.take(values, self.corners[:, k], axis=0) for k in range(3))


def locate(atlas: Atlas, faces: Faces, size: int) -> Texels:
    """Return what a texture of `size` texels along the side shows of a mesh; `faces` are those of the uncut mesh."""
    corners = atlas.uv[atlas.faces] * size
    face = rasterise_flat(corners, size, size)
    painted = face >= 0
    rows, columns = np.nonzero(painted)
    face = face[painted]
    a, b, c = (np.take(corners[:, k].astype(np.float32), face, axis=0) for k in range(3))
    p = np.column_stack([columns, rows]).astype(np.float32) + 0.5
    area = _cross(b - a, c - a)
    u, v = _cross(b - p, c - p) / area, _cross(c - p, a - p) / area
    return Texels(painted, np.take(faces.T.astype(np.int32), face, axis=1).T, np.stack([u, v, 1 - u - v]).T)


def _cross(a: Float[np.ndarray, "n 2"], b: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
