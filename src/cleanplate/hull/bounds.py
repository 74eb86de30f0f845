"""Where the product can be: the box around the views' bounding cones."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from cleanplate.errors import MeshError
from cleanplate.geometry import Camera, Pose, pixels_to_directions
from cleanplate.hull.silhouettes import SoftMask, touches_border

SLACK = 1.0
"""Pixels by which a cone is widened, so that rounding never cuts the silhouette."""


def _cone(mask: SoftMask, camera: Camera, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Return half spaces `normals @ x <= offsets` around everything that projects into the mask's bounding box."""
    rows, columns = (np.flatnonzero((mask >= 0.5).any(axis=axis)) for axis in (1, 0))
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    along = np.linspace(0, 1, 16)[:, None]
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)
    frame = np.concatenate([a + along * (b - a) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)])
    ideal = pixels_to_directions(camera, frame)[:, :2]
    slack = SLACK / np.linalg.svd(camera.K[:2, :2], compute_uv=False)[-1]
    (x0, y0), (x1, y1) = ideal.min(axis=0) - slack, ideal.max(axis=0) + slack
    planes = np.array([[-1, 0, x0], [1, 0, -x1], [0, -1, y0], [0, 1, -y1], [0, 0, -1]])
    return planes @ pose.R, -planes @ pose.t


def bounding_box(
    masks: Sequence[SoftMask], cameras: Sequence[Camera], poses: Sequence[Pose], floor: float | None
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Return the lowest and highest corner of the smallest box around what all cones share, by linear programmes.

    Views whose mask touches the picture's border bound nothing.

    Raises:
        MeshError: the cones share nothing, or leave a side open.
    """
    from scipy.optimize import linprog

    closed = [(m, c, p) for m, c, p in zip(masks, cameras, poses, strict=True) if not touches_border(m)]
    if not closed:
        raise MeshError("every mask touches the border of its picture, so nothing bounds the product; show it whole")
    normals, offsets = (np.concatenate(part) for part in zip(*(_cone(*view) for view in closed), strict=True))
    if floor is not None:
        normals, offsets = np.vstack([normals, [0, 0, -1]]), np.append(offsets, -floor)
    # Solved about the cameras' middle and in units of their distance, so that any world unit will do.
    centres = np.stack([pose.centre for _, _, pose in closed])
    middle = centres.mean(axis=0)
    scale = max(float(np.linalg.norm(centres - middle, axis=1).max()), 1e-9 + float(np.linalg.norm(middle)))
    offsets = (offsets - normals @ middle) / scale
    corners = []
    for direction in np.concatenate([np.eye(3), -np.eye(3)]):
        answer = linprog(direction, A_ub=normals, b_ub=offsets, bounds=(None, None), method="highs")
        if answer.status == 3:
            raise MeshError("the views leave the product unbounded on one side; add views from other directions")
        if not answer.success:
            raise MeshError(
                "no point projects into every mask: the hull is empty; look for masks of another view or wrong poses"
            )
        corners.append(answer.fun)
    low, high = np.array(corners[:3]), -np.array(corners[3:])
    return middle + scale * low, middle + scale * high
