from dataclasses import replace

import numpy as np
import pytest
import trimesh

from cleanplate.asset import simplify
from cleanplate.errors import MeshError
from cleanplate.geometry import Mesh


def _sphere(subdivisions: int = 5) -> Mesh:
    mesh = trimesh.creation.icosphere(subdivisions, radius=0.05)
    return Mesh.of(mesh)


@pytest.mark.parametrize("target", [200, 5000, 19_999])
def test_stays_watertight_and_keeps_the_volume(target):
    mesh = simplify(_sphere(), max_triangles=target)
    assert len(mesh.faces) <= target
    assert trimesh.Trimesh(mesh.vertices, mesh.faces).is_watertight
    assert mesh.volume == pytest.approx(_sphere().volume, rel=8 / target)


def test_a_small_mesh_is_kept_to_the_micrometre():
    mesh = _sphere(2)
    kept = simplify(mesh)
    assert len(kept.faces) == len(mesh.faces)
    distance = np.linalg.norm(mesh.vertices[:, None] - kept.vertices[None], axis=2).min(axis=1)
    assert distance.max() < 1e-6


def test_a_torn_collapse_falls_through_to_manifold(monkeypatch):
    def tear(mesh, max_triangles):
        return Mesh(mesh.vertices, mesh.faces[: max_triangles - 1])

    monkeypatch.setitem(simplify.__globals__, "_collapse", tear)
    mesh = simplify(_sphere(), max_triangles=2000)
    assert 1000 < len(mesh.faces) <= 2000
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(_sphere().volume, rel=0.02)


def test_genus_is_kept():
    torus = trimesh.creation.torus(0.05, 0.02, major_sections=200, minor_sections=100)
    mesh = simplify(Mesh.of(torus), 3000)
    assert trimesh.Trimesh(mesh.vertices, mesh.faces).euler_number == 0


def test_an_open_mesh_is_refused():
    mesh = _sphere(2)
    with pytest.raises(MeshError, match="319 triangles is not watertight"):
        simplify(replace(mesh, faces=mesh.faces[1:]))


def test_watertight_needs_consistent_winding():
    mesh = _sphere(1)
    faces = mesh.faces
    assert mesh.is_watertight
    turned = faces.copy()
    turned[0] = turned[0, ::-1]
    assert not replace(mesh, faces=turned).is_watertight
    assert not replace(mesh, faces=np.vstack([faces, faces[:1]])).is_watertight
    assert not replace(mesh, faces=np.zeros((0, 3), np.int64)).is_watertight
