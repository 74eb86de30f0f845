"""Meshes that were made to harm are named."""

import os
from pathlib import Path

import pytest

pytest.importorskip("mitsuba")

from cleanplate.errors import MeshError
from cleanplate.render.products.user import load_user_mesh

HEAD = "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
HEAD += "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n"


@pytest.mark.parametrize("index", [3, 1073741824, -7])
def test_triangles_of_corners_that_are_not_there(tmp_path: Path, index: int) -> None:
    (tmp_path / "a.ply").write_text(f"{HEAD}3 0 1 {index}\n")
    with pytest.raises(MeshError, match=r"a\.ply"):
        load_user_mesh(tmp_path / "a.ply")


@pytest.mark.parametrize("library", ["a" * 5000, "missing.mtl"])
def test_libraries_that_cannot_be_opened(tmp_path: Path, library: str) -> None:
    (tmp_path / "a.obj").write_text(f"mtllib {library}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(MeshError, match=r"a\.obj") as caught:
        load_user_mesh(tmp_path / "a.obj")
    assert "Traceback" not in str(caught.value)


def test_a_pipe_as_texture_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.png")
    (tmp_path / "a.mtl").write_text("newmtl m\nmap_Kd t.png\n")
    (tmp_path / "a.obj").write_text("mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(MeshError, match="a folder or a device"):
        load_user_mesh(tmp_path / "a.obj")
