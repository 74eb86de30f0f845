"""Users' own meshes (OBJ, GLB, glTF, PLY, STL) as products, and products in other materials."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import trimesh
from PIL import Image

from cleanplate.errors import MeshError
from cleanplate.render.products.beside import Beside
from cleanplate.render.products.dressing import ROUGHNESS, draw, fuse_transparent, is_closed, vary
from cleanplate.render.products.placing import place
from cleanplate.render.products.tags import derive_tags
from cleanplate.render.products.types import MATERIAL_KINDS, TRANSPARENT, Material, Part, Product

FORMATS = (".obj", ".glb", ".gltf", ".ply", ".stl")
SMALLEST_M, LARGEST_M = 0.004, 3.0
_MAX_TEXTURE = 2048
BYTE_LIMIT = 1 << 30
"""Of a mesh file."""

Axis = Literal["y", "z"]


def load_user_mesh(path: str | Path, scale: float = 1.0, up: Axis | None = None) -> Product:
    """Read a user's mesh with its textures as a product, based on z = 0 and centred.

    Args:
        path: an OBJ, GLB, glTF, PLY or STL file.
        scale: metres per unit of the file.
        up: the file's upward axis; None takes y for GLB and glTF, whose standard says so, and z for the others.

    Raises:
        MeshError: what is wrong with the file, and the remedy.
    """
    path = Path(path)
    scene = _read(path)
    parts = []
    for node in sorted(scene.graph.nodes_geometry):
        matrix, name = scene.graph[node]
        mesh = scene.geometry[name]
        if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces):
            parts.append(_part(mesh, matrix, path))
    if not parts:
        raise MeshError(f"{path}: no faces; a point cloud or an empty file cannot be rendered. Export a triangle mesh")
    turn = np.diag([scale, scale, scale, 1.0])
    if (up or ("y" if path.suffix.lower() in (".glb", ".gltf") else "z")) == "y":
        turn = turn @ trimesh.transformations.rotation_matrix(np.pi / 2, (1, 0, 0))
    placed = place(parts, turn)
    _check_size(placed, path)
    return Product(path.stem, "user", 0, placed, derive_tags(placed))


def redress(product: Product, seed: int, kind: str | None = None) -> Product:
    """The product in other materials: of one `kind` throughout, or drawn freely; the tags follow.

    Raises:
        MeshError: glass was asked for and a part is not watertight.
        ValueError: an unknown kind.
    """
    rng = np.random.default_rng([seed, zlib.crc32(product.name.encode())])
    if kind is None:
        parts = vary(product.parts, rng, mixed=0.3)
    else:
        if kind not in MATERIAL_KINDS:
            raise ValueError(f"unknown material kind {kind!r}; choose one of {', '.join(MATERIAL_KINDS)}")
        if kind in TRANSPARENT:
            _check_closed(product, kind)
        material = draw(rng, **{kind: 1.0})
        parts = tuple(Part(p.mesh, material) for p in product.parts)
    parts = fuse_transparent(parts)
    return replace(product, name=f"{product.name}-{kind or 'dress'}{seed}", parts=parts, tags=derive_tags(parts))


def _read(path: Path) -> trimesh.Scene:
    if path.suffix.lower() not in FORMATS:
        raise MeshError(
            f"{path}: {path.suffix or 'no suffix'} is not a mesh format that is read; convert it to GLB or OBJ"
        )
    if not path.is_file():
        raise MeshError(f"{path}: no such file")
    if path.stat().st_size > BYTE_LIMIT:
        raise MeshError(f"{path}: {path.stat().st_size} bytes, the limit is {BYTE_LIMIT}; simplify it")
    try:
        _check_obj_textures(path)
    except OSError as error:
        raise MeshError(f"{path}: names a file that cannot be opened ({error.strerror}); export it again") from error
    beside = Beside(path)
    try:
        scene = trimesh.load_scene(path, process=False, resolver=beside)  # processing drops bad vertices silently
    except Exception as error:  # every reader of trimesh has its own
        reason = beside.refused[0] if beside.refused else f"{error}; export it again"
        raise MeshError(f"{path}: cannot be read as {path.suffix[1:].upper()}: {reason}") from error
    if beside.refused:  # trimesh goes on without textures
        raise MeshError(f"{path}: it names a file that cannot be used: {beside.refused[0]}")
    return scene


def _check_obj_textures(path: Path) -> None:
    """Refuse an OBJ whose material library or textures are missing or broken: trimesh would go on without."""
    if path.suffix.lower() != ".obj":
        return
    for library in _values(path, "mtllib"):
        if not (path.parent / library).is_file():
            raise MeshError(f"{path}: its material library {library} is missing; put it beside the mesh")
        for value in _values(path.parent / library, "map_Kd"):
            image = value.split()[-1] if value.startswith("-") else value  # options come first
            texture = (path.parent / library).parent / image
            if texture.exists() and not texture.is_file():  # a pipe would never end
                raise MeshError(f"{path}: its texture {image} is a folder or a device; put a picture there")
            try:
                with Image.open(texture) as opened:
                    opened.verify()
            except FileNotFoundError as error:
                raise MeshError(
                    f"{path}: its texture {image} (named in {library}) is missing; put it beside the mesh"
                ) from error
            except Exception as error:  # every format of Pillow has its own
                raise MeshError(f"{path}: its texture {image} cannot be read ({error}); export it again") from error


def _values(path: Path, keyword: str) -> list[str]:
    lines = path.read_text(errors="replace").splitlines()
    return [line.split(maxsplit=1)[1].strip() for line in lines if line.lstrip().startswith(keyword + " ")]


def _part(mesh: trimesh.Trimesh, matrix: np.ndarray, path: Path) -> Part:
    if len(mesh.faces) and not (mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)):
        raise MeshError(
            f"{path}: triangles name corners {mesh.faces.min()} to {mesh.faces.max()} of {len(mesh.vertices)}; "
            f"export it again"
        )
    if not np.isfinite(mesh.vertices).all() or not np.isfinite(matrix).all():
        bad = int((~np.isfinite(mesh.vertices)).any(axis=1).sum())
        raise MeshError(
            f"{path}: {bad} of {len(mesh.vertices)} vertices are not finite (NaN or infinite); repair the mesh"
        )
    material, texture = _look(mesh.visual)
    uv = getattr(mesh.visual, "uv", None)
    if uv is None or len(uv) != len(mesh.vertices):
        texture = None  # an image that no coordinates refer to
    visual = None if texture is None else trimesh.visual.TextureVisuals(uv=np.nan_to_num(np.asarray(uv)))
    vertices = mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3]
    faces = mesh.faces[:, ::-1] if np.linalg.det(matrix[:3, :3]) < 0 else mesh.faces
    part = Part(trimesh.Trimesh(vertices, faces, visual=visual, process=False), material, texture)
    if texture is None:
        part.mesh.merge_vertices()
    if is_closed(part) and part.mesh.volume < 0:
        part.mesh.faces = part.mesh.faces[:, ::-1]
    return part


def _look(visual: Any) -> tuple[Material, np.ndarray | None]:
    """Material and base colour texture of a file's own description; without one, plastic of its main colour."""
    material = getattr(visual, "material", None)
    if material is None:
        rgba = np.asarray(getattr(visual, "main_color", (150, 150, 150, 255)), float) / 255
        return Material("plastic", _linear(rgba[:3]), 0.4), None
    pbr = material.to_pbr() if hasattr(material, "to_pbr") else material
    image = getattr(pbr, "baseColorTexture", None)
    texture = None
    if image is not None:
        image = image.convert("RGB")
        image.thumbnail((_MAX_TEXTURE, _MAX_TEXTURE))
        texture = np.ascontiguousarray(np.asarray(image, np.uint8))
    factor = pbr.baseColorFactor
    rgba = np.array([200, 200, 200, 255] if factor is None else factor, float) / 255
    roughness = float(0.5 if pbr.roughnessFactor is None else pbr.roughnessFactor)
    metallic = float(0.0 if pbr.metallicFactor is None else pbr.metallicFactor) > 0.5
    kind: Any = "plastic"
    if metallic:
        kind = "chrome" if roughness < ROUGHNESS["brushed_metal"][0] else "brushed_metal"
    return Material(kind, _linear(rgba[:3]), roughness), texture


def _linear(srgb: np.ndarray) -> tuple[float, float, float]:
    r, g, b = (float(c) for c in np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))
    return (r, g, b)


def _check_size(parts: tuple[Part, ...], path: Path) -> None:
    extent = max(float(np.abs(p.mesh.bounds).max(axis=0) @ [0, 0, 1]) for p in parts)
    extent = max(extent, *(2 * float(np.abs(p.mesh.bounds[:, :2]).max()) for p in parts))
    if SMALLEST_M <= extent <= LARGEST_M:
        return
    guess = next((f for f in (0.001, 0.01, 0.0254, 1000.0, 100.0) if 0.05 <= extent * f <= 0.6), None)
    advice = f"pass --scale {guess:g}" if guess else "pass --scale, in metres per unit"
    raise MeshError(
        f"{path}: {extent:.3g} m large, outside {SMALLEST_M} to {LARGEST_M} m: "
        f"the file's units are probably not metres; {advice}"
    )


def _check_closed(product: Product, kind: str) -> None:
    for i, part in enumerate(product.parts):
        if not is_closed(part):
            raise MeshError(
                f"{product.name}: part {i} is not watertight and cannot be {kind}; "
                "close its holes and give walls a thickness, or choose an opaque material"
            )
