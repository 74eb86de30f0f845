"""Masks refined by the views' votes: foreground that views agree on is filled in, what they deny is removed.

Consistent silhouettes leave no foreground ray uncovered by their hull (Bottino and Laurentini 2003). Where masks miss
foreground in several views the hull loses a piece, and the rays through it in all other views are left uncovered. So
each voxel outside of the hull is weighed: uncovered foreground that it would explain speaks for it, views that deny it
speak against it. The best are taken first and cover their rays, which takes the support from those around them; so
masks without contradiction stay as they are, whatever they show. Only masks are needed, no probabilities.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.errors import MeshError
from cleanplate.geometry import Camera, Pose
from cleanplate.geometry.raster import project_fast, silhouette
from cleanplate.hull.carve import visual_hull
from cleanplate.hull.consistency import vote_box
from cleanplate.hull.silhouettes import pack
from cleanplate.jit import parallel
from cleanplate.types import Points, ViewMask

CELLS = 96
"""Voxels along the longest side of the box; what is filled in gets this coarse an outline."""

TOLERANCE = 2
"""Pixels by which masks may disagree: edges, poses, voxels."""

COVERED = 1
"""Pixels around a new voxel's own that it explains as well."""

DENIAL = 0.5
"""What a view that denies a voxel counts against one that needs it: masks miss more than they invent."""

LEAST_GAIN = 0.1
"""Share of the views by which a voxel must be needed more than denied."""

DECAY = 0.7
"""Voxels with this share of the largest gain are taken together."""

FEWEST_VIEWS = 8
"""With fewer views each one's word weighs too much."""

MARGIN = 5
"""Pixels around what was filled in that count as unknown when the hull is carved: more than a voxel's outline errs."""

MOST_DENIED = 0.3
"""Share of the views that must deny each point behind a part of a mask for that part to be removed."""


class _Space:
    """The voxels, and where the views see them."""

    def __init__(
        self,
        masks: Sequence[ViewMask],
        cameras: Sequence[Camera],
        poses: Sequence[Pose],
        low: np.ndarray,
        high: np.ndarray,
    ):
        self.cell = float((high - low).max()) / CELLS
        axes = [np.arange(low[k] + self.cell / 2, high[k], self.cell) for k in range(3)]
        self.points: Points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        self.middle: Points = self.points.mean(axis=0, keepdims=True)
        self.masks, self.cameras, self.poses = masks, cameras, poses

    def pixels(self, view: int, points: Points) -> Int[np.ndarray, " n"]:
        """Return the flat index of the pixel in which a view sees each point, -1 outside of the picture."""
        camera, pose = self.cameras[view], self.poses[view]
        xy = project_fast(camera, pose, points)[0]
        with np.errstate(invalid="ignore"):
            seen = (xy >= 0).all(axis=1) & (xy[:, 0] < camera.width) & (xy[:, 1] < camera.height)
            column, row = xy.astype(np.int32).T
        return np.where(seen, row * camera.width + column, -1)

    def drawn(self, view: int, pixels: Int[np.ndarray, " n"]) -> ViewMask:
        """Return the silhouette of voxels, without the holes between their centres."""
        import cv2

        camera, pose = self.cameras[view], self.poses[view]
        marked = _marked(pixels, (camera.height, camera.width)).astype(np.uint8)
        depth = max(float(pose.to_camera(self.middle)[0, 2]), self.cell)
        side = 2 * int(np.ceil(self.cell * camera.K[0, 0] / depth / 2)) + 1
        kernel = np.ones((side, side), np.uint8)
        return cv2.morphologyEx(marked, cv2.MORPH_CLOSE, kernel) > 0


def _grown(mask: ViewMask, pixels: int) -> ViewMask:
    import cv2

    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)) > 0


def _look_up(maps: Sequence[ViewMask], pixels: Int[np.ndarray, "v n"]) -> Int[np.ndarray, " n"]:
    """Count the views in which each point's pixel is set; a point outside of a picture is not."""
    return sum(np.append(each.ravel(), False)[index].astype(np.int32) for each, index in zip(maps, pixels, strict=True))


def refine_masks(
    masks: Sequence[ViewMask], cameras: Sequence[Camera], poses: Sequence[Pose], floor: float | None = 0.0
) -> list[ViewMask]:
    """Return the masks with what several views agree on filled in, and what most deny removed.

    Args:
        masks: one per view; empty or full ones are returned as they are and say nothing.
        cameras, poses: of each view.
        floor: as in `visual_hull`.

    Returns:
        One mask per view; the very same object where nothing was changed.
    """
    sound = [n for n, mask in enumerate(masks) if mask.any() and not mask.all()]
    refined = list(masks)
    chosen = [masks[n] for n in sound], [cameras[n] for n in sound], [poses[n] for n in sound]
    box = vote_box(pack(*chosen), floor) if len(sound) >= FEWEST_VIEWS else None
    if box is None:
        return refined
    changed = _refill(chosen, _settle(_Space(*chosen, *box)), floor)
    for n, mask in zip(sound, changed, strict=True):
        refined[n] = mask
    return refined


def widen(first: ViewMask, refined: ViewMask) -> ViewMask:
    """Return a refined mask for carving: what lies within `MARGIN` pixels of what was filled in counts as unknown.

    A hull forgives foreground that is not there, and never what is missing.
    """
    filled = refined & ~first
    return refined | _grown(filled, MARGIN) if filled.any() else refined


def _refill(
    views: tuple[list[ViewMask], list[Camera], list[Pose]], refined: list[ViewMask], floor: float | None
) -> list[ViewMask]:
    """Fill in what the hull of the widened masks shows near the voxels' fillings: its outline is finer."""
    masks, cameras, poses = views
    wide = [widen(first, new) for first, new in zip(masks, refined, strict=True)]
    if all(new is each for new, each in zip(refined, wide, strict=True)):
        return refined
    try:
        hull = visual_hull(wide, cameras, poses, CELLS, floor, robust=False)
    except MeshError:  # masks of different things: the voxels' fillings are all there is to say
        return refined
    seen = parallel(lambda camera, pose: silhouette(hull, camera, pose), cameras, poses)
    return [new | (each & own) if each is not new else new for new, each, own in zip(refined, wide, seen, strict=True)]


def _settle(space: _Space) -> list[ViewMask]:
    views = range(len(space.masks))
    near = [_grown(mask, TOLERANCE) for mask in space.masks]

    def denies(view: int) -> tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        pixels = space.pixels(view, space.points)
        return tuple(np.append(~each.ravel(), False)[pixels] for each in (space.masks[view], near[view]))

    outside, denials = np.zeros(len(space.points), bool), np.zeros(len(space.points), np.int32)
    for strictly, clearly in parallel(denies, views):
        outside |= strictly
        denials += clearly
    covered = [_grown(space.drawn(view, space.pixels(view, space.points[~outside])), TOLERANCE) for view in views]
    space.points, denials = space.points[denials <= len(views) / 2], denials[denials <= len(views) / 2]
    filled, covered = _fill(space, denials, covered)
    likely = space.points[denials <= MOST_DENIED * len(views)]
    refined = []
    for view, mask in enumerate(space.masks):
        gone = _denied_parts(mask & ~covered[view], space.pixels(view, likely))
        new = (mask | _parts_with(filled[view] & ~mask, ~near[view])) & ~gone
        refined.append(mask if (new == mask).all() else new)
    return refined


def _fill(
    space: _Space, denials: Int[np.ndarray, " n"], covered: list[ViewMask]
) -> tuple[list[ViewMask], list[ViewMask]]:
    """Take voxels, best first, while they explain more than is denied; return their silhouettes and all covered."""
    views = range(len(space.masks))
    filled = [np.zeros_like(mask) for mask in space.masks]
    needed = [mask & ~each for mask, each in zip(space.masks, covered, strict=True)]
    gain: Float[np.ndarray, " n"] = -DENIAL * denials
    for view in views:
        gain += _look_up(needed[view : view + 1], space.pixels(view, space.points)[None])
    least = LEAST_GAIN * len(views)
    candidates = gain > least
    points, denials, gain = space.points[candidates], denials[candidates], gain[candidates]
    pixels = np.stack([space.pixels(view, points) for view in views]) if len(points) else np.zeros((0, 0), int)
    while gain.size:
        taken = gain >= max(least, DECAY * gain.max())
        for view in views:
            drawn = space.drawn(view, pixels[view, taken])
            filled[view] |= drawn
            covered[view] = covered[view] | _grown(drawn, COVERED)
        needed = [mask & ~each for mask, each in zip(space.masks, covered, strict=True)]
        gain = _look_up(needed, pixels) - DENIAL * denials
        left = ~taken & (gain > least)
        pixels, denials, gain = pixels[:, left], denials[left], gain[left]
    return filled, covered


def _parts_with(mask: ViewMask, seed: ViewMask) -> ViewMask:
    """Return the connected parts of a mask that hold a pixel of `seed`; the others are quibbles about edges."""
    import cv2

    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return np.isin(labels, np.setdiff1d(labels[seed], 0))


def _denied_parts(extra: ViewMask, likely: Int[np.ndarray, " n"]) -> ViewMask:
    """Return the deep connected parts of unexplained foreground that none of the `likely` voxels' pixels meet."""
    deep = extra & ~_grown(~extra, TOLERANCE)
    return _parts_with(extra, deep) & ~_parts_with(extra, _marked(likely, extra.shape))


def _marked(pixels: Int[np.ndarray, " n"], shape: tuple[int, ...]) -> ViewMask:
    canvas = np.zeros(shape[0] * shape[1], bool)
    canvas[pixels[pixels >= 0]] = True
    return canvas.reshape(shape[0], shape[1])
