"""USDZ for Quick Look (extra `usd`)."""

import os
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from cleanplate.asset.glb import ROUGHNESS, encode_jpeg
from cleanplate.asset.model import Model
from cleanplate.errors import CleanplateError, require
from cleanplate.files import atomic_path
from cleanplate.image.colour import to_linear

ROOT = "/product"
NO_TIME = 315_619_200
"""Seconds since 1970 of 1980-01-02, in the package for every file: the same model gives the same bytes."""


def write_usdz(path: Path, model: Model) -> None:
    """Write a model as an ARKit package: metres, y up, one mesh with one UsdPreviewSurface, atomically.

    Raises:
        MissingExtra: usd-core is not installed.
        CleanplateError: USD could not make the package.
    """
    require("pxr", "usd")
    from pxr import Sdf, UsdUtils

    with tempfile.TemporaryDirectory() as folder, atomic_path(path) as temporary:
        if model.texture is not None:
            (Path(folder) / "texture.jpg").write_bytes(encode_jpeg(model.texture))
        scene = Path(folder) / "product.usdc"
        _write_scene(scene, model)
        for file in Path(folder).iterdir():
            os.utime(file, (NO_TIME, NO_TIME))
        if not UsdUtils.CreateNewARKitUsdzPackage(Sdf.AssetPath(str(scene)), str(temporary)):
            raise CleanplateError(f"{path}: USD could not make the package; is there room on the disk?")


def _write_scene(path: Path, model: Model) -> None:
    from pxr import Kind, Usd, UsdGeom, UsdShade, Vt

    stage = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    root = UsdGeom.Xform.Define(stage, ROOT)
    stage.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root.GetPrim()).SetKind(Kind.Tokens.component)
    mesh = UsdGeom.Mesh.Define(stage, f"{ROOT}/mesh")
    points = Vt.Vec3fArray.FromNumpy(model.vertices.astype(np.float32))
    mesh.CreatePointsAttr(points)
    mesh.CreateExtentAttr(UsdGeom.PointBased.ComputeExtent(points))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(model.faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(model.faces.astype(np.int32).ravel()))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(model.normals.astype(np.float32)))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    _add_colour_primvar(UsdGeom.PrimvarsAPI(mesh), model)
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(_define_material(stage, UsdShade, model))
    stage.GetRootLayer().Save()


def _add_colour_primvar(primvars: Any, model: Model) -> None:
    from pxr import Sdf, UsdGeom, Vt

    if model.uv is not None:
        uv = primvars.CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
        uv.Set(Vt.Vec2fArray.FromNumpy(model.uv.astype(np.float32)))
    elif model.colours is not None:
        colour = primvars.CreatePrimvar("displayColor", Sdf.ValueTypeNames.Color3fArray, UsdGeom.Tokens.vertex)
        colour.Set(Vt.Vec3fArray.FromNumpy(to_linear(model.colours / 255.0).astype(np.float32)))


def _define_material(stage: Any, UsdShade: ModuleType, model: Model) -> Any:
    from pxr import Sdf

    types = Sdf.ValueTypeNames

    def shader(name: str, kind: str, **inputs: tuple[Any, Any]) -> Any:
        made = UsdShade.Shader.Define(stage, f"{ROOT}/material/{name}")
        made.CreateIdAttr(kind)
        for key, (value_type, value) in inputs.items():
            made.CreateInput(key, value_type).Set(value)
        return made

    material = UsdShade.Material.Define(stage, f"{ROOT}/material")
    surface = shader("surface", "UsdPreviewSurface", roughness=(types.Float, ROUGHNESS), metallic=(types.Float, 0.0))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", types.Token))
    diffuse = surface.CreateInput("diffuseColor", types.Color3f)
    if model.texture is not None:
        reader = shader("uv", "UsdPrimvarReader_float2", varname=(types.String, "st"))
        texture = shader(
            "texture",
            "UsdUVTexture",
            file=(types.Asset, "./texture.jpg"),
            sourceColorSpace=(types.Token, "sRGB"),
            wrapS=(types.Token, "clamp"),
            wrapT=(types.Token, "clamp"),
        )
        texture.CreateInput("st", types.Float2).ConnectToSource(reader.CreateOutput("result", types.Float2))
        diffuse.ConnectToSource(texture.CreateOutput("rgb", types.Float3))
    elif model.colours is not None:
        reader = shader("colours", "UsdPrimvarReader_float3", varname=(types.String, "displayColor"))
        diffuse.ConnectToSource(reader.CreateOutput("result", types.Float3))
    return material
