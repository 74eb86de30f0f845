"""Facts of a USDZ, by usd-core (extra `usd`): to be run in a process of its own, since USD's readers trust files."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import require
from cleanplate.evaluate.asset.facts import Facts, Issues, texture_of

ENTRIES = 256
ENTRY_BYTES = 1 << 28
ROLES = {
    "diffuseColor": "colour",
    "roughness": "surface",
    "metallic": "surface",
    "occlusion": "occlusion",
    "normal": "normal",
}


def read_usdz(path: Path) -> Facts:
    """Return the facts of a USDZ, with what USD's own validators say.

    Raises:
        ValueError: it is no package that can be read.
        MissingExtra: usd-core is not installed.
    """
    require("pxr", "usd")
    from pxr import Usd, UsdGeom

    facts = Facts("USDZ", path.stat().st_size)
    pictures = _pictures(path)
    stage = Usd.Stage.Open(str(path))
    if not stage:
        raise ValueError("USD cannot open it")
    metres = UsdGeom.GetStageMetersPerUnit(stage)
    turn = np.eye(3) if UsdGeom.GetStageUpAxis(stage) == "Y" else np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    cache = UsdGeom.XformCache()
    for prim in stage.Traverse():
        if prim.IsA(UsdGeom.Mesh):
            _add_mesh(facts, UsdGeom.Mesh(prim), np.array(cache.GetLocalToWorldTransform(prim)), metres * turn)
        elif prim.GetTypeName() == "Material":
            _add_material(facts, prim, pictures)
    if facts.low is None:
        raise ValueError("no mesh in its stage")
    _validate(facts, stage)
    return facts


def _pictures(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        entries = package.infolist()
        if len(entries) > ENTRIES or any(each.file_size > ENTRY_BYTES for each in entries):
            raise ValueError(f"more than {ENTRIES} files, or one beyond {ENTRY_BYTES} bytes")
        if any(each.compress_type != zipfile.ZIP_STORED for each in entries):
            raise ValueError("compressed files, which USDZ does not allow")
        images = [each for each in entries if each.filename.lower().endswith((".jpg", ".jpeg", ".png"))]
        return {each.filename: package.read(each) for each in images}


def _add_mesh(facts: Facts, mesh: Any, to_world: np.ndarray, to_metres: np.ndarray) -> None:
    from pxr import UsdGeom

    points = np.array(mesh.GetPointsAttr().Get(), float)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get(), np.int64)
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get(), np.int64)
    if counts.sum() != len(indices) or (len(indices) and not 0 <= indices.min() <= indices.max() < len(points)):
        raise ValueError("faces of vertices that are not there")
    facts.triangles += int((counts - 2).sum())
    facts.vertices += len(points)
    facts.add_points((points @ to_world[:3, :3] + to_world[3, :3]) @ to_metres.T)
    primvar = UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st")
    if primvar and (counts == 3).all():
        uv = np.array(primvar.Get(), float)
        uv[:, 1] = 1 - uv[:, 1]
        per_corner = primvar.GetInterpolation() == UsdGeom.Tokens.faceVarying
        if primvar.IsIndexed():
            uv = uv[np.array(primvar.GetIndices(), np.int64)]
        facts.add_places(uv, np.arange(len(indices)).reshape(-1, 3) if per_corner else indices.reshape(-1, 3))


def _add_material(facts: Facts, prim: Any, pictures: dict[str, bytes]) -> None:
    from pxr import UsdShade

    source = UsdShade.Material(prim).ComputeSurfaceSource()[0]
    roles = []
    for name, role in ROLES.items():
        entry = source.GetInput(name) if source else None
        if not entry or not entry.HasConnectedSource():
            continue
        shader = UsdShade.Shader(entry.GetConnectedSources()[0][0].source.GetPrim())
        file = shader.GetInput("file").Get() if shader.GetInput("file") else None
        if file is None or role in roles:
            continue
        roles.append(role)
        data = pictures.get(str(file.path).removeprefix("./"))
        if data is None:
            facts.unread.append(f"the texture for {role}: not inside the package")
        elif texture := texture_of(data, role, facts):
            facts.textures.append(texture)
    facts.materials.append(roles)


def _validate(facts: Facts, stage: Any) -> None:
    from pxr import UsdValidation

    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    found = UsdValidation.ValidationContext(validators).Validate(stage)
    warnings = [each for each in found if each.GetType() != UsdValidation.ValidationErrorType.Error]
    messages = [each.GetMessage()[:200] for each in found[:5]]
    facts.issues = Issues(len(found) - len(warnings), len(warnings), messages)
    facts.validator = f"USD's {len(validators)} validators"
