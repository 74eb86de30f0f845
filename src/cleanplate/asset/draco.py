"""Geometry in Draco's stream (KHR_draco_mesh_compression): rounded, in an order of its own, and a seventh as large."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from cleanplate.asset.overlap import mirrored, overlapping
from cleanplate.errors import require

EXTENSION = "KHR_draco_mesh_compression"
BITS = {"POSITION": 16, "NORMAL": 12}
"""Positions are rounded to steps of the greatest extent / (2^bits - 1): 5 micrometres of 30 cm. Normals are laid out on
a square, whose steps are a sixteenth of a degree at most."""
PLACE_BITS = (16, 20, 24)
"""Of texture coordinates, as of positions: the first that neither turns over nor overlaps a narrow triangle that was
sound. Where none does they are kept as they are, in twice the bytes in all."""
LEVEL = 7
"""Of 10; those above take a third longer and save less than a tenth."""
TYPES = {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 3, "COLOR_0": 4, "TANGENT": 4}
"""Draco's numbers of them; 4 is anything, kept as it is: tangents are not worth it here."""


@dataclass(frozen=True)
class Packed:
    """A compressed primitive.

    Attributes:
        data: the stream.
        ids: under which each attribute stands in it, by glTF's names.
        attributes, faces: what a decoder gets: rounded, reordered, with vertices where triangles meet badly doubled.
    """

    data: bytes
    ids: dict[str, int]
    attributes: dict[str, np.ndarray]
    faces: Int[np.ndarray, "f 3"]


def pack(attributes: Mapping[str, np.ndarray], faces: Int[np.ndarray, "f 3"]) -> Packed:
    """Compress a primitive.

    Args:
        attributes: some of TYPES, n rows each, POSITION among them, COLOR_0 (in 16 bits) and TANGENT not both.

    Raises:
        MissingExtra: DracoPy is not installed.
    """
    places = attributes.get("TEXCOORD_0")
    if places is not None:
        most = _faults(places, faces)
        for bits in PLACE_BITS:
            packed = _packed(attributes, faces, bits)
            if _faults(packed.attributes["TEXCOORD_0"], packed.faces) <= most:
                return packed
    return _packed(attributes, faces, None)


def _faults(places: Float[np.ndarray, "n 2"], faces: Int[np.ndarray, "f 3"]) -> int:
    corners = places[faces].astype(float)
    return int(mirrored(corners).sum() + overlapping(corners).sum())


def _packed(attributes: Mapping[str, np.ndarray], faces: Int[np.ndarray, "f 3"], place_bits: int | None) -> Packed:
    codec = require("DracoPy", "web-asset")
    places, normals = attributes.get("TEXCOORD_0"), attributes.get("NORMAL")
    other = attributes.get("COLOR_0", attributes.get("TANGENT"))
    data = codec.encode(
        attributes["POSITION"],
        faces.astype(np.uint32),
        quantization_bits=BITS["POSITION"],
        compression_level=LEVEL,
        tex_coord=None if places is None else places.astype(float),
        tex_coord_quantization_bits=place_bits,
        normals=None if normals is None else normals.astype(float),
        normal_quantization_bits=BITS["NORMAL"],
        generic_attributes=None if other is None else {0: other},
    )
    mesh = codec.decode(data)
    found = {each["attribute_type"]: each for each in mesh.attributes}
    stored = {name: found[TYPES[name]] for name in attributes}
    return Packed(
        data,
        {name: each["unique_id"] for name, each in stored.items()},
        {name: each["data"].astype(attributes[name].dtype) for name, each in stored.items()},  # it widens 16 bits
        mesh.faces.astype(np.int64),
    )


def unpack(data: bytes, ids: Mapping[str, int]) -> tuple[dict[str, np.ndarray], Int[np.ndarray, "f 3"]]:
    """Return the attributes of a stream from anywhere, by glTF's names, and its triangles.

    Raises:
        MissingExtra: DracoPy is not installed.
        ValueError: it is no Draco stream of triangles, or lacks an attribute.
    """
    codec = require("DracoPy", "web-asset")
    try:
        mesh = codec.decode(data)
        found = {each["unique_id"]: each["data"] for each in mesh.attributes}
        return {name: found[number] for name, number in ids.items()}, np.asarray(mesh.faces, np.int64).reshape(-1, 3)
    except (codec.FileTypeException, AttributeError, KeyError) as error:
        raise ValueError(f"no triangles compressed by Draco: {error}") from error
