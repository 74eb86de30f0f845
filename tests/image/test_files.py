"""Decoding what a user sends."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from cleanplate.errors import ImageError
from cleanplate.image import (
    image_size,
    read_image,
    read_mask,
    read_probability,
    write_image,
    write_mask,
    write_probability,
)

PICTURE = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)


def bomb(path: Path, side: int) -> Path:
    """Write a small PNG that claims side x side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("side", [10_000, 20_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    with pytest.raises(ImageError, match="limit"):
        read_image(bomb(tmp_path / "bomb.png", side))


def test_png_is_lossless_and_masks_are_bit_exact(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", PICTURE)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), PICTURE)
    mask = PICTURE[..., 0] > 127
    write_mask(tmp_path / "m.png", mask)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), mask)
    stored = cv2.imread(str(tmp_path / "m.png"), cv2.IMREAD_UNCHANGED)
    assert stored.ndim == 2
    assert set(np.unique(stored)) == {0, 255}


def test_orientation_is_respected(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.fromarray(PICTURE).save(tmp_path / "a.jpg", exif=exif, quality=100, subsampling=0)
    assert image_size(tmp_path / "a.jpg") == (20, 30)
    turned = read_image(tmp_path / "a.jpg")
    assert turned.shape == (30, 20, 3)
    assert np.abs(turned.astype(int) - np.rot90(PICTURE, -1)).mean() < 3


@pytest.mark.parametrize(
    ("mode", "array"),
    [
        ("grey", PICTURE[..., 0]),
        ("16 bits", PICTURE.astype(np.uint16) * 257),
        ("RGBA", np.dstack([PICTURE, np.full((20, 30), 255, np.uint8)])),
    ],
)
def test_other_kinds_become_8_bit_rgb(tmp_path: Path, mode: str, array: np.ndarray) -> None:
    stored = array if array.ndim == 2 else array[..., [2, 1, 0, *range(3, array.shape[2])]]
    cv2.imwrite(str(tmp_path / "a.png"), stored)
    got = read_image(tmp_path / "a.png")
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, np.dstack([array] * 3) if mode == "grey" else PICTURE)


def test_truncated_and_false_pictures_are_named(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", cv2.resize(PICTURE, (640, 512)))
    write_image(tmp_path / "a.png", cv2.resize(PICTURE, (640, 512)))
    for name in ("a.jpg", "a.png"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ImageError, match=f"{name}.*(truncated|damaged)"):
            read_image(tmp_path / name)
    (tmp_path / "b.jpg").write_text("not a picture")
    with pytest.raises(ImageError, match=r"b\.jpg: not a picture"):
        read_image(tmp_path / "b.jpg")
    with pytest.raises(ImageError, match=r"c\.jpg: not found"):
        read_image(tmp_path / "c.jpg")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image(tmp_path / "a.png", PICTURE)

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as stream:
            stream.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_image(tmp_path / "a.png", 255 - PICTURE)
    monkeypatch.undo()
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), PICTURE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_probabilities_keep_eight_bits_and_the_side_of_a_half(tmp_path: Path) -> None:
    near = np.linspace(0.49, 0.51, 201, dtype=np.float32)
    probability = np.concatenate([np.linspace(0, 1, 256, dtype=np.float32), near])[None]
    write_probability(tmp_path / "p.png", probability)
    found = read_probability(tmp_path / "p.png")
    assert found.dtype == np.float32
    assert np.abs(found - probability).max() <= 0.5 / 255 + 1e-6
    np.testing.assert_array_equal(found >= 0.5, probability >= 0.5)
