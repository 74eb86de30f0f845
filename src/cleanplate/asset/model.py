"""The finished model, in the axes of the files we write."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from cleanplate.types import Image, Points

FRONT_DEG = -90.0
"""The front of a product faces the world's -y, unless said otherwise."""


@dataclass(frozen=True)
class Model:
    """A coloured triangle mesh: metres, y up, base at y = 0, pivot at the base's centre, front towards +z.

    Attributes:
        vertices: positions; those on a texture seam occur more than once.
        normals: unit, outward.
        faces: counter-clockwise seen from outside.
        colours: sRGB of each vertex, where there is no texture.
        uv: texture coordinates, 0..1, v up (row 0 of the texture is at v = 1).
        texture: sRGB.
    """

    vertices: Points
    normals: Points
    faces: Int[np.ndarray, "f 3"]
    colours: UInt8[np.ndarray, "n 3"] | None = None
    uv: Float[np.ndarray, "n 2"] | None = None
    texture: Image | None = None

    def upright(self, front_deg: float = FRONT_DEG) -> "Model":
        """Turn a model in the capture's world (z up) into the files' axes.

        Args:
            front_deg: azimuth in the world, counter-clockwise from +x seen from above, that becomes +z.
        """
        turn = np.radians(-90.0 - front_deg)
        c, s = np.round([np.cos(turn), np.sin(turn)], 15)
        to_front = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        to_y_up = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
        R = to_y_up @ to_front
        vertices = self.vertices @ R.T
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        pivot = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
        return replace(self, vertices=vertices - pivot, normals=self.normals @ R.T)
