"""A mask means the same however a tool encodes it, or is refused by name; never is it read as empty or full."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import ImageError
from cleanplate.image import read_mask

ROWS, COLUMNS = np.mgrid[:48, :64]
SHAPE = np.hypot(ROWS - 24, COLUMNS - 30) < 15
INDEX = SHAPE.astype(np.uint8)
PHOTO = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def soft(blur: int = 5) -> np.ndarray:
    """0..1, crossing one half where SHAPE does."""
    return np.clip(0.5 + (15 - np.hypot(ROWS - 24, COLUMNS - 30)) / blur, 0, 1)


def pil(array: np.ndarray, mode: str | None = None) -> PIL.Image.Image:
    picture = PIL.Image.fromarray(array)
    return picture.convert(mode) if mode else picture


def palette(colours: list[int], indices: np.ndarray = INDEX) -> PIL.Image.Image:
    picture = PIL.Image.fromarray(indices, "L").convert("P")
    picture.putdata(indices.ravel().tolist())
    picture.putpalette(colours)
    return picture


def alpha(colour: np.ndarray, opacity: np.ndarray) -> PIL.Image.Image:
    return PIL.Image.fromarray(np.dstack([colour, opacity.astype(np.uint8)]))


SOUND: dict[str, Callable[[], PIL.Image.Image]] = {
    "0 and 255": lambda: pil(INDEX * 255),
    "0 and 1": lambda: pil(INDEX),
    "0 and 38": lambda: pil(INDEX * 38),
    "one bit": lambda: pil(SHAPE),
    "palette, first colour": lambda: palette([0, 0, 0, 128, 0, 0]),
    "palette, black last": lambda: palette([0, 200, 9, 0, 0, 0], 1 - INDEX),
    "palette, dark as its index": lambda: palette([0, 0, 0, 1, 1, 1]),
    "red on black": lambda: pil(np.dstack([INDEX * 255, INDEX * 0, INDEX * 0])),
    "grey in three channels": lambda: pil(np.dstack([INDEX * 255] * 3)),
    "16 bits, full": lambda: pil(INDEX.astype(np.uint16) * 65535),
    "16 bits, 255": lambda: pil(INDEX.astype(np.uint16) * 255),
    "16 bits, 1": lambda: pil(INDEX.astype(np.uint16)),
    "16 bits, soft": lambda: pil((soft() * 65535).astype(np.uint16)),
    "cut-out": lambda: alpha(PHOTO, INDEX * 255),
    "cut-out, soft": lambda: alpha(PHOTO, soft() * 255),
    "white with alpha": lambda: alpha(np.full((48, 64, 3), 255, np.uint8), INDEX * 255),
    "grey with alpha": lambda: pil(np.dstack([np.full_like(INDEX, 255), INDEX * 255])),
    "opaque alpha": lambda: alpha(np.dstack([INDEX * 255] * 3), np.full_like(INDEX, 255)),
    "soft": lambda: pil((soft() * 255).astype(np.uint8)),
    "four levels": lambda: pil((np.round(soft(3) * 4) / 4 * 255).astype(np.uint8)),
}


@pytest.mark.parametrize("kind", SOUND)
def test_every_encoding_means_the_same(tmp_path: Path, kind: str) -> None:
    SOUND[kind]().save(tmp_path / "m.png")
    assert (read_mask(tmp_path / "m.png") != SHAPE).sum() <= (30 if "soft" in kind or "levels" in kind else 0)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_16_bits(tmp_path: Path, depth: int, channels: int) -> None:
    value = (1 << depth) - 1
    bgra = np.dstack([INDEX.astype(np.uint16) * value] * 3 + [np.full((48, 64), 65535, np.uint16)])
    cv2.imwrite(str(tmp_path / "m.png"), bgra[..., :channels])
    assert (read_mask(tmp_path / "m.png") == SHAPE).all()
    small = bgra[..., :3] // value  # 0 and 1: cut to 8 bits it would be empty
    cv2.imwrite(str(tmp_path / "m.png"), small)
    assert (read_mask(tmp_path / "m.png") == SHAPE).all()


def test_transparency_of_a_palette_and_of_one_colour_is_alpha(tmp_path: Path) -> None:
    palette([7, 7, 7, 9, 200, 9]).save(tmp_path / "m.png", transparency=0)
    assert (read_mask(tmp_path / "m.png") == SHAPE).all()
    pil(np.dstack([INDEX * 200 + 5] * 3)).save(tmp_path / "m.png", transparency=(5, 5, 5))
    assert (read_mask(tmp_path / "m.png") == SHAPE).all()


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".bmp", ".webp"])
def test_masks_of_other_formats(tmp_path: Path, suffix: str) -> None:
    pil(INDEX * 255).convert("L" if suffix != ".webp" else "RGB").save(tmp_path / f"m{suffix}", quality=90)
    assert (read_mask(tmp_path / f"m{suffix}") != SHAPE).sum() <= 6


LABELS = INDEX.copy()
LABELS[:, :30] *= 2
VOID = np.where(soft(3) % 1 > 0, 255, INDEX).astype(np.uint8)
HALF = INDEX * 255
HALF[20:30, 25:35] = 128

REFUSED: dict[str, tuple[Callable[[], PIL.Image.Image], str]] = {
    "labels": (lambda: pil(LABELS), "labels"),
    "labels as colours": (lambda: palette([0, 0, 0, 128, 0, 0, 0, 128, 0], LABELS), "3 colours"),
    "labels with void": (lambda: pil(VOID), "labels"),
    "one and two": (lambda: pil(INDEX + 1), "labels"),
    "trimap": (lambda: pil(HALF), "whole areas have the value 128"),
    "photograph": (lambda: pil(PHOTO), "colours, not a mask"),
    "dark greys": (lambda: pil((soft() * 90).astype(np.uint8)), "neither black and white"),
    "12 bits": (lambda: pil((soft() * 4095).astype(np.uint16)), "neither black and white"),
    "all ones": (lambda: pil(np.ones_like(INDEX)), "full or empty"),
    "all grey": (lambda: pil(np.full_like(INDEX, 128)), "full or empty"),
    "all transparent": (lambda: alpha(PHOTO, INDEX * 0), "transparent"),
    "half transparent": (lambda: alpha(PHOTO, INDEX * 100), "whole areas"),
    "alpha of one": (lambda: alpha(PHOTO, INDEX), "whole areas"),
    "two colours without black": (lambda: palette([9, 200, 9, 200, 9, 9]), "2 colours"),
    "a palette of one colour": (lambda: palette([0, 0, 0, 0, 0, 0]), "indices one colour"),
    "grey and alpha disagree": (lambda: pil(np.dstack([INDEX * 255, INDEX[:, ::-1] * 255])), "alpha is another"),
    "floats": (lambda: pil(SHAPE.astype(np.float32)), "floats"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_may_mean_several_things_is_refused(tmp_path: Path, kind: str) -> None:
    make, words = REFUSED[kind]
    name = "m.tif" if kind == "floats" else "m.png"
    make().save(tmp_path / name)
    with pytest.raises(ImageError, match=f"{name}.*{words}"):
        read_mask(tmp_path / name)


@pytest.mark.parametrize("full", [False, True])
def test_empty_and_full_masks_stay_what_they_are(tmp_path: Path, full: bool) -> None:
    pil(np.full((48, 64), 255 * full, np.uint8)).save(tmp_path / "m.png")
    assert (read_mask(tmp_path / "m.png") == full).all()


@given(seed=st.integers(0, 2**32 - 1), value=st.integers(1, 255), density=st.floats(0.01, 0.99))
def test_black_and_any_other_value_is_that_mask(
    tmp_path_factory: pytest.TempPathFactory, seed: int, value: int, density: float
) -> None:
    mask = np.random.default_rng(seed).random((9, 13)) < density
    mask[0, :2] = False, True
    path = tmp_path_factory.mktemp("masks") / "m.png"
    pil(mask.astype(np.uint8) * np.uint8(value)).save(path)
    assert (read_mask(path) == mask).all()
