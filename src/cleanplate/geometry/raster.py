"""A z-buffer: what of a mesh a camera sees.

Import it from here: `cleanplate.geometry` leaves it out, since numba takes long to import.
"""

from typing import no_type_check

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from cleanplate.geometry.camera import Camera
from cleanplate.geometry.pose import Pose
from cleanplate.geometry.projection import project
from cleanplate.types import Faces, Points

NEAR = 1e-6
"""Triangles with a corner nearer than this to the camera's plane (or behind it) are left out."""


@njit(cache=True, nogil=True)
@no_type_check
def _fill(corners, values, depth, index):
    """Rasterise triangles `corners` (n, 3, 2); keep the largest of `values` (n, 3), interpolated linearly.

    A pixel belongs to a triangle that covers its centre, edges included.
    """
    height, width = depth.shape
    for face in range(len(corners)):
        ax, ay = corners[face, 0]
        bx, by = corners[face, 1]
        cx, cy = corners[face, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if not np.isfinite(area) or area == 0.0:
            continue
        left = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        right = min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        bottom = min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        for row in range(top, bottom + 1):
            y = row + 0.5
            for column in range(left, right + 1):
                x = column + 0.5
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                w = 1.0 - u - v
                if u < 0.0 or v < 0.0 or w < 0.0:
                    continue
                value = u * values[face, 0] + v * values[face, 1] + w * values[face, 2]
                if value > depth[row, column]:
                    depth[row, column] = value
                    index[row, column] = face


def rasterise(
    camera: Camera, pose: Pose, vertices: Points, faces: Faces
) -> tuple[Float[np.ndarray, "h w"], Int[np.ndarray, "h w"]]:
    """Draw a triangle mesh into the camera's z-buffer, sampled at pixel centres.

    Distortion bends the vertices, not the edges between them, so triangles should be small in the image. Inverse
    depth is linear over the image of a plane, which makes the interpolation exact (without distortion).

    Returns:
        Depth along the camera's axis in the world's unit, infinite where nothing is; and the face seen, or -1.
    """
    pixels, z = project(camera, pose, vertices)
    usable = (z[faces] > NEAR).all(axis=1)
    drawn = np.flatnonzero(usable)
    inverse = np.zeros((camera.height, camera.width))
    index = np.full((camera.height, camera.width), -1, np.int64)
    _fill(pixels[faces[drawn]], 1.0 / z[faces[drawn]], inverse, index)
    hit = index >= 0
    index[hit] = drawn[index[hit]]
    depth = np.full_like(inverse, np.inf)
    depth[hit] = 1.0 / inverse[hit]
    return depth, index


def rasterise_flat(corners: Float[np.ndarray, "f 3 2"], width: int, height: int) -> Int[np.ndarray, "{height} {width}"]:
    """Return for each pixel of a flat drawing the triangle that covers its centre, or -1; of several, the first."""
    depth, index = np.full((height, width), -1.0), np.full((height, width), -1, np.int64)
    _fill(corners, np.zeros((len(corners), 3)), depth, index)
    return index
