"""The soft shadow that a product casts on a white floor under an even sky."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.asset.occlusion import openness
from cleanplate.asset.photos import smooth_step
from cleanplate.geometry import Camera, Mesh, Pose, pixel_centres, rays

CELLS = 160
"""Along the floor's side."""
MARGIN = 0.35
"""Of the product's longest side that the floor reaches beyond it; there the shadow has faded out."""
DIRECTIONS = 240
"""Of the sky and the ground together."""
DARKEST = 0.55
"""Light taken away where the product stands."""
CLOSE = 1.8
"""Power of the hidden sky: the shadow keeps to where the product touches the floor."""
FRAME = 0.1
"""Of the picture's side over which the shadow fades out towards its border, which has to be white."""


@dataclass(frozen=True)
class Floor:
    """A square piece of floor.

    Attributes:
        low: its corner of least x and y, and its height, in the world, metres.
        side: metres.
        shade: light taken away, 0..1, by cell: rows along y, columns along x.
    """

    low: Float[np.ndarray, "3"]
    side: float
    shade: Float[np.ndarray, "c c"]


def shaded_floor(mesh: Mesh) -> Floor:
    """Return the floor under a product, at its lowest point."""
    import cv2

    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    margin = MARGIN * float((high - low).max())
    side = float((high - low)[:2].max()) + 2 * margin
    corner = np.array([*((low + high)[:2] - side) / 2, low[2]])
    steps = (np.arange(CELLS) + 0.5) / CELLS * side
    x, y = np.meshgrid(corner[0] + steps, corner[1] + steps)
    points = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, corner[2])])
    up = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    hidden = 1 - openness(mesh, points, up, DIRECTIONS).reshape(CELLS, CELLS)
    hidden = cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), 1.5)
    edge = np.minimum.reduce([x - corner[0], y - corner[1], corner[0] + side - x, corner[1] + side - y])
    return Floor(corner, side, (DARKEST * hidden**CLOSE * smooth_step(edge / margin)).astype(np.float32))


def shade_seen(floor: Floor, camera: Camera, pose: Pose) -> Float[np.ndarray, "h w"]:
    """Return the light, 0..1, that the floor sends a camera, product left out; 1 beyond it, or seen from below.

    Towards the picture's border the shadow fades out.
    """
    import cv2

    origin, directions = rays(camera, pose, pixel_centres(camera.width, camera.height).reshape(-1, 2))
    down = directions[:, 2] < -1e-6
    if origin[2] <= floor.low[2] or not down.any():
        return np.ones((camera.height, camera.width), np.float32)
    reach = np.where(down, (floor.low[2] - origin[2]) / np.where(down, directions[:, 2], -1.0), 0.0)
    places = (origin[:2] + reach[:, None] * directions[:, :2] - floor.low[:2]) / floor.side * CELLS - 0.5
    places[~down] = -10.0
    maps = np.clip(places, -10, 10 * CELLS).reshape(camera.height, camera.width, 2).astype(np.float32)
    shade = cv2.remap(floor.shade, maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return (1 - shade * _ramp(camera.height)[:, None] * _ramp(camera.width)).astype(np.float32)


def _ramp(count: int) -> Float[np.ndarray, " n"]:
    """Return 1, but near both ends a smooth way down to 0."""
    place = (np.arange(count) + 0.5) / count
    return smooth_step((np.minimum(place, 1 - place) - 0.5 / count) / FRAME)
