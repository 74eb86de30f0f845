"""Users' meshes: what is read, and what is refused with which words."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from cleanplate.errors import MeshError
from cleanplate.render.products import Product, load_user_mesh, make_product, redress
from cleanplate.render.products.dressing import vary
from cleanplate.render.products.primitives import rounded_box
from cleanplate.render.products.types import TRANSPARENT


def box(size: tuple[float, float, float] = (0.1, 0.2, 0.3)) -> trimesh.Trimesh:
    return rounded_box(size, 0.005)


def written(mesh: trimesh.Trimesh, path: Path) -> Path:
    mesh.export(path)
    return path


def textured_obj(folder: Path) -> Path:
    mesh = box()
    uv = mesh.vertices[:, :2] * 2 + 0.5
    image = Image.fromarray(np.full((8, 8, 3), (200, 30, 30), np.uint8))
    material = trimesh.visual.material.SimpleMaterial(image=image)
    mesh.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    return written(mesh, folder / "box.obj")


def size(product: Product) -> np.ndarray:
    corners = np.array([part.mesh.bounds for part in product.parts])
    return corners[:, 1].max(axis=0) - corners[:, 0].min(axis=0)


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "glb"])
def test_a_mesh_is_based_on_the_platen_and_centred(tmp_path: Path, suffix: str) -> None:
    mesh = box()
    mesh.apply_translation([1.0, -2.0, 3.0])
    product = load_user_mesh(written(mesh, tmp_path / f"box.{suffix}"), up="z")
    low, high = product.parts[0].mesh.bounds
    assert abs(low[2]) < 1e-6
    assert np.allclose(low[:2], -high[:2], atol=1e-6)
    assert np.allclose(size(product), (0.1, 0.2, 0.3), atol=1e-5)
    assert (product.name, product.family) == ("box", "user")


def test_glb_stands_y_up_unless_told(tmp_path: Path) -> None:
    path = written(box(), tmp_path / "box.glb")
    assert np.allclose(size(load_user_mesh(path)), (0.1, 0.3, 0.2), atol=1e-5)
    assert np.allclose(size(load_user_mesh(path, up="z")), (0.1, 0.2, 0.3), atol=1e-5)


def test_every_instance_of_a_scene_is_a_part(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    for x in (0.0, 0.3):
        scene.add_geometry(box(), transform=trimesh.transformations.translation_matrix([x, 0, 0]))
    path = tmp_path / "two.glb"
    scene.export(path)
    product = load_user_mesh(path, up="z")
    assert len(product.parts) == 2
    assert size(product)[0] == pytest.approx(0.4, abs=1e-5)


def test_textures_come_along(tmp_path: Path) -> None:
    product = load_user_mesh(textured_obj(tmp_path))
    (part,) = product.parts
    assert part.texture is not None
    assert np.allclose(part.texture.reshape(-1, 3).mean(axis=0), (200, 30, 30), atol=3)
    assert np.asarray(part.mesh.visual.uv).shape == (len(part.mesh.vertices), 2)


def test_a_mesh_turned_inside_out_is_put_right(tmp_path: Path) -> None:
    mesh = box()
    mesh.invert()
    assert load_user_mesh(written(mesh, tmp_path / "box.ply")).parts[0].mesh.volume > 0


@pytest.mark.parametrize("missing", ["material.mtl", "material_0.png"])
def test_a_missing_texture_or_library_is_named(tmp_path: Path, missing: str) -> None:
    path = textured_obj(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(MeshError, match=rf"box.obj: its .*{missing}.* missing; put it beside"):
        load_user_mesh(path)


def test_a_broken_texture_is_named(tmp_path: Path) -> None:
    path = textured_obj(tmp_path)
    (tmp_path / "material_0.png").write_bytes(b"not a picture")
    with pytest.raises(MeshError, match=r"box.obj: its texture material_0.png cannot be read"):
        load_user_mesh(path)


def test_a_cloud_of_points_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cloud.ply"
    trimesh.PointCloud(np.eye(3)).export(path)
    with pytest.raises(MeshError, match=r"cloud.ply: no faces.*triangle mesh"):
        load_user_mesh(path)


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    text = "v 0 0 0\nv 0.1 0 nan\nv 0 0.1 0\nv 0 0 0.1\nf 1 2 3\nf 1 3 4\n"
    path = tmp_path / "bad.obj"
    path.write_text(text)
    with pytest.raises(MeshError, match=r"bad.obj: 1 of 4 vertices are not finite"):
        load_user_mesh(path)


def test_a_sheet_without_thickness_is_only_good_for_opaque_materials(tmp_path: Path) -> None:
    sheet = trimesh.Trimesh([[0, 0, 0], [0.2, 0, 0.1], [0.2, 0.2, 0.1], [0, 0.2, 0]], [[0, 1, 2], [0, 2, 3]])
    product = load_user_mesh(written(sheet, tmp_path / "sheet.ply"))
    assert product.tags == ()
    with pytest.raises(MeshError, match="not watertight"):
        redress(product, 0, kind="frosted_glass")


@pytest.mark.parametrize(("factor", "advice"), [(1000.0, "0.001"), (100.0, "0.01"), (1e-3, "1000")])
def test_other_units_are_refused_with_the_scale_to_pass(tmp_path: Path, factor: float, advice: str) -> None:
    mesh = box()
    mesh.apply_scale(factor)
    path = written(mesh, tmp_path / "box.ply")
    with pytest.raises(MeshError, match=rf"not metres; pass --scale {advice}$"):
        load_user_mesh(path)
    assert np.allclose(size(load_user_mesh(path, scale=float(advice))), (0.1, 0.2, 0.3), rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("box.fbx", "", "not a mesh format that is read"),
        ("box.glb", "not a glb", "cannot be read as GLB"),
        ("box.ply", "ply\nformat ascii 1.0\nelement vertex 3\n", "box.ply"),
        ("box.obj", "", "box.obj: "),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, name: str, content: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(MeshError, match=words):
        load_user_mesh(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="no such file"):
        load_user_mesh(tmp_path / "none.glb")


def test_glass_needs_a_closed_mesh(tmp_path: Path) -> None:
    mesh = box()
    mesh.update_faces(np.arange(len(mesh.faces)) > 3)
    product = load_user_mesh(written(mesh, tmp_path / "open.ply"))
    with pytest.raises(MeshError, match=r"open: part 0 is not watertight and cannot be clear_glass"):
        redress(product, 0, kind="clear_glass")
    assert redress(product, 0, kind="chrome").tags == ("reflective",)
    dressed = [vary(product.parts, np.random.default_rng(seed))[0].material.kind for seed in range(100)]
    assert not set(dressed) & set(TRANSPARENT)


def test_redressing_changes_materials_and_tags_but_no_shape() -> None:
    product = make_product("mug", 2)
    glass = redress(product, 1, kind="clear_glass")
    assert "transparent" in glass.tags
    assert glass.name != product.name
    assert sum(p.mesh.volume for p in glass.parts) == pytest.approx(sum(p.mesh.volume for p in product.parts), rel=0.05)
    assert redress(product, 3).parts[0].material == redress(product, 3).parts[0].material
    assert len({redress(product, seed).parts[0].material for seed in range(4)}) > 2
    with pytest.raises(ValueError, match="unknown material kind 'jelly'"):
        redress(product, 0, kind="jelly")


def test_scanned_household_objects(shared_dir: Path) -> None:
    for path in sorted((shared_dir / "meshes").glob("*.glb"))[::6]:
        product = load_user_mesh(path, up="z")
        assert 0.01 < size(product).max() < 0.4
