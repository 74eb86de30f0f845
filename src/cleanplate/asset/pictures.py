"""A model's textures as the files that go into it: small enough, and of colours that shops accept."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from cleanplate.asset.model import Model
from cleanplate.asset.profiles import AUDITOR_RANGE
from cleanplate.types import Image

QUALITY = 90
"""Of JPEG, where nothing asks for less."""
SAFE_MARGINS = (3, 6, 10, 16, 24, 36, 54)
"""By so much inside the accepted range are colours put before JPEG moves them; the first that suffices."""


@dataclass(frozen=True)
class Pictures:
    """JPEG files of one size; None where the model has no such texture.

    Attributes:
        side: of each, texels.
    """

    side: int
    colour: bytes | None = None
    surface: bytes | None = None
    relief: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(len(each) for each in (self.colour, self.surface, self.relief) if each is not None)


def encode_pictures(model: Model, side: int | None = None, quality: int = QUALITY) -> Pictures:
    """Encode a model's textures, scaled down to `side` texels if given.

    The base colour's brightest channel is kept within AUDITOR_RANGE, as decoded again.
    """
    if model.texture is None:
        return Pictures(0)
    side = side or len(model.texture)
    return Pictures(
        side,
        _encode_safe(_scaled(model.texture, side), quality),
        None if model.surface is None else encode_jpeg(_scaled(model.surface, side), quality),
        None if model.relief is None else encode_jpeg(_unit_length(_scaled(model.relief, side)), max(quality, 80)),
    )


def empty_pictures(model: Model) -> Pictures:
    """Return files of no bytes for the textures that a model has: what is left of a GLB with them is its shape."""
    return Pictures(0, *(None if each is None else b"" for each in (model.texture, model.surface, model.relief)))


def encode_jpeg(image: Image, quality: int = QUALITY) -> bytes:
    """Return the image as JPEG, without subsampled chroma, which would bleed over the atlas' seams.

    Its Huffman tables are made for it alone: the same pixels in fewer bytes.
    """
    import cv2

    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        cv2.IMWRITE_JPEG_OPTIMIZE,
        1,
    ]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def safe_colours(image: Image, margin: int = 0) -> Image:
    """Return the image with every texel's brightest channel within AUDITOR_RANGE, `margin` further inside.

    Bright texels are dimmed, which keeps their hue; dark ones get the missing light on all channels.
    """
    low, high = AUDITOR_RANGE[0] + margin, AUDITOR_RANGE[1] - margin
    brightest = image.max(axis=2, keepdims=True)
    if low <= brightest.min() and brightest.max() <= high:
        return image
    value = brightest.astype(np.float32)
    dimmed = image * np.minimum(1.0, high / np.maximum(value, 1.0))
    return np.clip(np.rint(dimmed + np.maximum(low - value, 0.0)), 0, 255).astype(np.uint8)


def _encode_safe(image: Image, quality: int) -> bytes:
    import cv2

    for margin in SAFE_MARGINS:
        data = encode_jpeg(safe_colours(image, margin), quality)
        decoded = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)).max(axis=2)
        if AUDITOR_RANGE[0] <= decoded.min() and decoded.max() <= AUDITOR_RANGE[1]:
            break
    return data


def _scaled(image: Image, side: int) -> UInt8[np.ndarray, "{side} {side} 3"]:
    import cv2

    if len(image) == side:
        return image
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)


def _unit_length(relief: Image) -> Image:
    """Return a normal map whose vectors have length one again after scaling."""
    vectors = relief.astype(np.float32) / 127.5 - 1
    vectors /= np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), 1e-6)
    return np.rint((vectors + 1) * 127.5).astype(np.uint8)
