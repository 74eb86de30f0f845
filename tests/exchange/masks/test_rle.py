"""Encodings against the libraries that define them."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mask_strategies import masks

from cleanplate.errors import ImageError
from cleanplate.exchange.masks import rle

GOLDEN = Path(__file__).parent / "data/label_studio_brush.json"


@settings(deadline=None)
@given(masks())
def test_coco_equals_pycocotools(mask: np.ndarray) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    height, width = mask.shape
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    counts = rle.coco_counts(mask)
    assert rle.coco_string(counts).encode() == theirs["counts"]
    assert coco.frPyObjects({"size": [height, width], "counts": counts.tolist()}, height, width) == theirs


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**36), min_size=1))
def test_coco_strings_hold_any_counts(counts: list[int]) -> None:
    array = np.array(counts, np.int64)
    assert (rle.coco_counts_of_string(rle.coco_string(array)) == array).all()


@settings(deadline=None)
@given(masks())
def test_encodings_return_every_bit(mask: np.ndarray) -> None:
    height, width = mask.shape
    counts = rle.coco_counts_of_string(rle.coco_string(rle.coco_counts(mask)))
    assert (rle.coco_mask(counts, width, height) == mask).all()
    assert (rle.cvat_mask(rle.cvat_counts(mask), width, height) == mask).all()
    assert (rle.brush_mask(rle.brush_bytes(mask), width, height) == mask).all()


def test_runs_beyond_the_longest_chunk_are_split() -> None:
    mask = np.zeros((300, 400), bool)
    mask[100:290] = True
    assert (rle.brush_mask(rle.brush_bytes(mask), 400, 300) == mask).all()


@pytest.mark.parametrize("case", json.loads(GOLDEN.read_text())["cases"])
def test_brush_equals_label_studios(case: dict) -> None:
    width, height = case["width"], case["height"]
    bits = np.unpackbits(np.array(case["bits"], np.uint8))[: width * height]
    mask = bits.reshape(height, width).astype(bool)
    assert (rle.brush_mask(bytes(case["rle"]), width, height) == mask).all()
    if case["same"]:  # the SDK may add one byte of padding more than is needed
        assert rle.brush_bytes(mask) == bytes(case["rle"])[: len(rle.brush_bytes(mask))]
        assert not any(case["rle"][len(rle.brush_bytes(mask)) :])


def test_brush_reads_chunks_that_are_not_runs() -> None:
    """As Label Studio's own front end writes them; the SDK never does."""
    values = [1, 2, 3, 255, 9, 8, 7, 0]
    text = f"{len(values):032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}" + "0" + "00" + f"{len(values) - 1:03b}"
    text += "".join(f"{value:08b}" for value in values)
    data = int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")
    assert rle.brush_mask(data, 2, 1).tolist() == [[True, False]]


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_hostile_bytes_are_refused_or_decode_to_the_size(data: bytes, width: int, height: int) -> None:
    head = (4 * width * height).to_bytes(4, "big")
    for decode in (
        lambda: rle.brush_mask(head + data, width, height),
        lambda: rle.brush_mask(data, width, height),
        lambda: rle.coco_mask(rle.coco_counts_of_string(data.decode("latin-1")), width, height),
        lambda: rle.cvat_mask(data.decode("latin-1"), width, height),
    ):
        try:
            assert decode().shape == (height, width)
        except ImageError as error:
            assert str(error)


@pytest.mark.parametrize("counts", [[-1, 7], [7], [2**62, 2**62], [1.5, 4.5], ["x"], [None], [2**70]])
def test_counts_that_cannot_be_are_refused(counts: list) -> None:
    with pytest.raises(ImageError):
        rle.coco_mask(rle.as_counts(counts), 2, 3)
