"""Closer looks: where they go, how large, what they leave, and how they are put together."""

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


@given(MAPS)
def test_a_window_holds_all_that_is_likely_but_specks(seen):
    area = closer.window(seen)
    if area is None:
        return
    assert seen[area].size
    assert all(0 <= part.start < part.stop <= side for part, side in zip(area, seen.shape, strict=True))
    outside = seen > closer.LIKELY
    outside[area] = False
    _, _, regions, _ = cv2.connectedComponentsWithStats(outside.astype(np.uint8), connectivity=8)
    assert all(each[4] <= closer.SPECK * seen.size for each in regions[1:])


@given(st.integers(1, 8192), st.floats(0, 1), st.integers(32, 2048))
def test_closer_looks_are_larger_than_the_first_and_none_shows_more_than_there_is(side, share, longest):
    part = max(1, round(side * share))
    first = closer.first_look(side, longest)
    looks = closer.closer_looks(first, side, part, longest)
    shown = [look.longest(part, longest) for look in looks]
    assert all(1 <= each <= min(longest, max(1, round(2 * part))) for each in shown)
    assert first.longest(side, longest) <= longest
    if part == side and first is closer.GLANCE:
        assert shown[0] > first.longest(side, longest)
    if len(looks) > 1:
        assert shown[1] >= closer.WORTH * first.longest(side, longest) / side * part


@pytest.mark.parametrize(
    ("side", "part", "shown"),
    [
        (640, 200, [448, 400, 320]),
        (640, 640, [448, 640]),  # at four fifths it would show little more than the glance
        (3000, 400, [448, 640, 512]),
        (320, 120, [640, 240]),  # a full look had two pixels for each already
        (400, 300, [640, 600]),
    ],
)
def test_a_glance_where_there_is_more_to_see_and_a_full_look_where_there_is_not(side, part, shown):
    first = closer.first_look(side, 640)
    looks = closer.closer_looks(first, side, part, 640)
    assert [first.longest(side, 640), *(look.longest(part, 640) for look in looks)] == shown


@given(MAPS, st.lists(st.floats(0.1, 2), min_size=2, max_size=3))
def test_the_mean_lies_between_its_looks(seen, weights):
    looks = [closer.Look(weight=each) for each in weights]
    maps = [seen, seen[::-1, ::-1], seen[::-1]][: len(looks)]
    assert np.allclose(closer.mean([seen] * len(looks), looks), seen, atol=4e-6)
    assert np.allclose(closer.mean(maps, looks), closer.mean(maps[::-1], looks[::-1]), atol=2e-6)
    found = closer.mean(maps, looks)
    assert (found >= np.min(maps, axis=0) - 4e-6).all()
    assert (found <= np.max(maps, axis=0) + 4e-6).all()


def test_looks_count_by_their_weights():
    opposed = [np.float32([[0.9]]), np.float32([[0.1]])]
    assert closer.mean(opposed, [closer.Look(), closer.Look()]) == pytest.approx(0.5)
    assert closer.mean(opposed, [closer.Look(weight=0.5), closer.Look()]) == pytest.approx(1 / (1 + 9 ** (1 / 3)))


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


def test_closer_looks_see_the_product_larger_and_its_edges_finer():
    image, plate, mask = a_view()
    once, thrice = (a_network(second_look=look) for look in (False, True))
    first, more = (network.probabilities([image], plate)[0] for network, _ in (once, thrice))
    assert [shown.shape[1:3] for shown, _ in once[1].seen] == [(128, 160)]
    assert [shown.shape[1:3] for shown, _ in thrice[1].seen] == [(96, 128), (160, 160), (128, 128)]
    (glance,) = thrice[0]._look([image], plate, closer.GLANCE)
    wrong = [np.count_nonzero((found >= 0.45) != mask) for found in (first, glance, more)]
    assert wrong[2] < 0.8 * wrong[0]
    assert wrong[2] < 0.6 * wrong[1]
    away = np.ones_like(mask)
    away[60:260, 260:460] = False
    assert np.array_equal(glance[away], more[away])


def test_one_look_is_in_a_mirror_and_its_map_is_turned_back():
    image, plate, _ = a_view()
    network, session = a_network(second_look=True)
    network.probabilities([image], plate)
    _, close, too = (shown[0].astype(int) for shown, _ in session.seen)
    apart = [
        np.abs(cv2.resize(each.astype(np.float32), too.shape[1::-1], interpolation=cv2.INTER_AREA) - too).mean()
        for each in (close[:, ::-1], close)
    ]
    assert 2 * apart[0] < apart[1]


def test_what_a_glance_overlooks_a_full_look_may_find():
    plate = np.full((480, 640, 3), 200, np.uint8)
    image = plate.copy()
    image[200:206, 300:306] = 150
    found = a_network(second_look=True)[0].probabilities([image], plate)[0]
    assert np.array_equal(found >= 0.5, (image != plate).all(-1))
    nothing, session = a_network(second_look=True)
    assert (nothing.probabilities([plate], plate)[0] < 0.5).all()
    assert [shown.shape[2] for shown, _ in session.seen] == [128, 160]


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
