"""The exact hull, by its definition: a point is inside if it projects into every mask and is above the floor.

Two readings: of the masks as given (the pixel that covers the projection is foreground), and of the shape itself
(the same with silhouettes eight times as fine, pixel 0.055 mm), which knows nothing of pixels.
"""

from dataclasses import dataclass

import numba
import numpy as np
from hull_shapes import CAMERA

from cleanplate.evaluate.occupancy import occupancy
from cleanplate.geometry import Mesh, Pose


@numba.njit(cache=True, nogil=True)
def _inside(points: np.ndarray, projections: np.ndarray, masks: np.ndarray, factor: int) -> np.ndarray:
    result = np.empty(len(points), np.bool_)
    for n in range(len(points)):
        x, y, z = points[n]
        inside = z > 0
        for v in range(len(projections)):
            if not inside:
                break
            P = projections[v]
            w = P[2, 0] * x + P[2, 1] * y + P[2, 2] * z + P[2, 3]
            i = int(np.floor(factor * (P[0, 0] * x + P[0, 1] * y + P[0, 2] * z + P[0, 3]) / w))
            j = int(np.floor(factor * (P[1, 0] * x + P[1, 1] * y + P[1, 2] * z + P[1, 3]) / w))
            bit = j * (CAMERA_WIDTH * factor) + i
            ok = 0 <= i < CAMERA_WIDTH * factor and 0 <= j < CAMERA_HEIGHT * factor
            inside = ok and (masks[v, bit >> 3] >> (7 - (bit & 7))) & 1 == 1
        result[n] = inside
    return result


CAMERA_WIDTH, CAMERA_HEIGHT = CAMERA.width, CAMERA.height


@dataclass(frozen=True)
class ExactHull:
    """Membership in the exact hull of binary masks, `factor` times the camera's size; masks are packed bits."""

    projections: np.ndarray
    bits: np.ndarray
    factor: int

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Tell which points (n, 3) are inside."""
        return _inside(points, self.projections, self.bits, self.factor)


def exact_hull(masks: list[np.ndarray], poses: list[Pose], factor: int) -> ExactHull:
    """Prepare the exact hull of binary masks."""
    projections = np.stack([CAMERA.K @ np.column_stack([pose.R, pose.t]) for pose in poses])
    return ExactHull(projections, np.stack([np.packbits(mask.ravel()) for mask in masks]), factor)


@dataclass(frozen=True)
class Samples:
    """A lattice of points over a box, off any grid of cells: `count` x `count` columns of as many points."""

    low: np.ndarray
    step: np.ndarray
    count: int

    @property
    def points(self) -> np.ndarray:
        """All points, in the order of the occupancies."""
        axes = [self.low[k] + self.step[k] * np.arange(self.count) for k in range(3)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)

    def in_mesh(self, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
        """Tell which points a closed mesh holds, by the parity of crossings along z."""
        return occupancy(Mesh(vertices, faces), self.low, self.step, (self.count,) * 3).ravel()


def lattice(low: np.ndarray, high: np.ndarray, count: int = 200) -> Samples:
    """Lay `count`^3 points over a box, a little beyond it, at irrational offsets."""
    size = (high - low) * 1.04
    step = size / count
    return Samples(low - 0.02 * (high - low) + step * np.array([0.4142, 0.7321, 0.2361]), step, count)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Return intersection over union of two occupancies."""
    return float((a & b).sum() / (a | b).sum())


def surface_error(hull: ExactHull, points: np.ndarray, normals: np.ndarray, reach: float) -> np.ndarray:
    """Return how far along the normals the exact hull's surface is from points, positive outside of them.

    By bisection within +-`reach`, which also bounds the answer.
    """
    low, high = np.full(len(points), -reach), np.full(len(points), reach)
    for _ in range(12):
        middle = (low + high) / 2
        inside = hull.holds(points + middle[:, None] * normals)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return (low + high) / 2
