"""GLB (binary glTF 2.0), written directly: trimesh's writer knows neither linear vertex colours nor buffer targets."""

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate import __version__
from cleanplate.asset.model import Model
from cleanplate.errors import require
from cleanplate.files import write_bytes
from cleanplate.image.colour import to_linear
from cleanplate.types import Image

FLOAT, UINT16, UINT32 = 5126, 5123, 5125
VERTICES, INDICES = 34962, 34963
JPEG_QUALITY = 90
MESHOPT = "EXT_meshopt_compression"
ROUGHNESS = 0.7
"""Of a dielectric surface: masks and photographs tell nothing about gloss."""


class _Buffer:
    """The binary chunk, with the views and accessors that point into it."""

    def __init__(self, meshopt: bool) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self._encoder = require("meshopt", "web-asset") if meshopt else None
        self.decoded_length = 0

    def add_bytes(self, data: bytes, **view: Any) -> int:
        self.data += b"\0" * (-len(self.data) % 4)
        self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data), **view})
        self.data += data
        return len(self.views) - 1

    def add_array(self, array: np.ndarray, kind: str, component: int, target: int, **accessor: Any) -> int:
        array = np.ascontiguousarray(array)
        view = self._compress(array, target) if self._encoder else self.add_bytes(array.tobytes(), target=target)
        self.accessors.append(
            {"bufferView": view, "componentType": component, "count": len(array), "type": kind, **accessor}
        )
        return len(self.accessors) - 1

    def _compress(self, array: np.ndarray, target: int) -> int:
        """Add a view whose decoded bytes lie in buffer 1, which no file holds."""
        mode = "ATTRIBUTES" if target == VERTICES else "TRIANGLES"
        encoded = self._encoder.encode_gltf_buffer(array, mode)  # type: ignore[union-attr]
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


def write_glb(path: Path, model: Model, *, meshopt: bool = False) -> None:
    """Write a model as one GLB file, atomically.

    Vertex colours become linear light as glTF demands, 16 bits each; a texture becomes a JPEG.

    Args:
        meshopt: compress the geometry without loss by EXT_meshopt_compression, for web viewers with its decoder.

    Raises:
        MissingExtra: meshopt is asked for and its package is not installed.
    """
    write_bytes(path, _pack(*_document(_in_cache_order(model) if meshopt else model, meshopt)))


def encode_jpeg(image: Image) -> bytes:
    """Return the image as JPEG, without subsampled chroma, which would bleed over the atlas' seams."""
    import cv2

    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def _document(model: Model, meshopt: bool) -> tuple[dict[str, Any], bytes]:
    buffer = _Buffer(meshopt)
    positions = model.vertices.astype("<f4")
    bounds = {"min": positions.min(axis=0).tolist(), "max": positions.max(axis=0).tolist()}
    attributes = {
        "POSITION": buffer.add_array(positions, "VEC3", FLOAT, VERTICES, **bounds),
        "NORMAL": buffer.add_array(model.normals.astype("<f4"), "VEC3", FLOAT, VERTICES),
    }
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": ROUGHNESS}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": f"cleanplate {__version__}"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "product"}],
    }
    if model.uv is not None and model.texture is not None:
        flipped = np.column_stack([model.uv[:, 0], 1.0 - model.uv[:, 1]])  # glTF's v runs down
        attributes["TEXCOORD_0"] = buffer.add_array(flipped.astype("<f4"), "VEC2", FLOAT, VERTICES)
        surface["baseColorTexture"] = {"index": 0}
        image = buffer.add_bytes(encode_jpeg(model.texture))
        document |= {
            "textures": [{"source": 0, "sampler": 0}],
            "images": [{"bufferView": image, "mimeType": "image/jpeg"}],
            "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        }
    elif model.colours is not None:
        linear = np.rint(65535 * to_linear(model.colours / 255.0)).astype("<u2")
        rgba = np.column_stack([linear, np.full(len(linear), 65535, "<u2")])
        attributes["COLOR_0"] = buffer.add_array(rgba, "VEC4", UINT16, VERTICES, normalized=True)
    small = len(positions) <= 65535
    indices = buffer.add_array(
        model.faces.ravel().astype("<u2" if small else "<u4"), "SCALAR", UINT16 if small else UINT32, INDICES
    )
    document["materials"] = [{"name": "surface", "pbrMetallicRoughness": surface}]
    document["meshes"] = [{"primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}]
    document |= {
        "buffers": [{"byteLength": len(buffer.data)}, *_decoded_buffer(buffer, document)],
        "bufferViews": buffer.views,
        "accessors": buffer.accessors,
    }
    return document, bytes(buffer.data)


def _decoded_buffer(buffer: _Buffer, document: dict[str, Any]) -> list[dict[str, Any]]:
    if not buffer.decoded_length:
        return []
    document["extensionsUsed"] = document["extensionsRequired"] = [MESHOPT]
    return [{"byteLength": buffer.decoded_length, "extensions": {MESHOPT: {"fallback": True}}}]


def _in_cache_order(model: Model) -> Model:
    """Renumber vertices and triangles so that neighbours lie together, which the codec needs to do well."""
    meshopt = require("meshopt", "web-asset")
    indices, place, count = meshopt.reorder_mesh(model.faces.ravel().astype(np.uint32), True, False)
    place = np.asarray(place, np.int64)
    used = place < count
    source = np.empty(count, np.int64)
    source[place[used]] = np.flatnonzero(used)
    parts: dict[str, Any] = {
        name: None if (part := getattr(model, name)) is None else part[source]
        for name in ("vertices", "normals", "colours", "uv")
    }
    return replace(model, faces=np.asarray(indices, np.int64).reshape(-1, 3), **parts)


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
