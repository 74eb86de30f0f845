"""A lens curve that folds back is refused where the product is seen, and only there."""

import numpy as np
import pytest

from cleanplate.errors import ImageError
from cleanplate.geometry import Camera, folds_back, look_at, rotation_z
from cleanplate.geometry.pose import Pose
from cleanplate.hull import visual_hull

K = np.array([[130.0, 0, 80], [0, 130, 64], [0, 0, 1]])
FOLDING = Camera(160, 128, K, np.array([-0.8, 0.0, 0.0, 0.0, 0.0]))
"""Its curve turns around at r = 1 / sqrt(3 * 0.8) = 0.65, which it shows at 0.43: beyond 56 pixels from the middle."""


def views(offset: float) -> tuple[list[np.ndarray], list[Pose]]:
    """Discs of 20 pixels that lie `offset` pixels off the middle, from around."""
    fixed = look_at(np.array([0.0, -0.5, 0.2]), np.zeros(3))
    rows, columns = np.mgrid[:128, :160] + 0.5
    mask = np.hypot(columns - 80 - offset, rows - 64) < 10
    return [mask] * 8, [Pose(fixed.R @ rotation_z(45.0 * n), fixed.t) for n in range(8)]


def test_where_the_product_is_seen_it_is_refused_and_elsewhere_it_does_no_harm() -> None:
    assert not folds_back(FOLDING, within=0.3)
    masks, poses = views(0.0)
    assert visual_hull(masks, [FOLDING] * 8, poses, 32).volume > 0
    masks, poses = views(60.0)
    with pytest.raises(ImageError, match=r"in view 0 the product reaches where .* folds back; calibrate the lens"):
        visual_hull(masks, [FOLDING] * 8, poses, 32)
