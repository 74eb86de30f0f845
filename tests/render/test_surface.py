"""Meshes made ready: creases stay sharp, smooth stays smooth, bad input is named."""

import numpy as np
import pytest
import trimesh
from trimesh.visual import TextureVisuals

from cleanplate.errors import MeshError
from cleanplate.render.surface import check_mesh, check_size, concatenate_surfaces, prepare_surface, turn_surface


def test_a_box_keeps_its_edges() -> None:
    surface = prepare_surface(trimesh.creation.box((1, 2, 3)))
    assert len(surface.vertices) == 24
    assert set(map(tuple, np.abs(surface.normals).round(6))) == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}


def test_a_ball_is_smooth() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    surface = prepare_surface(ball)
    assert len(surface.vertices) == len(ball.vertices)
    assert (surface.normals * surface.vertices).sum(axis=1).min() > 0.999


def test_doubled_vertices_of_a_texture_seam_share_their_normal() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    torn = trimesh.Trimesh(ball.triangles.reshape(-1, 3), np.arange(3 * len(ball.faces)).reshape(-1, 3), process=False)
    normals = prepare_surface(torn).normals
    assert (normals * prepare_surface(torn).vertices).sum(axis=1).min() > 0.99


def test_faces_keep_their_places() -> None:
    mesh = trimesh.creation.torus(1.0, 0.3)
    surface = prepare_surface(mesh)
    np.testing.assert_allclose(surface.vertices[surface.faces], mesh.triangles, atol=1e-6)
    both = concatenate_surfaces([surface, surface])
    np.testing.assert_array_equal(both.vertices[both.faces][len(mesh.faces) :], surface.vertices[surface.faces])


@pytest.mark.parametrize("broken", [3.4e9, -3.4e9, np.nan, np.inf])
def test_texture_coordinates_without_meaning_are_taken_for_none(broken: float) -> None:
    box = trimesh.creation.box()
    uv = np.tile([0.25, 7.5], (len(box.vertices), 1))
    uv[3, 0] = broken
    surface = prepare_surface(trimesh.Trimesh(box.vertices, box.faces, visual=TextureVisuals(uv=uv), process=False))
    found = {tuple(map(float, each)) for each in surface.uv}
    assert found == {(0.25, 7.5), (0.0, 7.5)}


def test_turns_add_up() -> None:
    surface = prepare_surface(trimesh.creation.box((1, 2, 3)))
    once = turn_surface(turn_surface(surface, 30), 45)
    np.testing.assert_allclose(once.vertices, turn_surface(surface, 75).vertices, atol=1e-6)
    quarter = turn_surface(prepare_surface(trimesh.Trimesh([[1, 0, 0], [2, 0, 0], [1, 0, 1]], [[0, 1, 2]])), 90)
    np.testing.assert_allclose(quarter.vertices[:, 1].max(), 2, atol=1e-6)


def test_a_mesh_without_faces_is_refused() -> None:
    with pytest.raises(MeshError, match="lamp: the mesh has no faces"):
        check_mesh(trimesh.Trimesh([[0, 0, 0]], np.empty((0, 3), int), process=False), "lamp", closed=False)


def test_nan_is_refused() -> None:
    mesh = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [np.nan, 1, 0]], [[0, 1, 2]], process=False)
    with pytest.raises(MeshError, match="1 of 3 vertices are not finite"):
        check_mesh(mesh, "lamp", closed=False)


def test_open_glass_is_refused_and_open_paint_is_not() -> None:
    sheet = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False)
    check_mesh(sheet, "pane", closed=False)
    with pytest.raises(MeshError, match="pane: glass needs a watertight mesh"):
        check_mesh(sheet, "pane", closed=True)


@pytest.mark.parametrize("extent", [1e-4, 250.0, np.inf])
def test_implausible_units_are_refused(extent: float) -> None:
    with pytest.raises(MeshError, match="in other units"):
        check_size(extent, "cup")
