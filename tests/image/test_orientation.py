"""One rule for what is up, in every format: the header's size, the decoded pixels and Pillow agree."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from cleanplate.image import image_size, read_image, read_mask

PICTURE = np.zeros((20, 30, 3), np.uint8)
PICTURE[2:8, 3:22] = 255
PICTURE[2:14, 3:8, 0] = 255


def save(path: Path, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100} | ({"lossless": True} if path.suffix == ".webp" else {})
    PIL.Image.fromarray(PICTURE).save(path, exif=exif, **options)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_size_and_pixels_are_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"a{suffix}"
    save(path, orientation)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    upright = PIL.Image.fromarray(PICTURE)
    upright.info["exif"] = exif.tobytes()
    expected = np.asarray(PIL.ImageOps.exif_transpose(upright))
    assert image_size(path) == expected.shape[1::-1]
    assert np.abs(read_image(path).astype(int) - expected).mean() < 9


def test_a_png_whose_exif_follows_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PIL.Image.fromarray(PICTURE).save(path)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    data = path.read_bytes()
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
    path.write_bytes(data[:-12] + chunk + data[-12:])
    assert image_size(path) == (20, 30)
    assert (read_image(path) == np.rot90(PICTURE, -1)).all()


def test_masks_turn_as_their_pictures_do(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 8
    PIL.Image.fromarray(PICTURE[..., 0]).save(tmp_path / "m.png", exif=exif)
    assert (read_mask(tmp_path / "m.png") == (np.rot90(PICTURE[..., 0], 1) > 0)).all()


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(tmp_path: Path, orientation: int) -> None:
    for suffix in (".jpg", ".tif", ".png"):
        save(tmp_path / f"a{suffix}", orientation)
        assert image_size(tmp_path / f"a{suffix}") == (30, 20)
        assert read_image(tmp_path / f"a{suffix}").shape == (20, 30, 3)


def test_an_orientation_in_xmp_alone_turns_nothing(tmp_path: Path) -> None:
    note = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    for suffix in (".tif", ".jpg"):
        stream = io.BytesIO()
        options = {"tiffinfo": {700: note}} if suffix == ".tif" else {"xmp": note}
        PIL.Image.fromarray(PICTURE).save(stream, {".tif": "TIFF", ".jpg": "JPEG"}[suffix], **options)
        (tmp_path / f"a{suffix}").write_bytes(stream.getvalue())
        assert image_size(tmp_path / f"a{suffix}") == (30, 20)
        assert read_image(tmp_path / f"a{suffix}").shape == (20, 30, 3)
