"""The browser gets what the program reads: upright, and in sRGB."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("starlette")

from cleanplate.image import read_image
from cleanplate.web.pictures import picture_response


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_browser_gets_what_the_program_reads(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)).save(path, exif=exif)
    body = bytes(picture_response(path).body)
    shown = PIL.Image.open(io.BytesIO(body))
    assert shown.getexif().get(0x0112, 1) == 1
    assert np.abs(np.asarray(shown.convert("RGB")).astype(int) - read_image(path)).mean() < 2
    assert (body == path.read_bytes()) == (orientation == 1 and suffix != ".webp")
