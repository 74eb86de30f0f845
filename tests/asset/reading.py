"""A second, independent way into a GLB: plain struct and json."""

import json
import struct
from pathlib import Path

import numpy as np

TYPES = {5126: "<f4", 5123: "<u2", 5125: "<u4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def read_document(path: Path) -> dict:
    """Return the JSON document of a GLB."""
    data = path.read_bytes()
    return json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])


def read_glb(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the JSON document, and the arrays of the only primitive by attribute name, and `indices`."""
    data = path.read_bytes()
    magic, version, total = struct.unpack_from("<4sII", data)
    assert (magic, version, total) == (b"glTF", 2, len(data))
    length = struct.unpack_from("<I", data, 12)[0]
    document, start = json.loads(data[20 : 20 + length]), 20 + length + 8
    primitive = document["meshes"][0]["primitives"][0]
    arrays = {}
    for name, number in {**primitive["attributes"], "indices": primitive["indices"]}.items():
        accessor = document["accessors"][number]
        view, width = document["bufferViews"][accessor["bufferView"]], WIDTHS[accessor["type"]]
        array = np.frombuffer(
            data, TYPES[accessor["componentType"]], accessor["count"] * width, start + view["byteOffset"]
        )
        arrays[name] = array if width == 1 else array.reshape(-1, width)
    return document, arrays
