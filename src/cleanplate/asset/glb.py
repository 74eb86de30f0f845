"""GLB (binary glTF 2.0), written directly: trimesh's writer knows neither linear vertex colours nor buffer targets."""

import json
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate import __version__
from cleanplate.asset import draco
from cleanplate.asset.model import ROUGHNESS, Glass, Model
from cleanplate.asset.pictures import Pictures, encode_pictures
from cleanplate.asset.profiles import Compression
from cleanplate.asset.provenance import xmp_packet
from cleanplate.errors import require
from cleanplate.files import write_bytes
from cleanplate.image.colour import to_linear

COMPONENTS = {"<f4": 5126, "<u2": 5123, "<u4": 5125}
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
VERTICES, INDICES = 34962, 34963
MESHOPT = "EXT_meshopt_compression"
XMP = "KHR_xmp_json_ld"


class _Buffer:
    """The binary chunk, with the views and accessors that point into it."""

    def __init__(self, compression: Compression | None) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self._compression = compression
        self.decoded_length = 0

    def add_bytes(self, data: bytes, **view: Any) -> int:
        self.data += b"\0" * (-len(self.data) % 4)
        self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data), **view})
        self.data += data
        return len(self.views) - 1

    def add_array(self, array: np.ndarray, target: int, **accessor: Any) -> int:
        """Add an accessor of an array's rows; Draco's stand in a stream of their own, and have no view."""
        array = np.ascontiguousarray(array)
        kind = {"componentType": COMPONENTS[array.dtype.str], "type": KINDS[array[:1].size], "count": len(array)}
        if self._compression == "meshopt":
            kind["bufferView"] = self._compress(array, target)
        elif self._compression is None:
            kind["bufferView"] = self.add_bytes(array.tobytes(), target=target)
        self.accessors.append(kind | accessor)
        return len(self.accessors) - 1

    def _compress(self, array: np.ndarray, target: int) -> int:
        """Add a view whose decoded bytes lie in buffer 1, which no file holds."""
        mode = "ATTRIBUTES" if target == VERTICES else "TRIANGLES"
        encoded = require("meshopt", "web-asset").encode_gltf_buffer(array, mode)
        stride = array.nbytes // len(array)
        view = self.add_bytes(encoded, target=target)
        place = {key: self.views[view].pop(key) for key in ("buffer", "byteOffset", "byteLength")}
        self.views[view] |= {"buffer": 1, "byteOffset": self.decoded_length, "byteLength": array.nbytes}
        if target == VERTICES:
            self.views[view]["byteStride"] = stride
        extension = {**place, "byteStride": stride, "count": len(array), "mode": mode}
        self.views[view]["extensions"] = {MESHOPT: extension}
        self.decoded_length += -(-array.nbytes // 4) * 4
        return view


def write_glb(
    path: Path,
    model: Model,
    *,
    compression: Compression | None = None,
    pictures: Pictures | None = None,
    refraction: bool = True,
    provenance: Mapping[str, str] | None = None,
    name: str = "product",
) -> None:
    """Write a model as one GLB file, atomically.

    Vertex colours become linear light as glTF demands, 16 bits each; textures become JPEGs.

    Args:
        compression: of the geometry, for viewers with its decoder: "meshopt" without loss (EXT_meshopt_compression),
            "draco" rounded as `draco.BITS` says (KHR_draco_mesh_compression), which keeps charts sound.
        pictures: the model's textures, encoded; by default at their own size.
        refraction: write glass as such; otherwise blended by alpha.
        provenance: what the model was made from, as an XMP packet (KHR_xmp_json_ld).
        name: of the product, for people: the node's.

    Raises:
        MissingExtra: compression is asked for and its package is not installed.
    """
    write_bytes(path, glb_bytes(model, compression, pictures, refraction, provenance, name))


def glb_bytes(
    model: Model,
    compression: Compression | None = None,
    pictures: Pictures | None = None,
    refraction: bool = True,
    provenance: Mapping[str, str] | None = None,
    name: str = "product",
) -> bytes:
    """Return what `write_glb` writes."""
    buffer = _Buffer(compression)
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": f"cleanplate {__version__}"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name}],
    }
    used: set[str] = set()
    given = _given(encode_pictures(model) if pictures is None else pictures)
    maps = {name: {"index": number} for number, name in enumerate(given)}
    primitives, materials = [], []
    for number, (part, glass) in enumerate(model.parts):
        part = _in_cache_order(part) if compression == "meshopt" else part
        primitives.append({**_geometry(buffer, part, "normalTexture" in maps, compression), "material": number})
        materials.append(_material(part, maps, glass, refraction, used))
    document |= {"materials": materials, "meshes": [{"primitives": primitives}]}
    # After the geometry: the auditor takes an image in buffer view 0 for one that is not there.
    _add_pictures(document, buffer, given)
    if provenance:
        document["extensions"] = {XMP: {"packets": [xmp_packet(provenance)]}}
        document["asset"]["extensions"] = {XMP: {"packet": 0}}
        used.add(XMP)
    buffers: list[dict[str, Any]] = [{"byteLength": len(buffer.data)}]
    if buffer.decoded_length:
        buffers.append({"byteLength": buffer.decoded_length, "extensions": {MESHOPT: {"fallback": True}}})
    if compression:
        document["extensionsRequired"] = [MESHOPT if compression == "meshopt" else draco.EXTENSION]
        used.update(document["extensionsRequired"])
    document |= {"buffers": buffers, "bufferViews": buffer.views, "accessors": buffer.accessors}
    if used:
        document["extensionsUsed"] = sorted(used)
    return _pack(document, bytes(buffer.data))


def _given(pictures: Pictures) -> dict[str, bytes]:
    """Return the pictures that there are, by what a material calls them."""
    slots = {
        "baseColorTexture": pictures.colour,
        "metallicRoughnessTexture": pictures.surface,
        "normalTexture": pictures.relief,
    }
    return {name: data for name, data in slots.items() if data is not None}


def _add_pictures(document: dict[str, Any], buffer: _Buffer, given: Mapping[str, bytes]) -> None:
    """Add pictures as images and textures."""
    if not given:
        return
    document |= {
        "images": [
            {"bufferView": buffer.add_bytes(data), "mimeType": "image/jpeg", "name": name}
            for name, data in given.items()
        ],
        "textures": [{"source": number, "sampler": 0} for number in range(len(given))],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
    }


def _geometry(buffer: _Buffer, part: Model, tangents: bool, compression: Compression | None) -> dict[str, Any]:
    attributes, faces, primitive = _attributes(part, tangents), part.faces, {}
    if compression == "draco":
        packed = draco.pack(attributes, faces)
        attributes, faces = packed.attributes, packed.faces
        stream = {"bufferView": buffer.add_bytes(packed.data), "attributes": packed.ids}
        primitive = {"extensions": {draco.EXTENSION: stream}}
    positions = attributes["POSITION"]
    told = {
        "POSITION": {"min": positions.min(axis=0).tolist(), "max": positions.max(axis=0).tolist()},
        "COLOR_0": {"normalized": True},
    }
    numbers = {name: buffer.add_array(each, VERTICES, **told.get(name, {})) for name, each in attributes.items()}
    indices = buffer.add_array(faces.ravel().astype("<u2" if len(positions) <= 65535 else "<u4"), INDICES)
    return {"attributes": numbers, "indices": indices, **primitive}


def _attributes(part: Model, tangents: bool) -> dict[str, np.ndarray]:
    """Return the vertices' arrays by glTF's names."""
    attributes = {"POSITION": part.vertices.astype("<f4"), "NORMAL": part.normals.astype("<f4")}
    if part.uv is not None and part.texture is not None:
        flipped = np.column_stack([part.uv[:, 0], 1.0 - part.uv[:, 1]])  # glTF's v runs down
        attributes["TEXCOORD_0"] = flipped.astype("<f4")
        if tangents:
            attributes["TANGENT"] = part.tangents.astype("<f4")
    elif part.colours is not None:
        linear = np.rint(65535 * to_linear(part.colours / 255.0)).astype("<u2")
        attributes["COLOR_0"] = np.column_stack([linear, np.full(len(linear), 65535, "<u2")])
    return attributes


def _material(
    part: Model, maps: Mapping[str, Any], glass: Glass | None, refraction: bool, used: set[str]
) -> dict[str, Any]:
    surface: dict[str, Any] = {key: maps[key] for key in maps if key != "normalTexture"}
    if part.surface is None:
        surface |= {"metallicFactor": 0.0, "roughnessFactor": ROUGHNESS}
    material: dict[str, Any] = {"name": "glass" if glass else "surface", "pbrMetallicRoughness": surface}
    if "normalTexture" in maps:
        material["normalTexture"] = maps["normalTexture"]
    if "metallicRoughnessTexture" in maps:
        material["occlusionTexture"] = maps["metallicRoughnessTexture"]
    if glass and not refraction:
        surface["baseColorFactor"] = [*glass.tint, glass.opacity]
        material["alphaMode"] = "BLEND"
    elif glass:
        material["extensions"] = {
            "KHR_materials_transmission": {"transmissionFactor": 1.0},
            "KHR_materials_ior": {"ior": glass.ior},
            "KHR_materials_volume": {
                "thicknessFactor": glass.thickness,
                "attenuationDistance": glass.thickness,
                "attenuationColor": list(glass.tint),
            },
        }
        used.update(material["extensions"])
    return material


def _in_cache_order(model: Model) -> Model:
    """Renumber vertices and triangles so that neighbours lie together, which the codec needs to do well."""
    meshopt = require("meshopt", "web-asset")
    indices, place, count = meshopt.reorder_mesh(model.faces.ravel().astype(np.uint32), True, False)
    place = np.asarray(place, np.int64)
    used = place < count
    source = np.empty(count, np.int64)
    source[place[used]] = np.flatnonzero(used)
    return replace(model.with_vertices(source), faces=np.asarray(indices, np.int64).reshape(-1, 3))


def _pack(document: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    data += b"\0" * (-len(data) % 4)
    total = 12 + 8 + len(text) + 8 + len(data)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, total),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(data), b"BIN\0"),
            data,
        ]
    )
