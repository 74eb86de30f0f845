"""USDZ for Quick Look (extra `usd`)."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.asset.model import ROUGHNESS, Glass, Model
from cleanplate.asset.pictures import Pictures, encode_pictures
from cleanplate.errors import CleanplateError, require
from cleanplate.files import atomic_path
from cleanplate.image.colour import to_linear

ROOT = "/product"
NO_TIME = 315_619_200
"""Seconds since 1970 of 1980-01-02, in the package for every file: the same model gives the same bytes."""


def write_usdz(
    path: Path, model: Model, pictures: Pictures | None = None, provenance: Mapping[str, str] | None = None
) -> None:
    """Write a model as an ARKit package: metres, y up, a mesh and a UsdPreviewSurface for each part, atomically.

    Args:
        pictures: the model's textures, encoded; by default at their own size.
        provenance: what the model was made from, as the layer's custom data.

    Raises:
        MissingExtra: usd-core is not installed.
        CleanplateError: USD could not make the package.
    """
    require("pxr", "usd")
    from pxr import Sdf, UsdUtils

    pictures = encode_pictures(model) if pictures is None else pictures
    files = {"texture": pictures.colour, "surface": pictures.surface, "relief": pictures.relief}
    with tempfile.TemporaryDirectory() as folder, atomic_path(path) as temporary:
        for name, data in files.items():
            if data is not None:
                (Path(folder) / f"{name}.jpg").write_bytes(data)
        scene = Path(folder) / "product.usdc"
        _write_scene(scene, model, {name for name, data in files.items() if data is not None}, provenance)
        for file in Path(folder).iterdir():
            os.utime(file, (NO_TIME, NO_TIME))
        if not UsdUtils.CreateNewARKitUsdzPackage(Sdf.AssetPath(str(scene)), str(temporary)):
            raise CleanplateError(f"{path}: USD could not make the package; is there room on the disk?")


def _write_scene(path: Path, model: Model, maps: set[str], provenance: Mapping[str, str] | None) -> None:
    from pxr import Kind, Usd, UsdGeom, UsdShade

    stage = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    root = UsdGeom.Xform.Define(stage, ROOT)
    stage.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root.GetPrim()).SetKind(Kind.Tokens.component)
    for part, glass in model.parts:
        mesh = _define_mesh(stage, f"{ROOT}/{'glass' if glass else 'mesh'}", part)
        material = _define_material(stage, f"{ROOT}/{'glass_' if glass else ''}material", part, glass, maps)
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
    if provenance:
        stage.GetRootLayer().customLayerData = {name.replace(":", "_"): value for name, value in provenance.items()}
    stage.GetRootLayer().Save()


def _define_mesh(stage: Any, path: str, model: Model) -> Any:
    from pxr import UsdGeom, Vt

    mesh = UsdGeom.Mesh.Define(stage, path)
    points = Vt.Vec3fArray.FromNumpy(model.vertices.astype(np.float32))
    mesh.CreatePointsAttr(points)
    mesh.CreateExtentAttr(UsdGeom.PointBased.ComputeExtent(points))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(model.faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(model.faces.astype(np.int32).ravel()))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(model.normals.astype(np.float32)))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    _add_colour_primvar(UsdGeom.PrimvarsAPI(mesh), model)
    return mesh


def _add_colour_primvar(primvars: Any, model: Model) -> None:
    from pxr import Sdf, UsdGeom, Vt

    if model.uv is not None:
        uv = primvars.CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
        uv.Set(Vt.Vec2fArray.FromNumpy(model.uv.astype(np.float32)))
    elif model.colours is not None:
        colour = primvars.CreatePrimvar("displayColor", Sdf.ValueTypeNames.Color3fArray, UsdGeom.Tokens.vertex)
        colour.Set(Vt.Vec3fArray.FromNumpy(to_linear(model.colours / 255.0).astype(np.float32)))


def _define_material(stage: Any, path: str, model: Model, glass: Glass | None, maps: set[str]) -> Any:
    from pxr import Sdf, UsdShade

    types = Sdf.ValueTypeNames
    material = UsdShade.Material.Define(stage, path)
    surface = _shader(stage, f"{path}/surface", "UsdPreviewSurface")
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", types.Token))
    if model.texture is not None:
        _connect_maps(stage, path, surface, maps)
    elif model.colours is not None:
        reader = _shader(stage, f"{path}/colours", "UsdPrimvarReader_float3", varname=(types.String, "displayColor"))
        diffuse = surface.CreateInput("diffuseColor", types.Color3f)
        diffuse.ConnectToSource(reader.CreateOutput("result", types.Float3))
    if "surface" not in maps:
        surface.CreateInput("roughness", types.Float).Set(ROUGHNESS)
        surface.CreateInput("metallic", types.Float).Set(0.0)
    if glass:
        surface.CreateInput("opacity", types.Float).Set(glass.opacity)
        surface.CreateInput("ior", types.Float).Set(glass.ior)
    return material


def _connect_maps(stage: Any, path: str, surface: Any, maps: set[str]) -> None:
    from pxr import Gf, Sdf

    types = Sdf.ValueTypeNames
    reader = _shader(stage, f"{path}/uv", "UsdPrimvarReader_float2", varname=(types.String, "st"))
    uv = reader.CreateOutput("result", types.Float2)
    colour = _texture(stage, f"{path}/texture", "texture", "sRGB", uv)
    surface.CreateInput("diffuseColor", types.Color3f).ConnectToSource(colour.CreateOutput("rgb", types.Float3))
    if "surface" in maps:
        packed = _texture(stage, f"{path}/packed", "surface", "raw", uv)
        for name, channel in (("occlusion", "r"), ("roughness", "g"), ("metallic", "b")):
            surface.CreateInput(name, types.Float).ConnectToSource(packed.CreateOutput(channel, types.Float))
    if "relief" in maps:
        relief = _texture(stage, f"{path}/relief", "relief", "raw", uv)
        relief.CreateInput("scale", types.Float4).Set(Gf.Vec4f(2, 2, 2, 1))
        relief.CreateInput("bias", types.Float4).Set(Gf.Vec4f(-1, -1, -1, 0))
        surface.CreateInput("normal", types.Normal3f).ConnectToSource(relief.CreateOutput("rgb", types.Float3))


def _shader(stage: Any, path: str, kind: str, **inputs: tuple[Any, Any]) -> Any:
    from pxr import UsdShade

    made = UsdShade.Shader.Define(stage, path)
    made.CreateIdAttr(kind)
    for key, (value_type, value) in inputs.items():
        made.CreateInput(key, value_type).Set(value)
    return made


def _texture(stage: Any, path: str, name: str, space: str, uv: Any) -> Any:
    from pxr import Sdf

    types = Sdf.ValueTypeNames
    made = _shader(
        stage,
        path,
        "UsdUVTexture",
        file=(types.Asset, f"./{name}.jpg"),
        sourceColorSpace=(types.Token, space),
        wrapS=(types.Token, "clamp"),
        wrapT=(types.Token, "clamp"),
    )
    made.CreateInput("st", types.Float2).ConnectToSource(uv)
    return made
