"""Poses, floor and unit that cannot be right are named; those that may be are not."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cleanplate.geometry import Camera, Pose, look_at, pixel_centres, rotation_z
from cleanplate.hull.plausible import doubts

CAMERA = Camera(160, 128, np.array([[260.0, 0, 80], [0, 260, 64], [0, 0, 1]]))


def sphere(scale: float = 1.0, shift: float = 0.0, turn: np.ndarray | None = None) -> tuple[list, list, list]:
    """Views of a sphere of 0.1 m that stands on the floor, in a world that is then scaled, turned and moved."""
    fixed = look_at(np.array([0.0, -0.5, 0.25]), np.array([0, 0, 0.05]))
    poses, masks = [], []
    for angle in range(0, 360, 30):
        pose = Pose(fixed.R @ rotation_z(angle), fixed.t)
        rays = np.linalg.solve(CAMERA.K, np.append(pixel_centres(160, 128), np.ones((128, 160, 1)), -1)[..., None])
        rays = rays[..., 0] / np.linalg.norm(rays[..., 0], axis=-1, keepdims=True)
        centre = pose.to_camera(np.array([[0, 0, 0.05]]))[0]
        masks.append(np.linalg.norm(centre - (rays @ centre)[..., None] * rays, axis=-1) < 0.05)
        world = np.eye(3) if turn is None else turn
        R = pose.R @ world.T
        poses.append(Pose(R, scale * (pose.t - R @ np.array([0, 0, shift]))))
    return masks, [CAMERA] * len(masks), poses


@pytest.mark.parametrize("scale", [0.01, 1.0, 50.0])
def test_a_product_of_any_usual_size_on_the_floor_is_not_doubted(scale):
    assert doubts(*sphere(scale), 0.0) == []


@pytest.mark.parametrize(
    ("world", "message"),
    [
        ({"scale": 1000.0}, "the unit"),
        ({"shift": -0.05}, "the floor: z = 0 cuts off"),
        ({"shift": -0.4}, "nothing of the product is above"),
        ({"shift": 0.05}, "the product would float"),
        ({"turn": Rotation.from_rotvec([1.0, 0, 0]).as_matrix()}, "the turntable's axis lies 57 degrees from z"),
    ],
)
def test_what_cannot_be_right_is_named(world, message):
    assert any(message in doubt for doubt in doubts(*sphere(**world), 0.0))


def test_without_a_floor_none_is_doubted():
    assert doubts(*sphere(shift=-0.4), None) == []
