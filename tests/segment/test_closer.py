"""The second look: where it goes, what it leaves, and how two looks are put together."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cleanplate.segment import Model, closer
from cleanplate.segment.network import Network

SIDES = st.tuples(st.integers(1, 90), st.integers(1, 120))
MAPS = SIDES.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))


@given(MAPS, st.integers(32, 640))
def test_a_window_holds_all_that_is_likely_but_specks(seen, longest):
    area = closer.window(seen, longest)
    if area is None:
        return
    assert seen[area].size
    assert all(0 <= part.start < part.stop <= side for part, side in zip(area, seen.shape, strict=True))
    outside = seen > closer.LIKELY
    outside[area] = False
    _, _, regions, _ = cv2.connectedComponentsWithStats(outside.astype(np.uint8), connectivity=8)
    assert all(each[4] <= closer.SPECK * seen.size for each in regions[1:])


@pytest.mark.parametrize(
    ("side", "shape", "again"),
    [
        (100, (512, 640), True),
        (600, (512, 640), False),  # there is nothing to come closer to
        (50, (256, 320), False),  # the first look had two pixels for each already
        (400, (2000, 3000), True),
        (2400, (2000, 3000), False),
        (0, (512, 640), False),
    ],
)
def test_it_looks_again_where_the_picture_has_more_pixels_than_were_seen(side, shape, again):
    seen = np.zeros(shape, np.float32)
    seen[40 : 40 + side // 2, 30 : 30 + side] = 1
    assert (closer.window(seen, 640) is not None) == again


@given(MAPS)
def test_two_looks_that_agree_change_nothing_and_their_order_does_not_count(seen):
    other = seen[::-1, ::-1]
    assert np.allclose(closer.mean(seen, seen), seen, atol=2e-6)
    assert np.allclose(closer.mean(seen, other), closer.mean(other, seen), atol=1e-6)
    both = closer.mean(seen, other)
    assert (both >= np.minimum(seen, other) - 2e-6).all()
    assert (both <= np.maximum(seen, other) + 2e-6).all()
    assert closer.mean(np.float32([[0.9]]), np.float32([[0.1]])) == pytest.approx(0.5)


class Darker:
    """Takes for foreground what is darker than the plate, and keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[np.ndarray, np.ndarray]] = []

    def run(self, _names: list[str], fed: dict[str, np.ndarray]) -> list[Any]:
        self.seen.append((fed["image"], fed["plate"]))
        return [(fed["image"].mean(-1) < fed["plate"].mean(-1) - 8).astype(np.float32) * 0.98 + 0.01]


def a_network(**options: bool) -> tuple[Network, Darker]:
    session = Darker()
    return Network(Path("x.onnx"), session, 0.5, 32, 160, **options), session  # type: ignore[arg-type]


def a_view() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    plate = cv2.GaussianBlur(rng.integers(60, 255, (480, 640, 3), np.uint8), (0, 0), 9)
    mask = np.zeros((480, 640), bool)
    mask[100:220, 300:420] = True
    mask[112:208, 312:408] = False
    rim = mask.copy()
    mask[112:208, 340:342] = True  # a wire of half a pixel of 160, and faint
    image = np.where(rim[..., None], 0, plate.astype(int) - 14 * mask[..., None])
    return np.clip(image, 0, 255).astype(np.uint8), plate, mask


def test_the_second_look_sees_the_product_larger_and_its_edges_finer():
    image, plate, mask = a_view()
    once, twice = (a_network(second_look=look) for look in (False, True))
    first, second = (network.probabilities([image], plate)[0] for network, _ in (once, twice))
    assert len(once[1].seen) == 1
    assert [shown.shape[1:3] for shown, _ in twice[1].seen] == [(128, 160), (160, 160)]
    wrong = [np.count_nonzero((found >= 0.45) != mask) for found in (first, second)]
    assert wrong[1] < 0.6 * wrong[0]
    away = np.ones_like(mask)
    away[60:260, 260:460] = False
    assert np.array_equal(first[away], second[away])


def test_pictures_are_seen_alike_alone_and_in_company():
    image, plate, _ = a_view()
    pictures = [image, np.roll(image, 90, 1), plate]
    network, _ = a_network(second_look=True)
    for matches in (False, True):
        model = Model("x", "x", network.probabilities, matches)
        together = model.segment_all(pictures, plate)
        for picture, found in zip(pictures, together, strict=True):
            assert np.array_equal(model.segment(picture, plate), found)


def test_plates_are_brought_to_each_image_by_the_whole_picture_whatever_is_looked_at():
    image, plate, mask = a_view()
    brighter = np.clip(image * 1.06, 0, 255).astype(np.uint8)
    shifted = np.roll(plate, 2, 1)
    area = slice(100, 228), slice(280, 440)
    off = []
    for matches in (False, True):
        network, session = a_network()
        model = Model("x", "x", network.probabilities, matches)
        seen_with = model.matched(brighter, shifted)
        assert seen_with is not None
        model.probabilities([brighter[area]], seen_with[area])
        shown, theirs = session.seen[0]
        off.append(float(np.median(np.abs(shown[0].astype(int) - theirs[0])[~mask[area]])))
    assert off[1] <= 1 < 4 < off[0]
