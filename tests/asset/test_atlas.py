"""Texture coordinates: nothing mirrored, nothing over anything else, whatever the mesh."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.asset.atlas import unwrap
from cleanplate.asset.overlap import mirrored, overlapping


def _shapes() -> dict[str, trimesh.Trimesh]:
    return {
        "ball": trimesh.creation.icosphere(subdivisions=3),
        "box": trimesh.creation.box((1, 2, 0.01)),
        "torus": trimesh.creation.torus(1.0, 0.2),
        "wire": trimesh.creation.torus(1.0, 0.01, major_sections=200, minor_sections=5),
        "needle": trimesh.creation.cone(0.001, 5.0),
    }


@pytest.mark.parametrize("name", ["ball", "box", "torus", "wire", "needle"])
def test_charts_are_neither_mirrored_nor_over_each_other(name):
    mesh = _shapes()[name]
    vertices, faces = np.asarray(mesh.vertices, float), np.asarray(mesh.faces, np.int64)
    atlas = unwrap(vertices, faces, 512)
    corners = atlas.uv.astype(np.float32).astype(float)[atlas.faces]
    assert np.array_equal(atlas.source[atlas.faces], faces)
    assert atlas.uv.min() >= 0 and atlas.uv.max() <= 1
    assert not mirrored(corners).any()
    assert not overlapping(corners).any()


def test_faults_are_found():
    square = np.array([[[0, 0], [0, 1], [1, 0]], [[1, 1], [1, 0], [0, 1]]], float)
    assert not mirrored(square).any() and not overlapping(square).any()
    assert mirrored(square[:, ::-1]).all()
    within = np.concatenate([square, [[[0.1, 0.1], [0.1, 0.2], [0.2, 0.1]]]])
    assert overlapping(within).tolist() == [False, False, True]
    assert overlapping(np.concatenate([square, square[:1]])).tolist() == [False, False, True]
    assert not overlapping(np.zeros((3, 3, 2))).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_grid_finds_what_pairs_find(seed, count):
    from cleanplate.asset.overlap import _meet

    corners = np.random.default_rng(seed).random((count, 1, 2)) + 0.2 * np.random.default_rng(seed + 1).random(
        (count, 3, 2)
    )
    found = overlapping(corners)
    meets = np.array([[m != n and _meet(corners[m], corners[n]) for m in range(count)] for n in range(count)])
    assert not meets[np.ix_(~found, ~found)].any()
    assert meets[found].any(axis=1).all()
    assert found.sum() <= meets.any(axis=1).sum() - meets.any()
