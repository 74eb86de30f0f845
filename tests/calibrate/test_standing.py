"""Floor and scale of a world of known poses, told by silhouettes of shapes whose size is known."""

from dataclasses import dataclass

import numpy as np
import pytest
import trimesh

from cleanplate.calibrate import standing
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Mesh, Pose, look_at, rotation_z
from cleanplate.geometry.raster import silhouette

CAMERA = Camera(480, 384, np.array([[960.0, 0, 240], [0, 960, 192], [0, 0, 1]]))


def arm() -> trimesh.Trimesh:
    body = trimesh.creation.box([0.08, 0.05, 0.07]).apply_translation([0.005, 0, 0.035])
    return trimesh.util.concatenate(
        [body, trimesh.creation.box([0.06, 0.015, 0.015]).apply_translation([0.06, 0, 0.05])]
    )


SHAPES = {
    "box with an arm": arm(),
    "can": trimesh.creation.cylinder(0.03, 0.1).apply_translation([0.01, 0, 0.05]),
    "ball": trimesh.creation.icosphere(3, 0.04).apply_translation([0, 0.01, 0.04]),
    "cone": trimesh.creation.cone(0.04, 0.08),
    "lying capsule": trimesh.creation.capsule(0.06, 0.02).apply_transform(
        trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0])
    ),
}


@dataclass
class World:
    """Views of a shape that stands on the floor, in a world of another unit and origin."""

    shape: trimesh.Trimesh
    unit: float
    shift: float
    elevations: tuple[float, ...]

    def views(self) -> tuple[list[np.ndarray], list[Camera], list[Pose]]:
        mesh = Mesh.of(self.shape.copy().apply_translation([0, 0, -self.shape.bounds[0, 2]]))
        masks, poses = [], []
        for elevation in self.elevations:
            place = 0.55 * np.array([0, -np.cos(np.radians(elevation)), np.sin(np.radians(elevation))])
            fixed = look_at(place + np.array([0, 0, 0.04]), np.array([0, 0, 0.04]))
            for turn in range(0, 360, 15):
                pose = Pose(fixed.R @ rotation_z(float(turn)), fixed.t)
                masks.append(silhouette(mesh, CAMERA, pose))
                poses.append(Pose(pose.R, pose.t / self.unit - pose.R @ np.array([0, 0, self.shift])))
        return masks, [CAMERA] * len(masks), poses

    @property
    def height(self) -> float:
        return float(np.ptp(self.shape.bounds[:, 2]))


ROUND = {"ball", "lying capsule"}
"""Their feet are hidden below them, the more so the steeper the views look down."""


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("elevations", [(10.0,), (20.0, 45.0, 70.0)])
def test_the_foot_is_found_and_a_length_tells_the_scale(name: str, elevations: tuple[float, ...]) -> None:
    world = World(SHAPES[name], 0.25, 3.0, elevations)
    views = world.views()
    by_height = standing(*views, height=world.height)
    if name not in ROUND:
        assert by_height.scale == pytest.approx(world.unit, rel=0.02)
        assert (by_height.floor - world.shift) * world.unit == pytest.approx(0, abs=0.02 * world.height)
    assert by_height.steepness == pytest.approx(min(elevations), abs=5)
    both = standing(*views, height=world.height, width=widest(SHAPES[name]))
    assert both.scale == pytest.approx(world.unit, rel=0.02)
    assert (both.floor - world.shift) * world.unit == pytest.approx(0, abs=0.05 * world.height)


def widest(shape: trimesh.Trimesh) -> float:
    plan = shape.vertices[:, :2]
    return float(np.linalg.norm(plan[:, None] - plan[None], axis=-1).max())


def test_without_a_length_the_world_is_in_metres() -> None:
    world = World(arm(), 1.0, -0.4, (20.0,))
    found = standing(*world.views())
    assert found.scale == 1.0
    assert found.floor == pytest.approx(-0.4, abs=0.003)
    assert (found.width, found.height) == pytest.approx((widest(arm()), 0.07), rel=0.02)


def test_of_many_heights_those_are_asked_that_see_the_foot() -> None:
    masks, cameras, poses = World(SHAPES["can"], 1.0, 0.2, (12.0, 30.0, 55.0, 80.0)).views()
    order = np.random.default_rng(0).permutation(len(masks))[:40]
    found = standing([masks[n] for n in order], [cameras[n] for n in order], [poses[n] for n in order])
    assert (found.floor, found.height) == pytest.approx((0.2, 0.1), abs=0.003)


def test_views_that_hide_the_foot_are_refused() -> None:
    masks, cameras, poses = World(SHAPES["ball"], 1.0, 0.0, (75.0,)).views()
    with pytest.raises(CaptureError, match=r"looks down by 7\d degrees.*give its width"):
        standing(masks, cameras, poses, height=0.08)
    assert standing(masks, cameras, poses, width=0.08).scale == pytest.approx(1.0, rel=0.03)
    with pytest.raises(CaptureError, match="fewer than three masks"):
        standing([mask & False for mask in masks], cameras, poses, height=0.07)
