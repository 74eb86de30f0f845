"""Two masks of a picture, and what a mask's maker expects of it."""

import numpy as np
import pytest

from cleanplate.image.comparison import expected_error, intersection_over_union


def test_iou_of_nothing_with_nothing_is_one() -> None:
    empty, half = np.zeros((4, 6), bool), np.zeros((4, 6), bool)
    half[:2] = True
    assert intersection_over_union(empty, empty) == 1
    assert intersection_over_union(half, empty) == 0
    assert intersection_over_union(half, ~empty) == 0.5


def test_the_expected_error_is_what_the_probabilities_say() -> None:
    probability = np.zeros((10, 10))
    probability[:4], probability[4] = 1.0, 0.4
    assert expected_error(probability.round(), probability > 0.5) == 0
    assert expected_error(probability, probability > 0.3) == pytest.approx(6 / 50)  # 10 pixels of it, each .6 wrong
    assert expected_error(probability, probability > 0.5) == pytest.approx(4 / 44)  # 4 more are expected outside
    assert expected_error(np.zeros((3, 3)), np.zeros((3, 3), bool)) == 1
