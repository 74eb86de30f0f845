"""Drawn foregrounds and backdrops: diversity that costs nothing to render."""

import cv2
import numpy as np
from jaxtyping import Float


def texture(size: tuple[int, int], rng: np.random.Generator) -> Float[np.ndarray, "h w 3"]:
    """Return a smooth random picture in 0..1: a base colour, a gradient and blotches of one random fineness."""
    height, width = size
    base = rng.uniform(0.05, 0.95) + rng.normal(0, rng.choice([0.01, 0.15]), 3)
    cells = int(rng.integers(2, 24))
    noise = rng.normal(0, rng.uniform(0.0, 0.2), (cells, cells, 1)) + rng.normal(0, 0.03, (cells, cells, 3))
    field = cv2.resize(noise.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    slope = rng.normal(0, 0.15, 2)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.clip(base + field + (slope[0] * y + slope[1] * x)[..., None], 0, 1).astype(np.float32)


def backdrop(size: tuple[int, int], rng: np.random.Generator) -> Float[np.ndarray, "h w 3"]:
    """Return an empty set: a texture, perhaps with a platen's ellipse and some straight seams."""
    picture = texture(size, rng)
    height, width = size
    if rng.random() < 0.6:
        centre = (int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.5, 0.9)))
        axes = (int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.1, 0.5)))
        disc = np.zeros(size, np.float32)
        cv2.ellipse(disc, centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
        picture += disc[..., None] * (rng.normal(0, 0.1) + rng.normal(0, 0.02, 3))
    for _ in range(rng.integers(0, 4)):
        ends = (rng.uniform(-0.2, 1.2, (2, 2)) * (width, height)).astype(int)
        cv2.line(picture, ends[0].tolist(), ends[1].tolist(), rng.uniform(0, 1, 3).tolist(), int(rng.integers(1, 3)))
    return np.clip(picture, 0, 1)


def outline(size: tuple[int, int], rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Return the alpha of a drawn object: blobs, wires and holes."""
    if rng.random() < 0.4:
        return openwork(size, rng)
    height, width = size
    alpha = np.zeros(size, np.float32)
    centre = rng.uniform(0.2, 0.8, 2) * (width, height)
    reach = rng.uniform(0.08, 0.5) * min(size)
    for _ in range(rng.integers(1, 4)):
        curve = blob(centre + rng.normal(0, 0.3, 2) * reach, reach * rng.uniform(0.4, 1.0), rng)
        if rng.random() < 0.6:
            cv2.fillPoly(alpha, [curve], 1.0, cv2.LINE_AA)
        else:  # wire or handle
            cv2.polylines(alpha, [curve], bool(rng.random() < 0.6), 1.0, int(rng.integers(1, 6)), cv2.LINE_AA)
    if rng.random() < 0.4:
        cv2.fillPoly(alpha, [blob(centre, reach * rng.uniform(0.1, 0.5), rng)], 0.0, cv2.LINE_AA)
    return alpha


def openwork(size: tuple[int, int], rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Return the alpha of drawn bars or loops, mostly within a rim: more opening than object."""
    alpha = np.zeros(size, np.float32)
    centre = rng.uniform(0.25, 0.75, 2) * size[::-1]
    reach = rng.uniform(0.15, 0.5) * min(size)
    rim = blob(centre, reach, rng)
    if rng.random() < 0.5:
        for _ in range(rng.integers(1, 4)):
            bars(alpha, centre, reach, rng)
        inside = np.zeros(size, np.float32)
        cv2.fillPoly(inside, [rim], 1.0, cv2.LINE_AA)
        alpha *= inside
    else:
        for _ in range(rng.integers(2, 10)):
            loop = blob(centre + rng.normal(0, 0.4, 2) * reach, reach * rng.uniform(0.15, 0.5), rng)
            cv2.polylines(alpha, [loop], True, 1.0, int(rng.integers(1, 5)), cv2.LINE_AA)
    if rng.random() < 0.8:
        cv2.polylines(alpha, [rim], True, 1.0, int(rng.integers(1, 7)), cv2.LINE_AA)
    return alpha


def bars(alpha: np.ndarray, centre: np.ndarray, reach: float, rng: np.random.Generator) -> None:
    """Draw bars of one thickness at random distances; they draw together as they recede."""
    turn = rng.uniform(0, np.pi)
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    offsets = rng.uniform(-1.2, 1.2, (int(rng.integers(3, 20)), 1)) * reach * across
    ends = np.stack(
        [centre + offsets - 1.5 * reach * along, centre + rng.uniform(0.3, 1) * offsets + 1.5 * reach * along], 1
    )
    cv2.polylines(alpha, list(np.rint(ends).astype(np.int32)), False, 1.0, int(rng.integers(1, 5)), cv2.LINE_AA)


def pierce(alpha: Float[np.ndarray, "h w"], rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Return the alpha with openings in it: some holes, or all but a lattice."""
    ys, xs = np.nonzero(alpha > 0.5)
    if len(ys) == 0:
        return alpha
    reach = np.sqrt(len(ys))
    left = np.ones_like(alpha)
    if rng.random() < 0.3:
        left[:] = 0
        for _ in range(rng.integers(1, 4)):
            bars(left, np.array([xs.mean(), ys.mean()]), reach, rng)
    else:
        for i in rng.integers(len(ys), size=rng.integers(1, 7)):
            hole = blob(np.array([xs[i], ys[i]]), reach * rng.uniform(0.05, 0.4), rng)
            cv2.fillPoly(left, [hole], 0.0, cv2.LINE_AA)
    return alpha * left


def blob(centre: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """Return a closed outline: a polygon or a smooth curve around `centre`."""
    corners = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = reach * rng.uniform(0.5, 1.2, corners)
    if rng.random() < 0.6:  # smooth: interpolate the radius around the circle
        fine = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        radii = np.interp(fine, angles, radii, period=2 * np.pi)
        radii = (radii + np.roll(radii, 1) + np.roll(radii, -1)) / 3
        angles = fine
    points = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * radii[:, None]
    return np.rint(points).astype(np.int32)


def repaint(
    colour: Float[np.ndarray, "h w 3"],
    alpha: Float[np.ndarray, "h w"],
    plate: Float[np.ndarray, "h w 3"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "h w 3"]:
    """Return the foreground in the plate's own colour, keeping a share of its shading: white on white."""
    inside = alpha > 0.5
    if not inside.any():
        return colour
    grey = colour.mean(2, keepdims=True)
    shading = grey / max(float(grey[inside].mean()), 0.05)
    strength = rng.uniform(0.1, 0.6)
    tone = plate[inside].mean(0) * rng.uniform(0.9, 1.08) + rng.normal(0, 0.01, 3)
    return np.clip(tone * (1 + strength * (shading - 1)), 0, 1).astype(np.float32)
