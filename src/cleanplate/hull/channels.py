"""What the other views say of every pixel of a view, as channels for the refiner."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from cleanplate.geometry import Camera, Pose
from cleanplate.hull.consistency import vote_box
from cleanplate.hull.evidence import best_along_rays, weigh_space
from cleanplate.hull.ranks import CLIP, largest_along_rays, rank_lattice
from cleanplate.hull.silhouettes import SoftMask, pack
from cleanplate.jit import parallel

STRIDE = 2
"""Pixels between the channels' samples."""

RANKS, WIDER_RANKS = (1, 2, 3, 5), (1, 3)
"""Ranks among the other views' distances: to their masks, and to what they hold possible."""

CHANNELS = len(RANKS) + 1 + len(WIDER_RANKS) + 3

AGREED, SHOWN, COVERED = 0, len(RANKS) - 1, len(RANKS)
DENIED, NEEDED = CHANNELS - 3, CHANNELS - 1
"""The channels with what all other views show, what all but four show, the largest least distance of all views, the
least share of other views that denies a place on the ray, and the need of one."""

FINE, COARSE = 2.0, 4.0
"""Cells of both lattices, in pixels at the product's distance."""

WIDER_CELLS = 1.5
"""Cells of the lattice of what is possible, in those of the fine one: it says where, not to the pixel."""

MOST_CELLS = 160
"""Along the longest side of the fine lattice."""

SLACK = 2.5
"""Pixels outside of a mask that the coarse lattice does not count as denied: less than its cells could miss."""

POSSIBLE = 0.2
"""Probability from which a pixel is held possible by the channels, where the mask's is 0.5."""


def view_channels(
    probabilities: Sequence[SoftMask], cameras: Sequence[Camera], poses: Sequence[Pose], floor: float | None = 0.0
) -> list[Float[np.ndarray, "_ _ c"]] | None:
    """Return each view's channels at every `STRIDE` pixels, about -1 to 1; None where the views share nothing.

    Args:
        probabilities: of foreground, or masks, neither empty nor full.
        cameras, poses: of each view, and of any that only listen after them.
        floor: as in `visual_hull`.

    Returns:
        float16: H_r for the masks' `RANKS`, the largest least distance of all views, H_r for the possible's
        `WIDER_RANKS` (distances in units of `CLIP` pixels), the shares of views that deny, deny the possible, and need.
    """
    speak = probabilities, cameras[: len(probabilities)], poses[: len(probabilities)]
    views, wider = pack(*speak), pack(parallel(_widened, probabilities), *speak[1:])
    box = vote_box(views, floor)
    if box is None:
        return None
    low, high = box
    foot = _footprint(low, high, cameras, poses)
    cell = max(FINE * foot, float((high - low).max()) / MOST_CELLS)
    low, high = low - CLIP * foot / 2, high + CLIP * foot / 2
    lattice = rank_lattice(views, low, high, cell, RANKS[-1] + 1)
    near = largest_along_rays(lattice, views, cameras, poses, RANKS, STRIDE)
    lattice = rank_lattice(wider, low, high, WIDER_CELLS * cell, WIDER_RANKS[-1] + 1)
    far = largest_along_rays(lattice, wider, cameras, poses, WIDER_RANKS, STRIDE)
    uncovered = _uncovered(near[: len(probabilities)])
    space = weigh_space(views, wider, uncovered, STRIDE, low, high, max(COARSE * foot, 2 * cell), SLACK)
    shares = best_along_rays(space, views, wider, uncovered, 2, cameras, poses, 2 * STRIDE, SLACK)
    return parallel(_assembled, near, far, shares)


def _widened(probability: SoftMask) -> Float[np.ndarray, "h w"]:
    """Return a map whose 0.5 contour is where the probability is `POSSIBLE`."""
    return np.clip(np.asarray(probability, np.float32) * (0.5 / POSSIBLE), 0, 1)


def _footprint(low: np.ndarray, high: np.ndarray, cameras: Sequence[Camera], poses: Sequence[Pose]) -> float:
    """Return a pixel's median size at the middle of a box, in world units."""
    middle = ((low + high) / 2)[None]
    sizes = [float(pose.to_camera(middle)[0, 2] / camera.K[0, 0]) for camera, pose in zip(cameras, poses, strict=True)]
    return float(np.median(np.abs(sizes)))


def _uncovered(near: list[tuple[np.ndarray, np.ndarray]]) -> Float[np.ndarray, "v h w"]:
    """Return where foreground is that no point of the hull explains, spread over the coarse cells' width."""
    import cv2

    rows, columns = (max(own.shape[axis] for _, own in near) for axis in (0, 1))
    maps = np.zeros((len(near), rows, columns), np.float32)
    for target, (largest, own) in zip(maps, near, strict=True):
        open_ = np.clip((-largest[..., -1] - 1) / 2, 0, 1) * np.clip(own, 0, 1)
        target[: own.shape[0], : own.shape[1]] = cv2.dilate(open_.astype(np.float32), np.ones((3, 3), np.uint8))
    return maps


def _assembled(
    near: tuple[np.ndarray, np.ndarray], far: tuple[np.ndarray, np.ndarray], shares: np.ndarray
) -> Float[np.ndarray, "h w c"]:
    import cv2

    rows, columns = near[1].shape
    # Samples lie at (n + 0.5) strides, as pixels do: a plain resize keeps them in place.
    shares = cv2.resize(shares, (2 * shares.shape[1], 2 * shares.shape[0]), interpolation=cv2.INTER_LINEAR)
    parts = near[0] / CLIP, far[0][..., : len(WIDER_RANKS)] / CLIP, shares[:rows, :columns]
    return np.concatenate(parts, axis=-1).astype(np.float16)
