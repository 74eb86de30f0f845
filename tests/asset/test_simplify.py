import numpy as np
import pytest
import trimesh

from cleanplate.asset import is_watertight, simplify
from cleanplate.errors import MeshError


def _sphere(subdivisions: int = 5) -> tuple[np.ndarray, np.ndarray]:
    mesh = trimesh.creation.icosphere(subdivisions, radius=0.05)
    return np.asarray(mesh.vertices, float), np.asarray(mesh.faces, np.int64)


def _volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    return float(trimesh.Trimesh(vertices, faces, process=False).volume)


@pytest.mark.parametrize("target", [200, 5000, 19_999])
def test_stays_watertight_and_keeps_the_volume(target):
    vertices, faces = simplify(*_sphere(), max_triangles=target)
    assert len(faces) <= target
    assert trimesh.Trimesh(vertices, faces).is_watertight
    assert _volume(vertices, faces) == pytest.approx(_volume(*_sphere()), rel=8 / target)


def test_a_small_mesh_is_kept_to_the_micrometre():
    vertices, faces = _sphere(2)
    kept, triangles = simplify(vertices, faces)
    assert len(triangles) == len(faces)
    distance = np.linalg.norm(vertices[:, None] - kept[None], axis=2).min(axis=1)
    assert distance.max() < 1e-6


def test_a_torn_collapse_falls_through_to_manifold(monkeypatch):
    def tear(vertices, faces, max_triangles):
        return vertices, faces[: max_triangles - 1]

    monkeypatch.setitem(simplify.__globals__, "_collapse", tear)
    vertices, faces = simplify(*_sphere(), max_triangles=2000)
    assert 1000 < len(faces) <= 2000
    assert is_watertight(faces)
    assert _volume(vertices, faces) == pytest.approx(_volume(*_sphere()), rel=0.02)


def test_genus_is_kept():
    torus = trimesh.creation.torus(0.05, 0.02, major_sections=200, minor_sections=100)
    vertices, faces = simplify(np.asarray(torus.vertices, float), np.asarray(torus.faces, np.int64), 3000)
    assert trimesh.Trimesh(vertices, faces).euler_number == 0


def test_an_open_mesh_is_refused():
    vertices, faces = _sphere(2)
    with pytest.raises(MeshError, match="319 triangles is not watertight"):
        simplify(vertices, faces[1:])


def test_watertight_needs_consistent_winding():
    _, faces = _sphere(1)
    assert is_watertight(faces)
    turned = faces.copy()
    turned[0] = turned[0, ::-1]
    assert not is_watertight(turned)
    assert not is_watertight(np.vstack([faces, faces[:1]]))
    assert not is_watertight(np.zeros((0, 3), np.int64))
