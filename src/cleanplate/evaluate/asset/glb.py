"""Facts of a GLB from anywhere: nothing it says is believed before it is checked."""

import struct
from typing import Any

import numpy as np

from cleanplate.asset import draco
from cleanplate.errors import require
from cleanplate.evaluate.asset.facts import Facts, texture_of
from cleanplate.untrusted import parse_json

FEW = 4096
"""Nodes, meshes, materials, textures and primitives looked at."""
VALUES = 60_000_000
"""Numbers of one accessor."""
TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
NEEDED = ("POSITION", "TEXCOORD_0")
MESHOPT = "EXT_meshopt_compression"


class Fault(ValueError):
    """The file breaks the format where it is needed."""


def read_glb(data: bytes) -> Facts:
    """Return the facts of a GLB.

    Raises:
        Fault: it is no GLB that can be read.
    """
    facts = Facts("GLB", len(data))
    try:
        document, binary = _chunks(data)
        _Reader(document, binary, facts).read()
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError, ValueError, struct.error) as error:
        raise Fault(f"not a GLB that can be read: {type(error).__name__}: {error}") from error
    return facts


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    if data[:4] != b"glTF" or struct.unpack_from("<I", data, 4)[0] != 2:
        raise Fault("it does not begin as a GLB of version 2 does")
    length, kind = struct.unpack_from("<I4s", data, 12)
    if kind != b"JSON" or 20 + length > len(data):
        raise Fault("its first chunk is no JSON, or goes beyond the file")
    document = parse_json(data[20 : 20 + length])
    if not isinstance(document, dict):
        raise Fault("its JSON is no object")
    start = 20 + length
    if start + 8 > len(data):
        return document, b""
    size = struct.unpack_from("<I", data, start)[0]
    return document, data[start + 8 : start + 8 + size]


class _Reader:
    def __init__(self, document: dict[str, Any], binary: bytes, facts: Facts) -> None:
        self.document, self.binary, self.facts = document, binary, facts

    def read(self) -> None:
        self.facts.extensions = sorted({str(name) for name in self.listed("extensionsUsed")})
        self.materials()
        scene = self.listed("scenes")[self.document.get("scene", 0)]
        for node in scene.get("nodes", [])[:FEW]:
            self.node(node, np.eye(4), ())
        if self.facts.low is None:
            raise Fault("no triangles in its scene")

    def listed(self, name: str) -> list[Any]:
        found = self.document.get(name, [])
        if not isinstance(found, list) or len(found) > FEW * 8:
            raise Fault(f"{name} is no list of sensible length")
        return found

    def materials(self) -> None:
        roles: dict[int, set[str]] = {}
        for material in self.listed("materials")[:FEW]:
            surface = material.get("pbrMetallicRoughness", {})
            slots = {
                "colour": surface.get("baseColorTexture"),
                "surface": surface.get("metallicRoughnessTexture"),
                "occlusion": material.get("occlusionTexture"),
                "normal": material.get("normalTexture"),
            }
            self.facts.materials.append([role for role, slot in slots.items() if slot])
            for role, slot in slots.items():
                if slot:
                    roles.setdefault(self.image_of(slot["index"]), set()).add(role)
        for image, named in sorted(roles.items()):
            source = self.listed("images")[image]
            if "bufferView" not in source:
                self.facts.unread.append("a texture that is not inside the file")
                continue
            data = self.view(source["bufferView"])
            for role in sorted(named):
                if texture := texture_of(data, role, self.facts):
                    self.facts.textures.append(texture)

    def image_of(self, texture: int) -> int:
        found = self.listed("textures")[_index(texture)]
        for extension in found.get("extensions", {}).values():
            if "source" in extension:
                return _index(extension["source"])
        return _index(found["source"])

    def node(self, number: int, matrix: np.ndarray, above: tuple[int, ...]) -> None:
        if number in above or len(above) > 64:
            raise Fault("nodes that contain themselves, or are nested too deeply")
        node = self.listed("nodes")[_index(number)]
        matrix = matrix @ _matrix(node)
        if "mesh" in node:
            for primitive in self.listed("meshes")[_index(node["mesh"])]["primitives"][:FEW]:
                self.primitive(primitive, matrix)
        for child in node.get("children", [])[:FEW]:
            self.node(child, matrix, (*above, number))

    def primitive(self, primitive: dict[str, Any], matrix: np.ndarray) -> None:
        if primitive.get("mode", 4) != 4:
            return
        if self.facts.triangles > VALUES:
            raise Fault("too many triangles")
        attributes, faces = self.geometry(primitive)
        points = attributes["POSITION"]
        if len(faces) and faces.max() >= len(points):
            raise Fault("triangles of vertices that are not there")
        self.facts.triangles += len(faces)
        self.facts.vertices += len(points)
        self.facts.add_points(points[np.unique(faces)] @ matrix[:3, :3].T + matrix[:3, 3])
        if "TEXCOORD_0" in attributes:
            self.facts.add_places(attributes["TEXCOORD_0"], faces)

    def geometry(self, primitive: dict[str, Any]) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return positions and texture coordinates, as far as there are, and triangles."""
        named = {name: number for name, number in primitive["attributes"].items() if name in NEEDED}
        if stream := primitive.get("extensions", {}).get(draco.EXTENSION):
            ids = {name: _index(stream["attributes"][name]) for name in named}
            found, faces = draco.unpack(self.view(stream["bufferView"]), ids)
            accessors = {name: self.listed("accessors")[_index(number)] for name, number in named.items()}
            return {name: _scaled(each, accessors[name]).astype(float) for name, each in found.items()}, faces
        attributes = {name: self.accessor(number).astype(float) for name, number in named.items()}
        indexed, count = "indices" in primitive, len(attributes["POSITION"])
        corners = self.accessor(primitive["indices"]).astype(np.int64).ravel() if indexed else np.arange(count)
        return attributes, corners[: len(corners) // 3 * 3].reshape(-1, 3)

    def accessor(self, number: int) -> np.ndarray:
        accessor = self.listed("accessors")[_index(number)]
        width, kind = WIDTHS[accessor["type"]], np.dtype(TYPES[accessor["componentType"]])
        count, row = _index(accessor["count"]), width * kind.itemsize
        if count * width > VALUES or "sparse" in accessor:
            raise Fault(f"an accessor of {count} elements, or a sparse one")
        if "bufferView" not in accessor:
            return np.zeros((count, width), kind)
        view = self.listed("bufferViews")[_index(accessor["bufferView"])]
        stride, start = _index(view.get("byteStride", row)), _index(accessor.get("byteOffset", 0))
        if not row <= max(stride, row) <= 252 + row:
            raise Fault("a stride that cannot be")
        data = np.frombuffer(self.view(accessor["bufferView"]), np.uint8)
        stride = max(stride, row)
        if count and start + (count - 1) * stride + row > len(data):
            raise Fault("an accessor that goes beyond its buffer")
        rows = np.lib.stride_tricks.as_strided(data[start:], (count, row), (stride, 1)) if count else data[:0]
        return _scaled(np.ascontiguousarray(rows).view(kind).reshape(count, width), accessor)

    def view(self, number: int) -> bytes:
        view = self.listed("bufferViews")[_index(number)]
        packed = view.get("extensions", {}).get(MESHOPT)
        place = packed or view
        start, length = _index(place.get("byteOffset", 0)), _index(place["byteLength"])
        if place.get("buffer", 0) != 0 or start + length > len(self.binary):
            raise Fault("a buffer view that goes beyond the file, or is not inside it")
        data = self.binary[start : start + length]
        if packed:
            count, stride = _index(packed["count"]), _index(packed["byteStride"])
            if count * stride > 4 * VALUES:
                raise Fault("a compressed buffer that is too large")
            decoder = require("meshopt", "web-asset")
            decoded = decoder.decode_gltf_buffer(data, count, stride, packed["mode"], packed.get("filter"))
            data = np.ascontiguousarray(decoded).tobytes()
        return data


def _scaled(found: np.ndarray, accessor: dict[str, Any]) -> np.ndarray:
    """Return an accessor's values as they are meant, where integers stand for 0..1 or -1..1."""
    if accessor.get("normalized") and found.dtype.kind != "f":
        return np.maximum(found / np.iinfo(found.dtype).max, -1.0)
    return found


def _index(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Fault(f"{value!r:.40} where a number of something is asked for")
    return value


def _matrix(node: dict[str, Any]) -> np.ndarray:
    """Return a node's 4x4 matrix (glTF 2.0, section 3.5.3)."""
    if "matrix" in node:
        return np.array(node["matrix"], float).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = (float(each) for each in node.get("rotation", (0, 0, 0, 1)))
    turn = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] = np.array(turn) * np.array(node.get("scale", (1, 1, 1)), float)
    matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), float)
    return matrix
