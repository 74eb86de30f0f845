"""A cup's inside: as large as its walls leave, open at the top, and nothing else of the shape changed."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from cleanplate.errors import MeshError
from cleanplate.geometry import Mesh, write_mesh
from cleanplate.hull import hollowed, write_vessel

RADIUS, HEIGHT = 0.04, 0.1


def cylinder() -> trimesh.Trimesh:
    made = trimesh.creation.cylinder(RADIUS, HEIGHT, sections=96)
    made.apply_translation([0, 0, HEIGHT / 2])
    return made


def mug() -> Mesh:
    """A cylinder with a ring as its handle, under the lid that silhouettes leave over an opening."""
    lid = trimesh.creation.cone(RADIUS, 0.006, sections=96)
    lid.apply_translation([0, 0, HEIGHT - 1e-4])
    handle = trimesh.creation.torus(0.025, 0.005)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    handle.apply_translation([0.055, 0, 0.055])
    return Mesh.of(trimesh.boolean.union([cylinder(), lid, handle]))


@pytest.mark.parametrize("wall", [0.002, 0.004])
def test_the_inside_is_what_the_walls_leave(wall: float) -> None:
    solid = mug()
    cup = hollowed(solid, wall)
    assert cup.is_watertight
    room = np.pi * (RADIUS - wall) ** 2 * (HEIGHT - wall)
    lid = np.pi * RADIUS**2 * 0.006 / 3
    # Its lower edge is round: a little less than a cylinder's room.
    assert 0.93 * room < solid.volume - cup.volume - lid < 1.01 * room
    low, high = cup.vertices.min(axis=0), cup.vertices.max(axis=0)
    assert low == pytest.approx(solid.vertices.min(axis=0), abs=1e-6)
    assert high[2] == pytest.approx(HEIGHT, abs=0.001)
    assert high[0] == pytest.approx(solid.vertices[:, 0].max(), abs=1e-6)


def test_walls_and_bottom_are_as_thick_as_asked_and_the_handle_stays_solid() -> None:
    wall = 0.003
    cup = hollowed(mug(), wall)
    across = np.hypot(cup.vertices[:, 0], cup.vertices[:, 1])
    inner = (across < RADIUS - 0.3 * wall) & (cup.vertices[:, 2] > 0.3 * wall)
    inner &= cup.vertices[:, 0] < 0  # the handle is on the other side
    side = inner & (cup.vertices[:, 2] > 0.03) & (cup.vertices[:, 2] < 0.09)
    assert RADIUS - across[side].max() == pytest.approx(wall, abs=0.0008)
    assert cup.vertices[inner, 2].min() == pytest.approx(wall, abs=0.0008)
    outside = cup.vertices[:, 0] > RADIUS + 1e-4
    middle = np.hypot(cup.vertices[outside, 0] - 0.055, cup.vertices[outside, 2] - 0.055)
    assert np.abs(np.hypot(middle - 0.025, cup.vertices[outside, 1]) - 0.005).max() < 2e-4


def test_what_is_no_cup_is_refused_by_name(tmp_path: Path) -> None:
    write_mesh(tmp_path / "hull.ply", Mesh.of(cylinder()))
    with pytest.raises(MeshError, match=r"hull\.ply: walls of 50\.0 mm leave no room"):
        write_vessel(tmp_path / "hull.ply", tmp_path / "out.ply", 0.05)
    peak = trimesh.creation.cone(RADIUS, HEIGHT, sections=48)
    with pytest.raises(MeshError, match="no rim was found"):
        hollowed(Mesh.of(peak), 0.002)
    torn = cylinder()
    with pytest.raises(MeshError, match="not watertight"):
        hollowed(Mesh(np.asarray(torn.vertices), np.asarray(torn.faces[1:])), 0.002)
