"""Metrics on shapes whose answers are known, and the laws that they must keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial.distance import cdist

from cleanplate.errors import ImageError
from cleanplate.evaluate import average_hausdorff, boundary_iou, evaluate_mask
from cleanplate.image.comparison import contour

SHAPES = st.tuples(st.integers(1, 24), st.integers(1, 24))
PAIRS = SHAPES.flatmap(lambda shape: st.tuples(arrays.arrays(bool, shape), arrays.arrays(bool, shape)))


def rectangle(top: int, left: int, height: int, width: int, shape: tuple[int, int] = (512, 640)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def test_half_of_the_object_found() -> None:
    truth, prediction = rectangle(100, 100, 200, 200), rectangle(100, 100, 200, 100)
    got = evaluate_mask(prediction, truth)
    background = 512 * 640 - 200 * 200
    assert got.foreground_iou == got.foreground_recall == 0.5
    assert got.miou == pytest.approx((0.5 + background / (background + 20_000)) / 2)
    assert got.maccuracy == 0.75
    assert got.pixel_accuracy == 1 - 20_000 / (512 * 640)
    assert got.false_foreground == 0


def test_false_foreground_on_an_empty_plate_pair_is_its_share_of_the_picture() -> None:
    got = evaluate_mask(rectangle(0, 0, 51, 640), rectangle(0, 0, 0, 0))
    assert got.false_foreground == 51 / 512
    assert got.foreground_recall == 1  # there was nothing to find
    assert got.foreground_iou == 0


@given(PAIRS)
def test_ratios_agree_with_counting_each_class(pair: tuple[np.ndarray, np.ndarray]) -> None:
    prediction, truth = pair
    got = evaluate_mask(prediction, truth)

    def iou(p: np.ndarray, t: np.ndarray) -> float:
        return (p & t).sum() / (p | t).sum() if (p | t).any() else 1.0

    def recall(p: np.ndarray, t: np.ndarray) -> float:
        return p[t].mean() if t.any() else 1.0

    assert got.miou == pytest.approx((iou(prediction, truth) + iou(~prediction, ~truth)) / 2)
    assert got.maccuracy == pytest.approx((recall(prediction, truth) + recall(~prediction, ~truth)) / 2)
    assert got.pixel_accuracy == pytest.approx((prediction == truth).mean())
    assert all(value >= 0 for value in got.to_dict().values())


@given(PAIRS)
def test_average_hausdorff_agrees_with_all_pairs_of_contour_pixels(pair: tuple[np.ndarray, np.ndarray]) -> None:
    prediction, truth = pair
    forward, reverse = average_hausdorff(prediction, truth)
    ours, theirs = (np.argwhere(contour(mask)) for mask in pair)
    if len(ours) and len(theirs):
        distances = cdist(ours, theirs)
        assert forward == pytest.approx(distances.min(1).mean(), abs=1e-9)
        assert reverse == pytest.approx(distances.min(0).mean(), abs=1e-9)
    else:
        assert forward == reverse == (np.hypot(*truth.shape) if len(ours) or len(theirs) else 0)


@given(PAIRS)
def test_contour_is_the_set_of_mask_pixels_with_an_outside_neighbour(pair: tuple[np.ndarray, np.ndarray]) -> None:
    mask = np.pad(pair[0], 1)
    neighbours = [np.roll(mask, shift, axis) for shift in (-1, 1) for axis in (0, 1)]
    expected = mask & ~np.logical_and.reduce(neighbours)
    assert np.array_equal(contour(pair[0]), expected[1:-1, 1:-1])


@given(PAIRS)
def test_a_perfect_mask_is_perfect(pair: tuple[np.ndarray, np.ndarray]) -> None:
    got = evaluate_mask(pair[0], pair[0])
    assert got.miou == got.maccuracy == got.boundary_iou == got.pixel_accuracy == 1
    assert got.hausdorff == got.hausdorff_reverse == got.false_foreground == 0


@given(PAIRS, st.integers(0, 3), st.booleans())
def test_turning_and_mirroring_both_masks_changes_nothing(
    pair: tuple[np.ndarray, np.ndarray], quarters: int, mirrored: bool
) -> None:
    turned = [np.rot90(mask[:, ::-1] if mirrored else mask, quarters).copy() for mask in pair]
    assert evaluate_mask(*turned).to_dict() == pytest.approx(evaluate_mask(*pair).to_dict())


@given(PAIRS)
def test_exchanging_the_masks_exchanges_the_directions(pair: tuple[np.ndarray, np.ndarray]) -> None:
    there, back = evaluate_mask(*pair), evaluate_mask(*pair[::-1])
    assert (there.hausdorff, there.hausdorff_reverse) == (back.hausdorff_reverse, back.hausdorff)
    assert there.miou == back.miou
    assert there.boundary_iou == back.boundary_iou


@settings(max_examples=20)
@given(st.integers(-40, 40), st.integers(-40, 40))
def test_a_moved_point_is_as_far_as_it_was_moved(down: int, right: int) -> None:
    assert average_hausdorff(rectangle(200 + down, 200 + right, 1, 1), rectangle(200, 200, 1, 1)) == pytest.approx(
        (np.hypot(down, right),) * 2
    )


def test_the_papers_direction_forgives_what_is_missing() -> None:
    truth = rectangle(100, 100, 1, 1) | rectangle(100, 400, 1, 1)
    assert average_hausdorff(rectangle(100, 100, 1, 1), truth) == (0, 150)


def test_a_square_in_a_square() -> None:
    # Every contour pixel of the inner square is 10 from the outer's; of the outer's 4 * 59, the 4 * 40 that lie
    # across from a side are 10 away, the others further, by Pythagoras.
    forward, reverse = average_hausdorff(rectangle(210, 210, 40, 40), rectangle(200, 200, 60, 60))
    corner = [np.hypot(10, k) for k in range(1, 11)]
    assert forward == 10
    assert reverse == pytest.approx((160 * 10 + 8 * sum(corner) - 4 * corner[-1]) / 236)


def test_a_mask_cut_by_the_border_has_a_contour_there() -> None:
    assert contour(np.ones((5, 7), bool)).sum() == 2 * 7 + 2 * 3
    assert contour(np.ones((1, 1), bool)).all()


def test_boundary_iou_of_nested_squares() -> None:
    # 512x640 has a diagonal of 819.6: the band is 16 wide. The bands' areas are known, and the inner square's lies
    # 4 to 20 within the outer one's edge, so they share what is 4 to 16 within it.
    outer, inner = rectangle(100, 100, 200, 200), rectangle(104, 104, 192, 192)
    both = 192**2 - 168**2
    either = (200**2 - 168**2) + (192**2 - 160**2) - both
    assert boundary_iou(inner, outer) == pytest.approx(both / either)


def test_boundary_iou_sees_the_edge_that_iou_forgives() -> None:
    big = evaluate_mask(rectangle(54, 54, 392, 392), rectangle(50, 50, 400, 400))
    assert big.foreground_iou > 0.95
    assert big.boundary_iou < 0.65


def test_masks_of_different_size_are_refused() -> None:
    with pytest.raises(ImageError, match="640x512, the truth 320x256"):
        evaluate_mask(np.zeros((512, 640), bool), np.zeros((256, 320), bool))


def _disc(radius: float, centre: tuple[int, int] = (60, 60)) -> np.ndarray:
    y, x = np.mgrid[:120, :160]
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2


def test_false_holes_are_what_a_solid_lost_inside() -> None:
    solid, hole = _disc(40), _disc(10)
    assert evaluate_mask(solid & ~hole, solid).false_holes == hole.sum() / solid.sum()
    assert evaluate_mask(solid, solid & ~hole).false_holes == 0  # a true opening that was filled
    assert evaluate_mask(solid & ~_disc(11), solid & ~hole).false_holes == 0  # its rim
    slit = hole | ((np.arange(160) > 60) & (np.arange(120) == 60)[:, None])
    assert evaluate_mask(solid & ~slit, solid).false_holes == 0  # not enclosed: a notch
    assert evaluate_mask(np.ones_like(solid), solid).false_holes == 0


def test_false_blobs_are_what_nowhere_touches_the_truth() -> None:
    solid, far = _disc(30), _disc(8, (20, 140))
    assert evaluate_mask(solid | far, solid).false_blobs == far.sum() / solid.sum()
    assert evaluate_mask(_disc(35), solid).false_blobs == 0
    assert evaluate_mask(far, np.zeros_like(far)).false_blobs == far.sum() / far.size
