"""Meshes that were made to harm are named."""

import base64
import json
import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mitsuba")

from cleanplate.errors import MeshError
from cleanplate.image import write_image
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


TRIANGLE = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], np.float32).tobytes() + np.zeros(6, np.float32).tobytes()


def gltf(buffer: str, picture: str) -> dict:
    """Return a textured triangle whose buffer and picture lie elsewhere."""
    views = [{"buffer": 0, "byteOffset": 0, "byteLength": 36}, {"buffer": 0, "byteOffset": 36, "byteLength": 24}]
    accessors = [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}]
    accessors += [{"bufferView": 1, "componentType": 5126, "count": 3, "type": "VEC2"}]
    primitive = {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "material": 0}
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        "textures": [{"source": 0}],
        "images": [{"uri": picture}],
        "buffers": [{"uri": buffer, "byteLength": 60}],
        "bufferViews": views,
        "accessors": accessors,
    }


INSIDE = "data:application/octet-stream;base64," + base64.b64encode(TRIANGLE).decode()


@pytest.mark.parametrize("suffix", [".gltf", ".glb"])
@pytest.mark.parametrize(
    ("buffer", "picture", "reason"),
    [
        (INSIDE, "pipe", "pipe is a folder or a device"),
        ("pipe", "picture.png", "pipe is a folder or a device"),
        (INSIDE, "folder", "folder is a folder or a device"),
        (INSIDE, "missing.png", "missing.png is missing"),
        (INSIDE, "../secret.png", "secret.png lies outside"),
        (INSIDE, "/dev/zero", "/dev/zero lies outside"),
        ("endless", "picture.png", "endless lies outside"),
    ],
)
def test_what_a_gltf_names_is_a_file_beside_it(
    tmp_path: Path, suffix: str, buffer: str, picture: str, reason: str
) -> None:
    write_image(tmp_path / "secret.png", np.zeros((4, 4, 3), np.uint8))
    folder = tmp_path / "in"
    write_image(folder / "picture.png", np.zeros((4, 4, 3), np.uint8))
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    (folder / "endless").symlink_to("/dev/zero")
    text = json.dumps(gltf(buffer, picture)).encode()
    if suffix == ".glb":
        text += b" " * (-len(text) % 4)
        text = b"glTF" + np.array([2, 20 + len(text), len(text)], "<u4").tobytes() + b"JSON" + text
    (folder / f"a{suffix}").write_bytes(text)
    with pytest.raises(MeshError, match=rf"a\{suffix}: .*{reason}"):
        load_user_mesh(folder / f"a{suffix}")


def test_a_gltf_with_all_beside_it_is_read(tmp_path: Path) -> None:
    write_image(tmp_path / "picture.png", np.full((4, 4, 3), 90, np.uint8))
    (tmp_path / "b.bin").write_bytes(TRIANGLE)
    (tmp_path / "a.gltf").write_text(json.dumps(gltf("b.bin", "picture.png")))
    (part,) = load_user_mesh(tmp_path / "a.gltf").parts
    assert len(part.mesh.faces) == 1
