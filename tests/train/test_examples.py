"""Pairs, their split, and augmentation."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.capture import read_capture
from cleanplate.dataset import write_manifest
from cleanplate.image import write_image
from cleanplate.image.alignment import match_plate
from cleanplate.train import decals, light, shapes, surfaces
from cleanplate.train.augment import PLAIN, Augment, augment, warp, worn
from cleanplate.train.examples import Examples, batches
from cleanplate.train.pairs import Pair, PairFile, Pairs, capture_folders
from cleanplate.train.recipes import compact

from .conftest import write_product


def a_pair(seed: int = 0) -> Pair:
    rng = np.random.default_rng(seed)
    plate = rng.integers(100, 250, (48, 64, 3), np.uint8)
    mask = np.zeros((48, 64), bool)
    mask[10:30, 20:50] = True
    return Pair(np.where(mask[..., None], np.uint8(30), plate), plate, mask)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(32, 48), (64, 64)]))
def test_examples_have_the_size_and_range_that_is_promised(seed, size):
    rng = np.random.default_rng(seed)
    wild = Augment(p_composite=0.3, p_shape=0.5, p_empty=0.1, p_shadow=1, p_reflection=1, p_move=1, p_jpeg=1)
    image, plate, mask = augment(a_pair(), lambda: a_pair(1), size, wild, rng)
    assert image.shape == plate.shape == (*size, 3)
    assert mask.shape == size
    assert all(each.dtype == np.float32 for each in (image, plate, mask))
    assert min(image.min(), plate.min()) >= 0
    assert max(image.max(), plate.max()) <= 1
    assert set(np.unique(mask)) <= {0.0, 1.0}


def test_plain_examples_are_the_picture_or_its_mirror():
    pair = a_pair()
    still = replace(PLAIN, light=0.0)
    seen = set()
    for seed in range(8):
        image, _, mask = augment(pair, lambda: pair, (48, 64), still, np.random.default_rng(seed))
        flipped = not np.array_equal(mask > 0.5, pair.mask)
        expected = pair.image[:, ::-1] if flipped else pair.image
        assert np.abs(image * 255 - expected).max() < 0.51
        assert np.array_equal(mask > 0.5, pair.mask[:, ::-1] if flipped else pair.mask)
        seen.add(flipped)
    assert seen == {False, True}


def test_an_empty_plate_has_an_empty_mask_and_shows_the_plate():
    empty = replace(PLAIN, p_empty=1.0, light=0.0)
    image, plate, mask = augment(a_pair(), lambda: a_pair(), (48, 64), empty, np.random.default_rng(0))
    assert not mask.any()
    assert np.array_equal(image, plate)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_drawn_before_a_product_leaves_it_foreground(seed: int):
    pair = a_pair()
    before = replace(PLAIN, p_shape=1.0, p_before=1.0, p_backdrop=0.0, light=0.0)
    instead = replace(before, p_before=0.0)
    seen = [augment(pair, lambda: pair, (48, 64), each, np.random.default_rng(seed)) for each in (before, instead)]
    (image, plate, mask), (_, _, drawn) = seen
    assert min(np.abs(plate * 255 - each).max() for each in (pair.plate, pair.plate[:, ::-1])) < 0.51
    product = [each for each in (pair.mask, pair.mask[:, ::-1]) if (mask[each] == 1).all()]
    assert product, "some of the product is background"
    far = cv2.dilate(np.maximum(mask, product[0]), np.ones((9, 9))) == 0
    assert np.array_equal(image[far], plate[far])
    assert not (drawn > 0)[product[0]].all(), "in place of the product, some of it would be gone"


def test_shadows_darken_the_background_alone():
    mask = a_pair().mask.astype(np.float32)
    grey = np.full((48, 64, 3), 0.7, np.float32)
    cast = light.cast(grey, mask, 1.0, 0.0, np.random.default_rng(3))
    assert (cast <= grey + 1e-6).all()
    assert cast.min() < 0.69
    assert np.array_equal(cast[mask > 0.5], grey[mask > 0.5])


@pytest.mark.parametrize("material", dict.fromkeys(surfaces.MATERIALS))  # in order: workers collect alike
def test_drawn_foregrounds_differ_from_their_plate(material):
    rng = np.random.default_rng(5)
    plate = shapes.backdrop((64, 96), rng)
    alpha = shapes.outline((64, 96), rng)
    colour = material(alpha, plate, rng)
    assert alpha.any()
    assert np.abs(colour - plate)[alpha > 0.5].max() > 0.02


def test_a_manifest_says_what_is_trained_on_and_the_test_side_never_is(tmp_path: Path):
    for i in range(12):
        write_product(tmp_path, f"B00000000{i}" if i < 10 else f"B0000000{i}", views=1)
    free = Pairs(0.4)
    free.add(capture_folders(tmp_path))
    assert {pair.split for pair in free.pairs} == {"train", "validation"}
    entries = write_manifest(tmp_path, validation=0.2, test=0.4)
    pairs = Pairs(0.4)
    pairs.add(capture_folders(tmp_path))
    for split in ("train", "validation"):
        listed = {entry.asin for entry in entries if entry.split == split}
        assert {pair.image.parts[-3] for pair in pairs.side(split)} == listed  # type: ignore[attr-defined]
    assert len(pairs.pairs) == sum(entry.split != "test" for entry in entries) < 12


def test_plates_are_matched_where_the_recipe_says_so(tmp_path: Path):
    folder = write_product(tmp_path, "B000000009", views=1)
    plain, matched = Pairs(0.0), Pairs(0.0, matched=True)
    for each in (plain, matched):
        each.add([folder])
    (theirs,), (ours,) = plain.side("train"), matched.side("train")
    assert (ours.name, ours.split) == (theirs.name, theirs.split)
    raw, seen = theirs.read(), ours.read()
    assert np.array_equal(seen.image, raw.image)
    assert np.array_equal(seen.plate, match_plate(raw.image, raw.plate))


def test_batches_cover_every_pair_and_repeat_a_small_set():
    recipe = replace(compact(), batch=3, min_batches=1)
    order = batches(10, recipe, epoch=0)
    assert [len(batch) for batch in order] == [3, 3, 3]
    assert len({place for batch in order for place in batch}) == 9
    assert batches(10, recipe, 0) == order != batches(10, recipe, 1)
    assert [len(batch) for batch in batches(2, recipe, 0)] == [3]  # gone round twice, the last one dropped
    assert len(batches(10, replace(recipe, min_batches=20), 0)) >= 20


def test_an_example_depends_on_seed_epoch_and_place_alone(tmp_path: Path):
    recipe = replace(compact(), size=(64, 64))
    views = read_capture(write_product(tmp_path, "B000000007")).views[:2]
    at = tmp_path / "B000000007"
    pairs = [PairFile(at / v.image, at / str(v.plate), at / str(v.mask), "train") for v in views]
    first, again = Examples(pairs, recipe, 3)[1], Examples(pairs, recipe, 3)[1]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], Examples(pairs, recipe, 4)[1][0])
    assert Examples(pairs, recipe, 3)[3][3] == 1  # places go round


def test_what_cannot_be_read_is_skipped_counted_and_named(tmp_path: Path):
    target = write_product(tmp_path, "B000000007")
    (target / "images/v1.png").write_bytes(b"not a picture")
    write_image(target / "images/v2.png", np.zeros((10, 10, 3), np.uint8))
    broken = tmp_path / "B000000008"
    broken.mkdir()
    (broken / "capture.json").write_text("{")
    pairs = Pairs(0.0)
    pairs.add(capture_folders(tmp_path))
    assert len(pairs.pairs) == 2
    assert [next(w for w in ("v1.png", "v2.png", "B000000008") if w in s) for s in pairs.skipped] == [
        "v1.png",
        "v2.png",
        "B000000008",
    ]
    assert {pair.split for pair in pairs.pairs} == {"train"}
    pairs.add(capture_folders(tmp_path))  # nothing twice
    assert len(pairs.pairs) == 2
    assert len(read_capture(target).views) == 4


def test_a_data_set_listed_again_by_a_link_counts_twice_in_training_alone(tmp_path: Path):
    for i in range(8):
        write_product(tmp_path / "data", f"B00000000{i}", views=1)
    (tmp_path / "again").symlink_to(tmp_path / "data")
    once, twice = Pairs(0.4), Pairs(0.4)
    once.add(capture_folders(tmp_path / "data"))
    twice.add([*capture_folders(tmp_path / "data"), *capture_folders(tmp_path / "again")])
    assert len(twice.side("train")) == 2 * len(once.side("train"))
    assert len(twice.side("validation")) == len(once.side("validation")) > 0


@pytest.mark.parametrize("draw", range(6))
def test_openings_are_cut_into_what_is_there(draw):
    alpha = np.zeros((96, 128), np.float32)
    alpha[20:80, 30:100] = 1
    pierced = shapes.pierce(alpha, np.random.default_rng(draw))
    assert 0 < pierced.sum() < alpha.sum()
    assert (pierced <= alpha).all()


def test_openwork_is_more_opening_than_object():
    shares = [(shapes.openwork((128, 160), np.random.default_rng(i)) > 0.5).mean() for i in range(40)]
    assert min(shares) > 0
    assert np.mean(shares) < 0.15


def test_ambient_shade_fades_with_distance_and_fills_what_is_enclosed():
    ring = np.zeros((128, 128), np.float32)
    cv2.circle(ring, (64, 64), 30, 1.0, 3)
    for seed in range(20):
        shade = light._ambient(ring, np.random.default_rng(seed))
        assert 0 <= shade.min() <= shade.max() <= 1 + 1e-6
        assert shade[64, 64] >= shade[2, 2]


def test_decals_stay_within_the_foreground_and_change_it():
    rng = np.random.default_rng(0)
    plate = shapes.backdrop((96, 128), rng)
    mask = np.zeros((96, 128), np.float32)
    mask[20:80, 30:100] = 1
    image = np.where(mask[..., None] > 0.5, np.float32(0.2), plate)
    changed = 0
    for seed in range(30):
        painted = decals.decals(image, mask, plate, np.random.default_rng(seed))
        assert painted.dtype == np.float32
        assert np.array_equal(painted[mask == 0], image[mask == 0])
        changed += not np.array_equal(painted, image)
    assert changed > 25
    assert decals.decals(image, np.zeros_like(mask), plate, rng) is image


def test_a_drawn_body_may_wear_a_products_surface_and_none_of_its_background():
    pair = a_pair()
    alpha = np.zeros((48, 64), np.float32)
    alpha[5:40, 5:60] = 1
    canvas = worn(pair, alpha, np.random.default_rng(0))
    assert canvas is not None
    assert np.allclose(canvas[alpha > 0.5], 30 / 255, atol=0.01)
    empty = Pair(pair.image, pair.plate, np.zeros_like(pair.mask))
    assert worn(empty, alpha, np.random.default_rng(0)) is None


def test_a_source_pixel_becomes_as_many_as_where_masks_are_made():
    pair = a_pair()
    twice = np.array([[2.0, 0, 0.5], [0, 2, 0.5]])
    seen = cv2.resize(pair.image, (128, 96), interpolation=cv2.INTER_CUBIC) / 255.0
    assert np.abs(warp(pair.image, twice, (96, 128)) - seen)[4:-4, 4:-4].max() < 0.02
    mask = warp(pair.mask, twice, (96, 128))
    assert 0 <= mask.min() <= mask.max() <= 1
    assert (mask > 0.5).sum() == 4 * pair.mask.sum()


def test_small_pictures_are_enlarged_as_for_the_network():
    small = replace(PLAIN, p_small=1.0, light=0.0)
    image, plate, mask = augment(a_pair(), a_pair, (48, 64), small, np.random.default_rng(0))
    assert image.shape == plate.shape == (48, 64, 3)
    assert set(np.unique(mask)) <= {0.0, 1.0}
    sharp = np.abs(np.diff(a_pair().plate / 255.0, axis=1)).mean()
    assert np.abs(np.diff(plate, axis=1)).mean() < 0.8 * sharp
