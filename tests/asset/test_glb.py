import base64
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from cleanplate.asset import Model, draco, write_glb
from cleanplate.asset.model import Glass
from cleanplate.asset.overlap import mirrored
from cleanplate.geometry import Mesh
from cleanplate.image.colour import to_linear

from .reading import read_document, read_glb


@pytest.fixture
def coloured(torus) -> Model:
    vertices, faces = torus.vertices, torus.faces
    colours = np.random.default_rng(0).integers(0, 256, vertices.shape).astype(np.uint8)
    return Model(vertices, Mesh(vertices, faces).normals, faces, colours=colours).upright()


def _clean(issues: dict) -> bool:
    return not any(issues[f"num{level}"] for level in ("Errors", "Warnings", "Infos", "Hints"))


def test_the_validator_finds_nothing(coloured, validate, tmp_path):
    write_glb(tmp_path / "a.glb", coloured)
    issues = validate(tmp_path / "a.glb")
    assert _clean(issues), issues


def test_the_validator_would_find_a_fault(coloured, validate, tmp_path):
    write_glb(tmp_path / "a.glb", Model(coloured.vertices, 2 * coloured.normals, coloured.faces))
    assert validate(tmp_path / "a.glb")["numErrors"] > 0


def test_reloads_as_the_same_watertight_mesh(coloured, tmp_path):
    write_glb(tmp_path / "a.glb", coloured)
    mesh = trimesh.load_mesh(tmp_path / "a.glb")
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(trimesh.Trimesh(coloured.vertices, coloured.faces).volume, rel=1e-5)
    linear = np.rint(255 * to_linear(coloured.colours / 255.0))
    assert np.abs(read_glb(tmp_path / "a.glb")[1]["COLOR_0"][:, :3] / 257.0 - linear).max() <= 1


def test_upright_metres_base_pivot_and_front():
    # A wedge 4 cm wide (x), 6 cm deep (y), 10 cm high (z), whose front (-y) is marked by one vertex alone.
    vertices = np.array([[0.01, 0.0, 0.02], [0.05, 0.0, 0.02], [0.03, 0.06, 0.02], [0.03, 0.06, 0.12]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    model = Model(vertices, Mesh(vertices, faces).normals, faces).upright()
    assert model.vertices.min(axis=0) == pytest.approx([-0.02, 0, -0.03])
    assert model.vertices.max(axis=0) == pytest.approx([0.02, 0.1, 0.03])
    assert model.vertices[0] == pytest.approx([-0.02, 0, 0.03])  # -y became +z, x stayed: not mirrored
    assert trimesh.Trimesh(model.vertices, faces).volume > 0
    assert Mesh(model.vertices, faces).normals == pytest.approx(model.normals)


@pytest.mark.parametrize("front", [0.0, 37.0, 180.0])
def test_any_azimuth_can_be_the_front(front):
    a = np.radians(front)
    vertices = np.array([[np.cos(a), np.sin(a), 0.5], [-np.cos(a), -np.sin(a), 0.5], [0, 0, 0], [0, 0, 1.0]])
    model = Model(vertices, np.tile([1.0, 0, 0], (4, 1)), np.array([[0, 1, 2]])).upright(front)
    assert model.vertices[0] == pytest.approx([0, 0.5, 1.0])


def test_equal_models_give_equal_bytes(coloured, tmp_path):
    write_glb(tmp_path / "a.glb", coloured)
    write_glb(tmp_path / "b.glb", coloured)
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()


def test_meshopt_loses_nothing(coloured, validate, run_tool, tmp_path):
    pytest.importorskip("meshopt", reason="needs the extra: pip install 'cleanplate[web-asset]'")
    write_glb(tmp_path / "plain.glb", coloured)
    write_glb(tmp_path / "web.glb", coloured, compression="meshopt")
    issues = validate(tmp_path / "web.glb")
    assert issues["numErrors"] == issues["numWarnings"] == 0, issues
    assert (tmp_path / "web.glb").stat().st_size < 0.8 * (tmp_path / "plain.glb").stat().st_size
    plain = read_glb(tmp_path / "plain.glb")[1]
    decoded = [base64.b64decode(part) for part in run_tool("decode_meshopt.mjs", tmp_path / "web.glb")]
    position, normal = (np.frombuffer(part, "<f4").reshape(-1, 3) for part in decoded[:2])
    colour = np.frombuffer(decoded[2], "<u2").reshape(-1, 4)
    faces = np.frombuffer(decoded[3], "<u2").reshape(-1, 3)

    def triangles(position, normal, colour, faces):
        corners = np.concatenate([position[faces], normal[faces], colour[faces]], axis=2)
        first = np.lexsort(corners.transpose(2, 0, 1)[:3], axis=-1)[:, 0]  # start each triangle at the same corner
        turned = corners[np.arange(len(faces))[:, None], (first[:, None] + np.arange(3)) % 3].reshape(len(faces), -1)
        return turned[np.lexsort(turned.T)]

    before = triangles(plain["POSITION"], plain["NORMAL"], plain["COLOR_0"], plain["indices"].reshape(-1, 3))
    assert np.array_equal(triangles(position, normal, colour, faces), before)


@pytest.mark.parametrize("kind", ["coloured", "ring"])
def test_draco_rounds_no_more_than_it_says(kind, request, validate, run_tool, tmp_path):
    pytest.importorskip("DracoPy", reason="needs the extra: pip install 'cleanplate[web-asset]'")
    model = request.getfixturevalue(kind)
    write_glb(tmp_path / "plain.glb", model)
    write_glb(tmp_path / "web.glb", model, compression="draco")
    issues = validate(tmp_path / "web.glb")
    assert issues["numErrors"] == issues["numWarnings"] == 0, issues
    before, (found,) = read_glb(tmp_path / "plain.glb")[1], run_tool("decode_draco.mjs", tmp_path / "web.glb")
    faces = np.frombuffer(base64.b64decode(found.pop("faces")), "<i4").reshape(-1, 3)
    after = {
        name: np.frombuffer(base64.b64decode(each), "<f4").reshape(-1, before[name].shape[1])
        for name, each in found.items()
    }
    assert set(after) == set(before) - {"indices"}
    placed = [name for name in ("POSITION", "TEXCOORD_0") if name in before]  # no two vertices share these
    _, source = cKDTree(np.hstack([before[name] for name in placed])).query(np.hstack([after[name] for name in placed]))
    same = [rolled(each)[np.lexsort(rolled(each).T)] for each in (source[faces], before["indices"].reshape(-1, 3))]
    assert np.array_equal(*same)
    for name in placed:
        step = np.ptp(before[name], axis=0).max() / (2**16 - 1)
        assert np.abs(after[name] - before[name][source]).max() <= 0.5 * step + 1e-7, name
    assert (after["NORMAL"] * before["NORMAL"][source]).sum(axis=1).min() > np.cos(np.radians(1 / 16))
    for name in {"COLOR_0", "TANGENT"} & set(after):
        assert np.array_equal(after[name], before[name][source]), name

    document = read_document(tmp_path / "web.glb")
    primitive = document["meshes"][0]["primitives"][0]
    told = {name: document["accessors"][number] for name, number in primitive["attributes"].items()}
    assert {each["count"] for each in told.values()} == {len(source)}
    assert document["accessors"][primitive["indices"]]["count"] == faces.size
    low, high = (edge(after["POSITION"], axis=0).tolist() for edge in (np.min, np.max))
    assert (told["POSITION"]["min"], told["POSITION"]["max"]) == (low, high)


@pytest.mark.parametrize("height", [3e-6, 3e-7])
def test_draco_turns_no_narrow_triangle_over(height):
    pytest.importorskip("DracoPy", reason="needs the extra: pip install 'cleanplate[web-asset]'")
    low, third = np.linspace(0.05, 0.9, 60), np.random.default_rng(0).uniform(0.3, 0.6, 60)
    u = np.stack([0 * low, third, 0 * low + 1], 1)
    v = low[:, None] + 0.01 * u + [0, height, 0]  # aslant, so that each corner is rounded by itself
    places, faces = np.stack([u, v], 2).reshape(-1, 2).astype("<f4"), np.arange(180).reshape(-1, 3)
    attributes = {"POSITION": np.column_stack([places, places[:, 0]]), "TEXCOORD_0": places}

    def turned(packed: draco.Packed) -> int:
        return int(mirrored(packed.attributes["TEXCOORD_0"][packed.faces].astype(float)).sum())

    assert not mirrored(places[faces].astype(float)).any()
    assert turned(draco._packed(attributes, faces, draco.PLACE_BITS[0])) > 0
    assert turned(draco.pack(attributes, faces)) == 0


def rolled(faces: np.ndarray) -> np.ndarray:
    """Return triangles from their least corner on, which leaves their orientation."""
    return faces[np.arange(len(faces))[:, None], (faces.argmin(axis=1)[:, None] + np.arange(3)) % 3]


@pytest.mark.parametrize("refraction", [True, False])
def test_glass_is_a_primitive_of_its_own(coloured, validate, tmp_path, refraction):
    faces = coloured.vertices[coloured.faces][:, :, 1].mean(axis=1) > 0.05
    model = replace(coloured, glass=Glass(faces, (0.2, 0.8, 0.4), 0.4, 0.01))
    write_glb(tmp_path / "a.glb", model, refraction=refraction)
    issues = validate(tmp_path / "a.glb")
    assert issues["numErrors"] == issues["numWarnings"] == 0, issues
    document = read_document(tmp_path / "a.glb")
    primitives = document["meshes"][0]["primitives"]
    counts = [document["accessors"][primitive["indices"]]["count"] // 3 for primitive in primitives]
    assert counts == [int((~faces).sum()), int(faces.sum())]
    glass = document["materials"][primitives[1]["material"]]
    if refraction:
        assert glass["extensions"]["KHR_materials_volume"]["attenuationColor"] == [0.2, 0.8, 0.4]
        assert "alphaMode" not in glass
    else:
        assert glass["alphaMode"] == "BLEND" and "extensionsUsed" not in document
        assert glass["pbrMetallicRoughness"]["baseColorFactor"] == [0.2, 0.8, 0.4, 0.4]
    assert "extensions" not in document["materials"][0]
