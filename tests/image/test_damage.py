"""Pictures whose data are damaged though a decoder goes on; pictures that only look so; colour profiles."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest

from cleanplate.errors import ImageError
from cleanplate.image import read_image

RNG = np.random.default_rng(3)
PICTURE = (128 + 60 * np.sin(np.mgrid[:160, :240].sum(axis=0) / 9.0))[..., None] + RNG.normal(0, 12, (160, 240, 3))
PICTURE = PICTURE.clip(0, 255).astype(np.uint8)


def encoded(kind: str = "JPEG", picture: np.ndarray = PICTURE, **options: object) -> bytes:
    stream = io.BytesIO()
    PIL.Image.fromarray(picture).save(stream, kind, **options)
    return stream.getvalue()


def refused(tmp_path: Path, data: bytes, words: str, name: str = "a.jpg") -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError, match=rf"{name}.*({words})"):
        read_image(tmp_path / name)


def scan_of(data: bytes) -> int:
    return data.index(b"\xff\xda") + 20


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 8}])
@pytest.mark.parametrize("length", [400, 2048])
def test_a_hole_of_zeros_in_a_jpeg(tmp_path: Path, options: dict, length: int) -> None:
    data = encoded(quality=92, **options)
    for place in np.linspace(scan_of(data), len(data) - length - 50, 9).astype(int):
        hole = data[:place] + bytes(length) + data[place + length :]
        refused(tmp_path, hole, "damaged")


def test_a_hole_that_the_decoder_does_not_notice(tmp_path: Path) -> None:
    # Restart markers around the hole keep the decoder in step; with fixed tables zeros are no pixels.
    data = encoded(quality=95, restart_marker_rows=1)
    places = [
        place for place in range(scan_of(data), len(data) - 1) if data[place] == 0xFF and 0xD0 <= data[place + 1] < 0xD8
    ]
    start, end = places[2] + 2, places[3]
    refused(tmp_path, data[:start] + bytes(end - start) + data[end:], "damaged")


def test_an_early_end_and_a_cut(tmp_path: Path) -> None:
    for options in ({}, {"progressive": True}):
        data = encoded(quality=90, **options)
        for share in (0.3, 0.6, 0.95):
            cut = data[: int(len(data) * share)]
            refused(tmp_path, cut, "truncated|damaged")
            refused(tmp_path, cut + b"\xff\xd9", "truncated|damaged")
            refused(tmp_path, cut + b"\xff\xd9" + data[len(cut) + 2 :], "truncated|damaged")


def test_a_progressive_jpeg_without_its_last_scans(tmp_path: Path) -> None:
    data = encoded(quality=90, progressive=True)
    last = data.rindex(b"\xff\xda")
    refused(tmp_path, data[:last] + b"\xff\xd9", "last scans are missing")


@pytest.mark.parametrize("flat", [0, 128, 255])
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}])
def test_flat_pictures_are_sound(tmp_path: Path, flat: int, options: dict) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(picture=np.full((400, 600, 3), flat, np.uint8), quality=90, **options))
    assert read_image(tmp_path / "a.jpg").shape == (400, 600, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_data_after_the_end_are_no_damage(tmp_path: Path, kind: str) -> None:
    data = encoded(kind)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "b").write_bytes(data + b"\0\0\0\x18ftypmp42" + RNG.bytes(20_000))
    assert (read_image(tmp_path / "a") == read_image(tmp_path / "b")).all()


def test_a_picture_with_a_second_one_inside(tmp_path: Path) -> None:
    stream = io.BytesIO()
    second = PIL.Image.fromarray(255 - PICTURE)
    PIL.Image.fromarray(PICTURE).save(stream, "MPO", save_all=True, append_images=[second], quality=95)
    (tmp_path / "a.jpg").write_bytes(stream.getvalue())
    assert np.abs(read_image(tmp_path / "a.jpg").astype(int) - PICTURE).mean() < 12


def test_a_broken_strip_of_a_tiff(tmp_path: Path) -> None:
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg"):
        data = encoded("TIFF", compression=compression)
        middle = len(data) // 2
        refused(tmp_path, data[:middle] + bytes(3000) + data[middle + 3000 :], "damaged", "a.tif")
    refused(tmp_path, encoded("TIFF")[:-5000], "damaged|truncated", "a.tif")


def test_a_broken_png_and_webp(tmp_path: Path) -> None:
    data = encoded("PNG")
    refused(tmp_path, data[:9000] + bytes(600) + data[9600:], "damaged", "a.png")
    refused(tmp_path, data[:9000], "damaged", "a.png")
    refused(tmp_path, encoded("WEBP")[:3000], "damaged|not a picture", "a.webp")


def test_a_picture_of_another_kind_is_named(tmp_path: Path) -> None:
    refused(tmp_path, b"\0\0\0\x18ftypheic\0\0\0\0" + bytes(90), "HEIC")


def profile(gamma: float, primaries: list[tuple[float, float]]) -> bytes:
    """A matrix profile, built from the sRGB one of littlecms by changing its colorants and curves."""
    import struct

    white = np.array([0.9642, 1.0, 0.8249])
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    matrix = columns * np.linalg.solve(columns, white)
    number = lambda value: struct.pack(">i", round(value * 65536))  # noqa: E731
    xyz = lambda values: b"XYZ \0\0\0\0" + b"".join(map(number, values))  # noqa: E731
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + bytes(78)
    parts = {b"rXYZ": xyz(matrix[:, 0]), b"gXYZ": xyz(matrix[:, 1]), b"bXYZ": xyz(matrix[:, 2])}
    parts |= {
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
        b"wtpt": xyz(white),
        b"desc": text + b"\0" * (-len(text) % 4),
    }
    place, table, body = 132 + 12 * len(parts), b"", b""
    for name, part in parts.items():
        table += name + struct.pack(">II", place + len(body), len(part))
        body += part
    head = struct.pack(">I4sI4s4s4s", 0, b"\0\0\0\0", 0x02400000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + b"".join(map(number, white)) + bytes(48)
    data = head + struct.pack(">I", len(parts)) + table + body
    return struct.pack(">I", len(data)) + data[4:]


SRGB = [(0.6485, 0.3309), (0.3212, 0.5978), (0.1559, 0.0660)]
"""Of sRGB, adapted to D50 as profiles hold them."""
WIDE = [(0.681, 0.319), (0.285, 0.675), (0.155, 0.066)]


def test_a_wide_profile_is_converted(tmp_path: Path) -> None:
    tagged = profile(1.8, WIDE)
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        data = encoded(kind, np.full((32, 32, 3), (180, 60, 60), np.uint8), icc_profile=tagged)
        (tmp_path / "a").write_bytes(data)
        red, green, _ = read_image(tmp_path / "a").mean(axis=(0, 1))
        assert red > 190
        assert green < 76
    grey = encoded("PNG", np.full((32, 32, 3), 128, np.uint8), icc_profile=tagged)
    (tmp_path / "a").write_bytes(grey)
    expected = 255 * (1.055 * (128 / 255) ** (1.8 / 2.4) - 0.055)
    assert np.abs(read_image(tmp_path / "a").astype(float) - expected).max() <= 2


def test_srgb_by_another_name_changes_nothing(tmp_path: Path) -> None:
    tagged = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    (tmp_path / "a.png").write_bytes(encoded("PNG", icc_profile=tagged))
    assert (read_image(tmp_path / "a.png") == PICTURE).all()


def test_a_profile_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    refused(tmp_path, encoded("PNG", icc_profile=b"nonsense" * 40), "colour profile cannot be used", "a.png")
    stream = io.BytesIO()
    PIL.Image.fromarray(PICTURE).convert("CMYK").save(stream, "JPEG")
    refused(tmp_path, stream.getvalue(), "CMYK")
