"""Masks and calibrated cameras to a closed mesh: the visual hull (Laurentini 1994)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cleanplate.errors import MeshError
from cleanplate.geometry import Camera, Mesh, Pose
from cleanplate.geometry.raster import silhouette
from cleanplate.hull.bounds import bounding_box
from cleanplate.hull.floating import find_parts, forgiving
from cleanplate.hull.marching_cubes import marching_cubes
from cleanplate.hull.octree import find_leaves, make_grid
from cleanplate.hull.robust import find_doubtful, judge
from cleanplate.hull.silhouettes import Silhouettes, SoftMask, check_mask, join, pack, select, shrink
from cleanplate.image.morphology import dilate
from cleanplate.jit import parallel
from cleanplate.types import Mask

PIXELS_PER_CELL = 4
"""Masks more than twice as fine are averaged down."""

TRIAL_RESOLUTION = 128
"""Cells of the hull that doubted views are compared with."""

ELSEWHERE = 0.6
"""IoU with what the other views carve below which a mask may be of something else, or from elsewhere."""

ELSEWHERE_RESOLUTION = 64

SURROUNDED, EXPLAINED = 0.92, 0.4
"""Such a mask is the product's own all the same if it shows so much of what the others carve, and they so much of it:
wires whose gaps are filled, a body with its reflection. Both within two cells of the trial hull."""

MANY = 0.2
"""Share of doubted views beyond which none is blamed: what most masks get wrong makes the right ones look bad."""


@dataclass(frozen=True)
class Outlier:
    """A view whose mask should be reviewed.

    Attributes:
        view: index into the views.
        reason: one sentence for the user.
        used: whether it carved nevertheless, as it is or mended.
    """

    view: int
    reason: str
    used: bool = False


@dataclass(frozen=True)
class Hull(Mesh):
    """A visual hull: a watertight mesh of float64 vertices and int32 faces.

    Attributes:
        cell: side of the grid's cells in world units; the surface is finer.
        outliers: views whose masks contradict the others or say nothing, by view.
        floating: share of the volume that hangs in the air, where that was looked for.
    """

    cell: float
    outliers: tuple[Outlier, ...]
    floating: float = 0.0


def find_useless(masks: Sequence[SoftMask]) -> list[Outlier]:
    """Name the masks that cannot carve: empty or full ones."""
    outliers = []
    for index, mask in enumerate(masks):
        foreground = mask >= 0.5
        if not foreground.any():
            outliers.append(Outlier(index, "its mask is empty"))
        elif foreground.all():
            outliers.append(Outlier(index, "its mask covers the whole picture"))
    return outliers


@dataclass(frozen=True)
class _Views:
    """The views that carve: their place among all views, and each as given and packed."""

    index: list[int]
    masks: list[SoftMask]
    cameras: list[Camera]
    poses: list[Pose]
    packed: Silhouettes

    def only(self, chosen: Sequence[int]) -> "_Views":
        return _Views(
            [self.index[n] for n in chosen],
            [self.masks[n] for n in chosen],
            [self.cameras[n] for n in chosen],
            [self.poses[n] for n in chosen],
            select(self.packed, chosen),
        )


def visual_hull(
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    resolution: int = 256,
    floor: float | None = 0.0,
    robust: bool = True,
) -> Hull:
    """Carve the largest shape whose silhouettes fit all masks.

    Args:
        masks: one per view, boolean, or float probability of foreground (0 to 1) with its edge at 0.5.
        cameras, poses: of each view; lens distortion is honoured.
        resolution: cells along the longest side of the product's box.
        floor: z of the platen, in world units, below which nothing is; None where there is none.
        robust: whether to look for masks that contradict the others, to mend them or leave them out. Masks without
            contradiction give the same hull either way.

    Returns:
        A watertight mesh in the world's axes and unit. Views whose mask touches the picture's border say nothing
        about what is outside of the picture.

    Raises:
        ImageError: a mask does not fit its camera or holds no probabilities.
        MeshError: the masks share no point, or do not bound the product.
    """
    for index, (mask, camera) in enumerate(zip(masks, cameras, strict=True)):
        check_mask(mask, camera, index)
    outliers = find_useless(masks)
    kept = sorted(set(range(len(masks))) - {outlier.view for outlier in outliers})
    if not kept:
        raise MeshError(f"no usable mask among {len(masks)} views: all are empty or full")
    shrunk = parallel(shrink, *zip(*[(masks[n], cameras[n], PIXELS_PER_CELL * resolution) for n in kept], strict=True))
    parts = [mask for mask, _ in shrunk], [camera for _, camera in shrunk], [poses[n] for n in kept]
    views = _Views(kept, *parts, pack(*parts))
    if robust:
        views, doubted = _reconcile(views, floor)
        outliers = sorted(outliers + doubted, key=lambda outlier: outlier.view)
    mesh, cell = _carve(views, resolution, floor)
    hull = Hull(mesh.vertices, mesh.faces, cell, tuple(outliers))
    return _hold(hull, views, resolution, floor) if robust and floor is not None else hull


def _carve(views: _Views, resolution: int, floor: float | None) -> tuple[Mesh, float]:
    low, high = bounding_box(views.masks, views.cameras, views.poses, floor)
    grid = make_grid(low, high, floor, resolution)
    leaves = find_leaves(views.packed, grid)
    if not (leaves.values > 0).any():
        raise MeshError(
            f"the hull of {len(views.index)} views is empty at {resolution} cells: no point projects into every mask; "
            "look for masks of another view or wrong poses"
        )
    return Mesh(*marching_cubes(views.packed, grid, leaves)), grid.cell


def _reconcile(views: _Views, floor: float | None) -> tuple[_Views, list[Outlier]]:
    """Mend or leave out the views that contradict the others, and name them."""
    doubted = find_doubtful(views.packed, floor)
    if not doubted:
        return views, []
    trusted = views.only([n for n in range(len(views.index)) if n not in doubted])
    suspects = views.only(doubted)
    try:
        mesh, _ = _carve(trusted, TRIAL_RESOLUTION, floor)
    except MeshError as error:
        reason = f"its mask contradicts other views, but they alone make no hull ({error}); carved as it is"
        return views, [Outlier(index, reason, used=True) for index in suspects.index]
    seen = [silhouette(mesh, *view) for view in zip(suspects.cameras, suspects.poses, strict=True)]
    verdicts = judge(suspects.masks, suspects.cameras, suspects.poses, seen, trusted.packed, floor)
    outliers, saved = [], trusted
    count = len(views.index)
    nobody = (
        f"the masks of {len(doubted)} of {count} views contradict the rest, too many to say which: review all masks"
    )
    for n, verdict in enumerate(verdicts):
        if verdict.reason:
            reason = nobody if len(doubted) > MANY * count else verdict.reason
            outliers.append(Outlier(suspects.index[n], reason, used=verdict.mask is not None))
        if verdict.mask is not None and not (verdict.mask >= 0.5).all():
            saved = _append(saved, suspects.only([n]), verdict.mask)
    return saved, outliers


def _hold(hull: Hull, views: _Views, resolution: int, floor: float) -> Hull:
    """Carve again where parts float, without what the views deny that would hold them, and name these views."""
    parts = find_parts(hull, hull.cell)
    if parts.stands.all():
        return hull
    changed = forgiving(hull, parts, views.packed, views.masks, views.cameras, views.poses)
    masks = [changed.get(n, mask) for n, mask in enumerate(views.masks)]
    packed = pack(masks, views.cameras, views.poses)
    held, cell = _carve(replace(views, masks=masks, packed=packed), resolution, floor)
    floating = find_parts(held, cell).floating
    if floating >= parts.floating:
        return replace(hull, floating=parts.floating)
    reason = "its mask cuts what holds a part, which would float; taken as unknown there"
    blind = [Outlier(views.index[n], reason, used=True) for n in changed]
    outliers = sorted([*hull.outliers, *blind], key=lambda outlier: outlier.view)
    return Hull(held.vertices, held.faces, cell, tuple(outliers), floating)


def displaced(
    masks: Sequence[SoftMask], cameras: Sequence[Camera], poses: Sequence[Pose], floor: float | None
) -> tuple[set[int], set[int]]:
    """Find the views whose masks hardly overlap what the others carve.

    Args:
        masks, cameras, poses, floor: as in `visual_hull`; no mask is empty or full.

    Returns:
        Indices of those that show something else, or from elsewhere, and of those that show the product and much more;
        none where too many views are in doubt to say which is wrong.
    """
    views = _Views(list(range(len(masks))), list(masks), list(cameras), list(poses), pack(masks, cameras, poses))
    doubted = find_doubtful(views.packed, floor)
    if not 0 < len(doubted) <= MANY * len(masks):
        return set(), set()
    try:
        mesh, _ = _carve(views.only([n for n in views.index if n not in doubted]), ELSEWHERE_RESOLUTION, floor)
    except MeshError:
        return set(), set()
    wrong: set[int] = set()
    swollen: set[int] = set()
    for n in doubted:
        mask, seen = masks[n] >= 0.5, silhouette(mesh, cameras[n], poses[n])
        if (mask & seen).sum() < ELSEWHERE * (mask | seen).sum():
            (swollen if _surrounds(mask, seen) else wrong).add(n)
    return wrong, swollen


def _surrounds(mask: Mask, seen: Mask) -> bool:
    """Tell whether a mask shows what the others carve, and not many times as much."""
    if not seen.any():
        return False
    slack = 2 / ELSEWHERE_RESOLUTION * max(np.ptp(places) + 1 for places in np.nonzero(seen))
    surrounded, explained = (seen & dilate(mask, slack)).sum(), (mask & dilate(seen, slack)).sum()
    return bool(surrounded >= SURROUNDED * seen.sum() and explained >= EXPLAINED * mask.sum())


def _append(views: _Views, one: _Views, mask: SoftMask) -> _Views:
    """Return the views with one more, whose mask is replaced."""
    return _Views(
        views.index + one.index,
        [*views.masks, mask],
        views.cameras + one.cameras,
        views.poses + one.poses,
        join(views.packed, pack([mask], one.cameras, one.poses)),
    )
