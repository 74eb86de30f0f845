"""Which view costs the model how much: the volume that hangs on the doubts of one view alone."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from cleanplate.geometry import Camera, Pose, project
from cleanplate.types import Points, ViewProbability

CELLS = 48
"""Along the longest side of the box: a ranking needs no more."""


def volume_at_stake(
    probabilities: Sequence[ViewProbability],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    low: Float[np.ndarray, "3"],
    high: Float[np.ndarray, "3"],
) -> list[float]:
    """Return for each view the volume, in cubic world units, that is expected to be wrong because of it.

    A voxel that all others show hangs on one view: it is there and should not be with that view's probability of
    background, or is carved away and should be there with its probability of foreground.

    Args:
        probabilities, cameras, poses: the views that carve.
        low, high: corners of the product's box.
    """
    cell = float((high - low).max()) / CELLS
    axes = [np.arange(low[k] + cell / 2, high[k], cell) for k in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    seen = np.stack([_at(*view, points) for view in zip(probabilities, cameras, poses, strict=True)])
    denied = seen < 0.5
    count = denied.sum(axis=0)
    wrong = np.where(denied & (count == 1), seen, np.where(count == 0, 1 - seen, 0))
    return [float(share) * cell**3 for share in wrong.sum(axis=1)]


def _at(probability: ViewProbability, camera: Camera, pose: Pose, points: Points) -> Float[np.ndarray, " n"]:
    """Return a view's probability at each point; outside of the picture nothing is denied, and nothing in doubt."""
    xy, _ = project(camera, pose, points)
    with np.errstate(invalid="ignore"):
        inside = (xy >= 0).all(axis=1) & (xy < [camera.width, camera.height]).all(axis=1)
    values = np.ones(len(points), np.float32)
    column, row = xy[inside].astype(int).T
    values[inside] = probability[row, column]
    return values
