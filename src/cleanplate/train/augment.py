"""One pair -> a training example: geometry, composites, light, sensor; everything is drawn from `rng`.

The list is BackgroundMattingV2's (Lin et al. 2021, section 4), with what a light box adds: cast shadows, reflections in
the platen, objects of the plate's own colour, empty plates, exposure drift, objects cut by the border.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from cleanplate.train import decals, light, shapes, surfaces
from cleanplate.train.pairs import Pair

Floats = Float[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class Augment:
    """Probabilities (p_...) and strengths.

    Attributes:
        side: what the whole picture's longest side becomes in network pixels, drawn log-uniformly; an example is a crop
            of that. None scales the whole picture to the example's size.
        enlarge: never more than so many network pixels for a source pixel: beyond, there is only blur to learn.
        turn_deg: joint rotation.
        p_composite: another pair's foreground over this plate.
        p_shape: a drawn foreground over this plate.
        p_backdrop: of these two: over a drawn backdrop in place of the plate.
        p_before: of drawn foregrounds over this set: they stand before its product, not in its place, so that what is
            seen between wires is not the set by that alone.
        p_same_colour: of composites: the foreground takes the plate's colour.
        p_pierce: of composites: openings are cut into the foreground, through which the plate is seen.
        p_decal: parts of the foreground are painted over in the plate's tone, and stay foreground.
        p_print: of drawn foregrounds: they wear what another pair's product shows.
        p_small: the picture has fewer pixels than the network sees, and was enlarged.
        p_empty: the image is another exposure of the plate.
        p_shadow, p_reflection, p_move, p_drift, p_clip, p_noise, p_blur, p_jpeg: see `light`.
        move_px: largest shift of the plate in network pixels; it also turns by up to `move_deg`.
        light: strength of the joint change of exposure, colour and gamma; 0 leaves it.
    """

    side: tuple[float, float] | None = (160.0, 512.0)
    enlarge: float = 1.6
    turn_deg: float = 5.0
    p_composite: float = 0.2
    p_shape: float = 0.3
    p_backdrop: float = 0.3
    p_before: float = 0.3
    p_same_colour: float = 0.25
    p_pierce: float = 0.25
    p_decal: float = 0.3
    p_print: float = 0.35
    p_small: float = 0.15
    p_empty: float = 0.04
    p_shadow: float = 0.35
    p_reflection: float = 0.15
    p_move: float = 0.4
    move_px: float = 2.5
    move_deg: float = 0.6
    p_drift: float = 0.8
    drift: float = 0.1
    p_clip: float = 0.12
    p_noise: float = 0.4
    p_blur: float = 0.25
    p_jpeg: float = 0.3
    light: float = 1.0


PLAIN = Augment(
    side=None, turn_deg=0.0, p_composite=0, p_shape=0, p_decal=0, p_small=0, p_empty=0, p_shadow=0,
    p_reflection=0, p_move=0, p_drift=0, p_clip=0, p_noise=0, p_blur=0, p_jpeg=0, light=0.5,
)  # fmt: skip
"""Horizontal flips and photometric changes: what the preset `paper` is pinned to."""


def augment(
    pair: Pair, other: Callable[[], Pair], size: tuple[int, int], config: Augment, rng: np.random.Generator
) -> tuple[Floats, Floats, Float[np.ndarray, "h w"]]:
    """Return image and plate in 0..1 and the mask as 0 or 1, all of `size` (height, width).

    Args:
        other: draws another pair, for composites.
    """
    frame = _frame(pair, size, config, rng)
    image, plate, mask = (warp(array, frame, size) for array in (pair.image, pair.plate, pair.mask))
    lot = rng.random()
    if lot < config.p_composite + config.p_shape:
        image, plate, mask = _composite(other, lot < config.p_composite, (image, plate, mask), config, rng)
    elif lot > 1 - config.p_empty:
        image, mask = plate.copy(), np.zeros_like(mask)
    if rng.random() < config.p_decal:
        image = decals.decals(image, mask, plate, rng)
    image = light.cast(image, mask, config.p_shadow, config.p_reflection, rng)
    if rng.random() < config.p_move:
        plate = light.move(plate, config.move_px, config.move_deg, rng)
    coarse = rng.uniform(0.45, 0.7) if rng.random() < config.p_small else 1.0
    image, plate, mask = (shrunk(array, coarse) for array in (image, plate, mask))
    image, plate = light.expose(image, plate, config, rng)
    return enlarged(image, size), enlarged(plate, size), (enlarged(mask, size) > 0.5).astype(np.float32)


def shrunk(array: np.ndarray, factor: float) -> np.ndarray:
    """Return a picture or mask of `factor` times as many pixels a side."""
    if factor == 1:
        return array
    height, width = array.shape[:2]
    return cv2.resize(array, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)


def enlarged(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a picture in 0..1 at `size`, as small pictures are enlarged for the network."""
    if array.shape[:2] == size:
        return array
    return np.clip(cv2.resize(array, size[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def _frame(pair: Pair, size: tuple[int, int], config: Augment, rng: np.random.Generator) -> np.ndarray:
    """Return the 2x3 matrix, source -> example, of a random flip, turn, zoom and crop that keeps near the object."""
    height, width = pair.mask.shape
    if config.side is None:  # as the paper scales it
        aspect = np.array([size[1] / width, size[0] / height])
        centre = np.array([width / 2, height / 2])
    else:
        side = np.exp(rng.uniform(*np.log(config.side)))
        scale = min(float(side) / max(width, height), config.enlarge)
        aspect = np.full(2, scale)
        centre = _centre(pair.mask, np.array([size[1], size[0]]) / scale, rng)
    turn = np.deg2rad(rng.uniform(-1, 1) * config.turn_deg)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag([flip, 1.0])
    linear = np.diag(aspect) @ rotation
    # OpenCV has pixel centres at whole numbers, we at halves.
    offset = np.array([size[1], size[0]]) / 2 - linear @ (centre - 0.5) - 0.5
    return np.concatenate([linear, offset[:, None]], 1)


def _centre(mask: np.ndarray, window: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the (x, y) of a window that holds a random foreground pixel, or lies anywhere in an empty picture."""
    height, width = mask.shape
    ys, xs = np.nonzero(mask)
    if len(ys):
        i = rng.integers(len(ys))
        centre = np.array([xs[i], ys[i]]) + rng.uniform(-0.5, 0.5, 2) * window
    else:
        centre = rng.uniform(0, 1, 2) * (width, height)
    # Beyond the picture there is only repeated border: stay inside as far as the window allows.
    half = np.minimum(window, (width, height)) / 2
    return np.clip(centre, half, np.array([width, height]) - half)


def warp(array: np.ndarray, frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a picture (0..1) or mask (0..1, soft) under a 2x3 matrix; shrinking averages.

    Pictures are enlarged as the network gets to see small ones; a mask's contour must not overshoot.
    """
    array = array.astype(np.float32) if array.dtype == bool else array
    shrink = float(np.sqrt(abs(np.linalg.det(frame[:, :2]))))
    if shrink < 0.75:
        height, width = array.shape[:2]
        small = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        array = cv2.resize(array, small, interpolation=cv2.INTER_AREA)
        grow = np.array([width / small[0], height / small[1]])
        frame = np.concatenate([frame[:, :2] * grow, (frame[:, :2] @ (grow - 1) / 2 + frame[:, 2])[:, None]], 1)
    cubic = shrink > 1.2 and array.dtype == np.uint8
    flags = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    moved = cv2.warpAffine(array, frame, size[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32) / 255 if moved.dtype == np.uint8 else moved


def _composite(
    other: Callable[[], Pair],
    photographed: bool,
    scene: tuple[np.ndarray, np.ndarray, np.ndarray],
    config: Augment,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return image, plate and mask of a foreground, another pair's or drawn, in this scene or before a backdrop."""
    _, plate, mask = scene
    size, nothing = mask.shape, np.zeros_like(mask)
    if drawn_set := rng.random() < config.p_backdrop:
        plate = shapes.backdrop(size, rng)
    if not photographed:
        wears = other() if rng.random() < config.p_print else None
        behind = scene[::2] if not drawn_set and rng.random() < config.p_before else (plate, nothing)
        image, mask = _drawn(*behind, wears, rng)
        return image, plate, mask
    donor = other()
    frame = _frame(donor, size, config, rng)
    colour, alpha = warp(donor.image, frame, size), warp(donor.mask, frame, size)
    if rng.random() < config.p_same_colour:
        colour = shapes.repaint(colour, alpha, plate, rng)
    if rng.random() < config.p_pierce:
        alpha = shapes.pierce(alpha, rng)
    return _over(plate, colour, alpha, rng), plate, alpha


def _drawn(
    image: np.ndarray, mask: np.ndarray, wears: Pair | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture with one to three drawn things in it, each before the last, and its mask with theirs.

    Args:
        wears: the pair whose product's surface is theirs; None draws one.
    """
    for _ in range(rng.integers(1, 4)):
        alpha = shapes.outline(mask.shape, rng)
        texture = None if wears is None else worn(wears, alpha, rng)
        if texture is None:
            colour = surfaces.MATERIALS[rng.integers(len(surfaces.MATERIALS))](alpha, image, rng)
        else:
            colour = surfaces.printed(alpha, texture, rng)
        image, mask = _over(image, colour, alpha, rng), np.maximum(mask, alpha)
    return image, mask


def worn(pair: Pair, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Return a picture that shows some of a pair's product all over where `alpha` is; None where one of both is empty.

    The window is the largest square within the product around a random pixel of it, so that no background comes along.
    """
    ys, xs = np.nonzero(alpha > 0.5)
    room = cv2.distanceTransform(pair.mask.astype(np.uint8), cv2.DIST_C, 3)
    deep = np.flatnonzero(room > 0.5 * max(float(room.max()), 8.0))
    if not len(ys) or not len(deep):
        return None
    y, x = np.unravel_index(deep[rng.integers(len(deep))], room.shape)
    reach = int(room[y, x])
    window = pair.image[max(y - reach + 1, 0) : y + reach, max(x - reach + 1, 0) : x + reach]
    target = (int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1)
    canvas = np.zeros((*alpha.shape, 3), np.float32)
    stretched = cv2.resize(window, target, interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    canvas[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = stretched
    return canvas


def _over(behind: np.ndarray, colour: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    soft = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.3, 0.8))[..., None]
    return soft * colour + (1 - soft) * behind
