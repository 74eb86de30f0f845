"""The bytes of a picture -> arrays, upright: the only place that decodes what a user sends."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Shaped, UInt8, UInt16

from cleanplate.errors import ImageError
from cleanplate.image.header import Header, opened
from cleanplate.image.jpeg import decode_jpeg
from cleanplate.image.profile import to_srgb
from cleanplate.image.tiff import check_strips
from cleanplate.types import Image

if TYPE_CHECKING:
    import PIL.Image

Values = UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"] | UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]

COLOURS = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "I;16", "I;16B", "CMYK", "YCbCr")
"""Pillow's modes that hold a photograph or a mask; the others are measurements (32 bits, floats) or Lab."""
TIFF_BYTES = 16
"""Of a pixel at most, padding of tiles included."""
STEPS = (0, False), (0, True), (2, False), (2, True), (3, True), (3, False), (1, True), (1, False)
"""For EXIF's orientations 1 to 8: quarter turns counter-clockwise, then whether to mirror left and right."""


@dataclass(frozen=True)
class Pixels:
    """A picture's numbers as they are stored, upright, without any conversion of colours.

    Attributes:
        values: one channel for grey, three (RGB) for colours and palettes; 8 or 16 bits.
        alpha: 0 is transparent, in as many bits; None where there is none.
        indices: a palette's, beside the colours that they stand for.
        lossy: whether the format may have changed the values a little.
    """

    values: Values
    alpha: Shaped[np.ndarray, "h w"] | None
    indices: UInt8[np.ndarray, "h w"] | None
    lossy: bool


def decode_image(data: bytes, where: str) -> Image:
    """Return a photograph as RGB, 8 bits, sRGB, upright: 16 bits are cut, grey is spread, alpha is dropped.

    Raises:
        ImageError: not a picture, too large, damaged, or with colours that cannot be converted.
    """
    with opened(io.BytesIO(data), where) as (picture, header):
        if header.kind == "JPEG" and picture.mode == "RGB" and not header.profile:
            return _upright(decode_jpeg(data, where), header, where)  # by way of Pillow it would be copied four times
        return _upright(to_srgb(_plain(_loaded(picture, header, data, where)), header.profile, where), header, where)


def decode_pixels(data: bytes, where: str) -> Pixels:
    """Return a picture's numbers, for masks.

    Raises:
        ImageError: as in `decode_image`.
    """
    with opened(io.BytesIO(data), where) as (picture, header):
        lossy = header.kind == "JPEG" or (header.kind == "WEBP" and b"VP8L" not in data[:64])
        picture = _loaded(picture, header, data, where)
        if picture.mode in ("CMYK", "YCbCr"):
            raise ImageError(f"{where}: a mask in {picture.mode}; save it as a grey PNG")
        values, alpha = _deep_channels(data, where) if header.deep else _channels(picture)
        indices = np.array(picture) if picture.mode == "P" else None
        return Pixels(
            _upright(values, header, where),
            None if alpha is None else _upright(alpha, header, where),
            None if indices is None else _upright(indices, header, where),
            lossy,
        )


def _loaded(picture: "PIL.Image.Image", header: Header, data: bytes, where: str) -> "PIL.Image.Image":
    """Return the picture decoded, after checks of what its decoder would pass over."""
    import PIL.Image

    if picture.mode not in COLOURS:
        raise ImageError(f"{where}: pixels of kind {picture.mode!r} (floats, 32 bits, Lab); save it with 8 or 16 bits")
    if header.kind == "JPEG" and picture.mode in ("L", "RGB"):
        return PIL.Image.fromarray(decode_jpeg(data, where, grey=picture.mode == "L"))
    if header.kind == "TIFF":
        width, height = header.size
        check_strips(picture.tag_v2, data, TIFF_BYTES * width * height, where)  # type: ignore[attr-defined]
    picture.load()
    return picture


def _plain(picture: "PIL.Image.Image") -> "PIL.Image.Image":
    """Return a photograph as L, RGB or CMYK."""
    import PIL.Image

    if picture.mode.startswith("I;16"):
        return PIL.Image.fromarray((np.array(picture) >> 8).astype(np.uint8))
    if picture.mode == "CMYK":
        return picture
    return picture.convert("L" if picture.mode in ("1", "L", "LA", "La") else "RGB")


def _channels(picture: "PIL.Image.Image") -> tuple[np.ndarray, np.ndarray | None]:
    """Return grey or RGB, and alpha or the transparency that a palette or one colour has."""
    if picture.mode.startswith("I;16"):
        return np.array(picture).astype(np.uint16), None
    grey = picture.mode in ("1", "L", "LA", "La")
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        rgba = np.array(picture.convert("RGBA"))
        return rgba[..., 0] if grey else rgba[..., :3], rgba[..., 3]
    return np.array(picture.convert("L" if grey else "RGB")), None


def _deep_channels(data: bytes, where: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what `_channels` does of a PNG with 16 bits a channel, which Pillow cuts to 8."""
    import cv2

    bgra = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgra is None or bgra.ndim != 3 or bgra.dtype != np.uint16 or bgra.shape[2] not in (3, 4):
        raise ImageError(f"{where}: cannot be decoded; save it with 8 bits a channel")
    return np.ascontiguousarray(bgra[..., 2::-1]), bgra[..., 3] if bgra.shape[2] == 4 else None


def _upright(stored: np.ndarray, header: Header, where: str) -> np.ndarray:
    """Return pixels turned by the header's orientation; Pillow has turned those of a TIFF already."""
    turns, mirrored = STEPS[0 if header.kind == "TIFF" else header.orientation - 1]
    turned = np.rot90(stored, turns)
    turned = np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)
    if turned.shape[1::-1] != header.size:
        raise ImageError(f"{where}: decodes to another size than its header says; copy it again from the rig")
    return turned
