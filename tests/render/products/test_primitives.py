"""Solids against volumes that are known."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.render.products.assembly import cut, fused, join, moved, turned, union
from cleanplate.render.products.primitives import (
    extrude,
    revolve,
    ring,
    rod,
    rounded_box,
    rounded_outline,
    spline,
    superellipsoid,
    sweep,
    vessel,
)
from cleanplate.render.products.sheets import box_mapped, wrap

CUP = np.array([[0, 0], [0.04, 0], [0.04, 0.1]])


def closed(mesh: trimesh.Trimesh) -> bool:
    return mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0


@settings(deadline=None, max_examples=25)
@given(radius=st.floats(0.01, 0.2), height=st.floats(0.01, 0.3))
def test_a_revolved_rectangle_is_a_cylinder(radius: float, height: float) -> None:
    mesh = revolve([[0, 0], [radius, 0], [radius, height], [0, height]], 128)
    assert closed(mesh)
    assert mesh.volume == pytest.approx(np.pi * radius**2 * height, rel=2e-3)


@settings(deadline=None, max_examples=25)
@given(wall=st.floats(0.001, 0.006), base=st.floats(0.001, 0.02))
def test_a_vessel_has_its_wall_and_floor(wall: float, base: float) -> None:
    mesh = vessel(CUP, wall, base, segments=180, lip=0.3)
    assert closed(mesh)
    assert mesh.euler_number == 2  # one skin, inside and outside connected over the rim
    solid = np.pi * (0.04**2 * 0.1 - (0.04 - wall) ** 2 * (0.1 - max(base, wall)))
    assert mesh.volume == pytest.approx(solid, rel=0.02)


def test_a_closed_sweep_is_a_torus_and_pappus_knows_its_volume() -> None:
    mesh = ring(0.1, 0.01, count=200)
    assert closed(mesh)
    assert mesh.euler_number == 0
    decagon = 5 * np.sin(2 * np.pi / 10) * 0.01**2
    assert mesh.volume == pytest.approx(2 * np.pi * 0.1 * decagon, rel=1e-3)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(*[st.floats(-0.1, 0.1)] * 3), min_size=3, max_size=6, unique=True))
def test_a_swept_wire_is_closed_whatever_its_path(points: list[tuple[float, float, float]]) -> None:
    mesh = sweep(spline(points, 40), 0.002)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert np.isfinite(mesh.vertices).all()


def test_a_plate_with_holes() -> None:
    hole = rounded_outline(0.02, 0.02, 1e-6)
    mesh = extrude(rounded_outline(0.1, 0.05, 1e-6), 0.01, [hole])
    assert closed(mesh)
    assert mesh.euler_number == 0
    assert mesh.volume == pytest.approx((0.1 * 0.05 - 0.02**2) * 0.01, rel=1e-4)


def test_boxes_and_ellipsoids() -> None:
    box = rounded_box((0.1, 0.05, 0.02), 1e-5)
    assert closed(box)
    assert box.volume == pytest.approx(1e-4, rel=1e-2)
    ball = superellipsoid((0.1, 0.08, 0.06), 1, 1, 80)
    assert closed(ball)
    assert ball.volume == pytest.approx(np.pi / 6 * 0.1 * 0.08 * 0.06, rel=2e-3)


def test_union_cut_and_fused_volumes() -> None:
    a, b = rod([0, 0, 0], [0, 0, 0.1], 0.01, 64), rod([0, 0, 0.05], [0, 0, 0.15], 0.01, 64)
    assert union(a, b).volume == pytest.approx(1.5 * a.volume, rel=1e-6)
    assert cut(a, b).volume == pytest.approx(0.5 * a.volume, rel=1e-6)
    assert join(a, b).volume == pytest.approx(2 * a.volume, rel=1e-6)
    assert fused(join(a, b)).volume == pytest.approx(1.5 * a.volume, rel=1e-6)


def test_moving_copies() -> None:
    mesh = rounded_box((0.1, 0.05, 0.02), 0.002)
    before = mesh.vertices.copy()
    there = turned(moved(mesh, 1, 2, 3), np.pi / 2)
    assert (mesh.vertices == before).all()
    assert np.allclose(there.centroid, [-2, 1, 3], atol=1e-6)


def test_a_label_stays_off_the_body_and_reads_from_left_to_right() -> None:
    label = wrap(CUP, 0.02, 0.08, width=2.0, gap=2e-4)
    assert closed(label)
    assert np.hypot(*label.vertices[:, :2].T).min() >= 0.04 + 2e-4 - 1e-9
    u, v = np.asarray(label.visual.uv).T
    assert np.corrcoef(u, label.vertices[:, 1])[0, 1] > 0.9  # seen from +x, +y is right
    assert np.corrcoef(v, label.vertices[:, 2])[0, 1] > 0.999


def test_box_mapping_gives_each_side_its_cell() -> None:
    mesh = box_mapped(rounded_box((0.1, 0.05, 0.02), 1e-4))
    uv = np.asarray(mesh.visual.uv)[mesh.faces]
    cell = np.floor(uv * (3, 2)).astype(int)
    assert (cell == cell[:, :1]).all()
    large = mesh.area_faces > 1e-5
    sides = {tuple(n): tuple(c) for n, c in zip(np.round(mesh.face_normals[large]), cell[large, 0], strict=True)}
    assert len(sides) == len(set(sides.values())) == 6
