"""Colour profiles -> sRGB, by littlecms."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.types import Image

if TYPE_CHECKING:
    import PIL.Image

CLOSE = 2
"""Levels of 255 by which a profile may differ from sRGB, rounding included, and be taken for it."""
MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
"""What Pillow calls the pixels of each kind of profile."""


def to_srgb(picture: "PIL.Image.Image", profile: bytes, where: str) -> Image:
    """Return a decoded picture of mode L, RGB or CMYK as RGB, 8 bits, in sRGB.

    Args:
        profile: of ICC; empty for sRGB. Grey pictures with a colour profile are common, and read as neutral colours.

    Raises:
        ImageError: a profile that cannot be used, or CMYK without one.
    """
    if not profile:
        if picture.mode == "CMYK":
            raise ImageError(f"{where}: CMYK without a colour profile; export it as sRGB")
        return np.array(picture.convert("RGB"))
    from PIL import ImageCms

    try:
        mode, transform = _transform(profile)
        if "CMYK" in (mode, picture.mode) and mode != picture.mode:
            raise ValueError(f"it is for {mode}, the picture is {picture.mode}")
        picture = picture.convert(mode)
        return np.array(ImageCms.applyTransform(picture, transform) if transform else picture.convert("RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError) as error:
        raise ImageError(f"{where}: its colour profile cannot be used ({error}); export it as sRGB") from error


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> tuple[str, Any]:
    """Return a profile's mode and its transform to sRGB, None if that changes nothing that can be seen."""
    import PIL.Image
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = MODES[source.profile.xcolor_space.strip()]
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", intent, flags)
    if mode == "CMYK":
        return mode, transform
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3)
    probe = PIL.Image.fromarray(grid if mode == "RGB" else grid[..., 0])
    change = np.asarray(ImageCms.applyTransform(probe, transform), int) - np.asarray(probe.convert("RGB"), int)
    return mode, None if np.abs(change).max() <= CLOSE else transform
