import io
import zipfile

import numpy as np
import pytest

from cleanplate.asset import Model, write_glb, write_usdz
from cleanplate.image.colour import to_linear

from .reading import read_glb

pytest.importorskip("pxr", reason="needs the extra: pip install 'cleanplate[usd]'")


@pytest.fixture(params=["texture", "colours"])
def model(request, torus) -> Model:
    vertices, normals, faces = torus.vertices, torus.normals, torus.faces
    rng = np.random.default_rng(1)
    if request.param == "colours":
        colours = rng.integers(0, 256, vertices.shape).astype(np.uint8)
        return Model(vertices, normals, faces, colours=colours).upright()
    texture = np.full((64, 64, 3), (200, 60, 30), np.uint8)
    return Model(vertices, normals, faces, uv=rng.random((len(vertices), 2)), texture=texture).upright()


def test_usd_s_own_validators_find_nothing(model, tmp_path):
    from pxr import Usd, UsdValidation

    write_usdz(tmp_path / "a.usdz", model)
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert len(validators) > 20
    stage = Usd.Stage.Open(str(tmp_path / "a.usdz"))
    found = UsdValidation.ValidationContext(validators).Validate(stage)
    assert [error.GetMessage() for error in found] == []


def test_opened_again_it_equals_the_glb(model, tmp_path):
    from pxr import Usd, UsdGeom, UsdShade

    write_usdz(tmp_path / "a.usdz", model)
    write_glb(tmp_path / "a.glb", model)
    document, arrays = read_glb(tmp_path / "a.glb")
    stage = Usd.Stage.Open(str(tmp_path / "a.usdz"))
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath(f"{stage.GetDefaultPrim().GetPath()}/mesh"))
    assert np.array_equal(np.array(mesh.GetPointsAttr().Get()), arrays["POSITION"])
    assert np.array_equal(np.array(mesh.GetNormalsAttr().Get()), arrays["NORMAL"])
    assert np.array_equal(np.array(mesh.GetFaceVertexIndicesAttr().Get()), arrays["indices"])
    surface = UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()[0].ComputeSurfaceSource()[0]
    roughness = document["materials"][0]["pbrMetallicRoughness"]["roughnessFactor"]
    assert surface.GetInput("roughness").Get() == pytest.approx(roughness)
    primvars = UsdGeom.PrimvarsAPI(mesh)
    if model.uv is not None:
        uv = np.array(primvars.GetPrimvar("st").Get())
        assert np.column_stack([uv[:, 0], 1 - uv[:, 1]]) == pytest.approx(arrays["TEXCOORD_0"], abs=1e-6)
    else:
        colours = np.array(primvars.GetPrimvar("displayColor").Get())
        assert colours == pytest.approx(to_linear(model.colours / 255.0), abs=1e-6)


def test_the_package_is_stored_and_aligned(model, tmp_path):
    write_usdz(tmp_path / "a.usdz", model)
    data = (tmp_path / "a.usdz").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = [info.filename for info in package.infolist()]
        for info in package.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            header = data[info.header_offset : info.header_offset + 30]
            start = info.header_offset + 30 + int.from_bytes(header[26:28], "little")
            assert (start + int.from_bytes(header[28:30], "little")) % 64 == 0
    assert names[0] == "product.usdc"
    assert len(names) == (2 if model.texture is not None else 1)


def test_it_says_where_it_comes_from_and_stays_valid(model, tmp_path):
    from pxr import Usd, UsdValidation

    write_usdz(tmp_path / "a.usdz", model, provenance={"dc:identifier": "B000000001", "cleanplate:hull": "ab"})
    stage = Usd.Stage.Open(str(tmp_path / "a.usdz"))
    assert dict(stage.GetRootLayer().customLayerData) == {"dc_identifier": "B000000001", "cleanplate_hull": "ab"}
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    found = UsdValidation.ValidationContext(validators).Validate(stage)
    assert [error.GetMessage() for error in found] == []


def test_the_same_model_gives_the_same_bytes_at_another_time(model, tmp_path):
    for name in ("a", "b"):
        write_usdz(tmp_path / f"{name}.usdz", model)
    assert (tmp_path / "a.usdz").read_bytes() == (tmp_path / "b.usdz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.usdz") as package:
        assert {entry.date_time[0] for entry in package.infolist()} == {1980}
