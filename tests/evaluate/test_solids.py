"""Hulls beside each other, on bodies whose volumes are known."""

import numpy as np
import pytest
import trimesh

from cleanplate.evaluate import Agreement, compare_solids
from cleanplate.evaluate.occupancy import occupancy
from cleanplate.evaluate.solids import thin_parts
from cleanplate.geometry import Mesh

PIXEL = 0.001


def solid(*parts: trimesh.Trimesh) -> Mesh:
    """Return the union of parts, meshed as finely as a hull is."""
    mesh = trimesh.boolean.union(parts) if len(parts) > 1 else parts[0]
    mesh = mesh.subdivide_to_size(0.0015)
    return Mesh.of(mesh)


def compare(hull: Mesh, exact: Mesh) -> Agreement:
    return compare_solids(hull, exact, PIXEL, resolution=96)


def box(size: tuple[float, float, float], at: tuple[float, float, float] = (0, 0, 0)) -> trimesh.Trimesh:
    return trimesh.creation.box(size, trimesh.transformations.translation_matrix(at))


@pytest.fixture(scope="module")
def lamp() -> Mesh:
    """A block of 6 x 6 x 4 cm with a rod of 3 mm and 6 cm on it."""
    return solid(box((0.06, 0.06, 0.04)), box((0.003, 0.003, 0.062), (0, 0, 0.05)))


def test_occupancy_has_the_volume() -> None:
    mesh = trimesh.creation.icosphere(4, 0.05)
    step = np.full(3, 0.001)
    found = occupancy(Mesh.of(mesh), np.full(3, -0.0523), step, (105, 106, 107))
    assert found.sum() * 1e-9 == pytest.approx(mesh.volume, rel=0.005)
    assert found[52, 52, 52]
    assert not found[0].any()


def test_the_same_hull_passes(lamp: Mesh) -> None:
    found = compare(lamp, lamp)
    assert (found.iou, found.iou_beyond, found.missing, found.thin) == (1, 1, 0, 1)
    assert found.failures() == []


def test_a_lost_rod_is_a_lost_thin_part_though_the_volume_hardly_changes(lamp: Mesh) -> None:
    found = compare(solid(box((0.06, 0.06, 0.04))), lamp)
    assert found.iou > 0.99
    assert found.thin is not None
    assert found.thin < 0.1
    assert found.failures() == ["thin parts"]


def test_a_lost_corner_is_a_missing_part(lamp: Mesh) -> None:
    corner = box((0.02, 0.02, 0.02), (0.02, 0.02, 0.01))
    block = trimesh.boolean.difference([box((0.06, 0.06, 0.04)), corner])
    found = compare(solid(block, box((0.003, 0.003, 0.062), (0, 0, 0.05))), lamp)
    assert found.iou == pytest.approx(1 - 8 / 144.5, abs=0.005)
    # Three of its faces lie free, the other three are the cut, a pixel off which counts as there.
    assert found.missing == pytest.approx(0.019**3 / 144.5e-6, rel=0.1)
    assert found.failures() == ["missing part"]


def test_a_pixel_more_all_around_is_tolerated_beyond_a_pixel_only(lamp: Mesh) -> None:
    wide = solid(box((0.0615, 0.0615, 0.0415)), box((0.0045, 0.0045, 0.064), (0, 0, 0.05)))
    found = compare(wide, lamp)
    assert found.iou < 0.94
    assert found.iou_beyond > 0.999
    assert found.thin == 1


def test_an_extra_part_costs_iou(lamp: Mesh) -> None:
    more = solid(trimesh.boolean.union([box((0.06, 0.06, 0.04)), box((0.03, 0.06, 0.04), (0.045, 0, 0))]))
    assert compare(more, lamp).failures() == ["volume IoU", "thin parts"], "the rod is lost too"


def test_thin_parts_are_rods_and_not_the_edges_of_blocks() -> None:
    space = np.zeros((50, 40, 40), bool)
    space[5:25, 5:25, 5:25] = True
    block = space.copy()
    space[25:48, 14:17, 14:17] = True
    thin = thin_parts(space, 4.0)
    assert not (thin & block).any()
    assert thin[31:48, 14:17, 14:17].all()
    assert thin_parts(space[25:], 4.0).sum() == space[25:].sum(), "nothing but thin parts"
