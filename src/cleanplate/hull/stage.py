"""The stages `refine` and `carve`: probabilities in, masks out; masks in, a mesh and what is known of it out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.capture import Capture, View, read_view_mask, read_view_probability
from cleanplate.errors import ImageError, MeshError
from cleanplate.files import write_json
from cleanplate.geometry import Camera, Pose, write_mesh
from cleanplate.hull.agreement import view_agreement
from cleanplate.hull.carve import Hull, visual_hull
from cleanplate.hull.concavity import unknown_share
from cleanplate.hull.fit import Fit, pose_fit
from cleanplate.hull.plausible import doubts
from cleanplate.hull.refine import POSSIBLE, SETTLED, Refined, carving_mask, refine_views
from cleanplate.hull.silhouettes import SoftMask
from cleanplate.hull.stake import volume_at_stake
from cleanplate.image import check_size, read_image, write_mask, write_probability
from cleanplate.types import Image, Mask, ViewProbability

MIN_VIEWS = 3
"""Fewer silhouettes bound no useful volume."""

FLOATING = 0.01
"""Share of a hull's volume that floats from which it is said."""


def write_masks(
    capture: Capture,
    first: Mapping[str, ViewProbability],
    out: Path,
    floor: float | None = 0.0,
    together: bool = True,
    certain: Collection[str] = (),
) -> None:
    """Write `out`/masks/<view id>.png of every view, and where views are heard together `out`/refined/<view id>.png.

    `out`/refined.json says then what `refined_problems` reads: why no view was heard, or which were not.

    Args:
        first: each view's probability of foreground, or a mask as 0 and 1.
        floor: as in `visual_hull`.
        together: whether views with a pose refine each other; else a mask is what its own view holds likely.
        certain: views whose mask a person made: the others follow them, and they are not written.

    Raises:
        ModelError: the refiner's file is damaged.
    """
    views = [view for view in capture.views if view.id in first]
    found = dict(first)
    if together:
        posed = [view for view in views if view.pose is not None]
        refined = hear(capture, posed, first, floor, certain)
        found |= {view.id: each for view, each in zip(posed, refined.probabilities, strict=True)}
        for view in posed:
            write_probability(out / "refined" / f"{view.id}.png", found[view.id])
        unheard = {posed[n].id: reason for n, reason in refined.unheard.items()}
        write_json(out / "refined.json", {"alone": refined.alone, "unheard": unheard})
    for view in views:
        if view.id not in certain:  # a person's stays where it is, and theirs
            write_mask(out / "masks" / f"{view.id}.png", found[view.id] >= 0.5)


def refined_problems(facts: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each view that the others did not refine, by what `write_masks` wrote."""
    return [f"view {view}: {reason}" for view, reason in facts.get("unheard", {}).items()]


def hear(
    capture: Capture,
    views: Sequence[View],
    first: Mapping[str, ViewProbability],
    floor: float | None,
    certain: Collection[str] = (),
) -> Refined:
    """Return what views with a pose make of each other's probabilities; a photograph that is lost is named.

    Args:
        first: of each view at least; see `write_masks`, also for `floor` and `certain`.

    Raises:
        ModelError: the refiner's file is damaged.
    """
    lost: dict[int, str] = {}

    def pictures(n: int) -> tuple[Image | None, Image | None]:
        camera, plate = capture.camera_of(views[n]), capture.plate_path(views[n])
        try:
            found = [_sized(path, camera) for path in (capture.image_path(views[n]), plate) if path]
        except (ImageError, OSError) as error:
            lost[n] = f"refined without its photograph: {error}"
            return None, None
        return found[0], found[1] if plate else None

    cameras, poses = [capture.camera_of(view) for view in views], replace(capture, views=tuple(views)).poses()
    fixed = [n for n, view in enumerate(views) if view.id in certain]
    refined = refine_views([first[view.id] for view in views], cameras, poses, pictures, floor, fixed)
    return replace(refined, unheard=refined.unheard | lost)


def _sized(path: Path, camera: Camera) -> Image:
    image = read_image(path)
    check_size(path, "picture", image.shape[1::-1], (camera.width, camera.height))
    return image


def write_hull(
    capture: Capture,
    mask_dir: Path,
    output: Path,
    resolution: int = 256,
    floor: float | None = 0.0,
    probability_dirs: Sequence[Path] = (),
    heard: bool = False,
) -> None:
    """Carve the visual hull of a capture's masks into `output` (.ply), and what is known of it into `.json` beside.

    The JSON holds `cell` (metres), `watertight`, `volume` (cubic metres), `unknown` (share of the surface under which
    the product may be hollow), `unused` and `doubtful` (views with the reason: left out, or used all the same),
    `at_stake` (cubic metres that hang on the doubts of each view alone, see `volume_at_stake`),
    `implausible` (what is doubtful about poses, floor and unit, and what floats), `tangent_miss_pixels` (how far planes
    that touch one mask's outline miss another's: the median, null where no pair of views tells) and `agreement` (IoU of
    each view's mask with the hull seen from it).

    Args:
        mask_dir: holds <view id>.png for every view.
        probability_dirs: hold <view id>.png of the probabilities that a mask came from; the first that has one counts.
        heard: whether these are what all views together settled.

    Raises:
        CaptureError: views without pose.
        ImageError: a mask that cannot be read, or of another size than its camera's pictures.
        MeshError: too few views, or nothing is left of the hull.
    """
    if len(capture.views) < MIN_VIEWS:
        raise MeshError(f"{capture.folder}: {len(capture.views)} views have a mask; a hull needs {MIN_VIEWS} or more")
    poses, cameras = capture.poses(), [capture.camera_of(view) for view in capture.views]
    masks = [read_view_mask(capture, view, mask_dir) for view in capture.views]
    likely = [_likely(capture, view, mask, probability_dirs) for view, mask in zip(capture.views, masks, strict=True)]
    possible = SETTLED if heard else POSSIBLE
    wide = [carving_mask(*each, possible) for each in zip(masks, likely, strict=True)]
    # As segmented: what other views mended has been cut by the floor already.
    first = [_segmented(capture, view, mask, probability_dirs) for view, mask in zip(capture.views, masks, strict=True)]
    implausible = doubts(first, cameras, poses, floor)
    fit = pose_fit(first, cameras, poses)
    if fit is not None and fit.wrong:
        implausible.append(_worst_fitting(capture, fit))
    try:
        hull = visual_hull(wide, cameras, poses, resolution, floor)
    except MeshError as error:
        if not implausible:
            raise
        raise MeshError(f"{capture.folder / 'capture.json'}: {'; '.join(implausible)} ({error})") from error
    if hull.floating > FLOATING:
        implausible.append(
            f"{output}: {hull.floating:.1%} of the hull floats, held by nothing that stands on the platen: masks miss "
            f"what is between; look for gaps in thin parts, correct them and run again"
        )
    agreements = view_agreement(hull, masks, cameras, poses)
    write_mesh(output, hull)
    names = [view.id for view in capture.views]
    write_json(
        output.with_suffix(".json"),
        {
            "cell": hull.cell,
            "implausible": implausible,
            "tangent_miss_pixels": None if fit is None else round(fit.median, 3),
            "watertight": hull.is_watertight,
            "volume": hull.volume,
            "unknown": _unknown(hull, wide, cameras, poses, floor),
            "unused": {names[each.view]: each.reason for each in hull.outliers if not each.used},
            "doubtful": {names[each.view]: each.reason for each in hull.outliers if each.used},
            "at_stake": dict(zip(names, volume_at_stake(likely, cameras, poses, *_box(hull)), strict=True)),
            "agreement": {names[agreement.view]: agreement.iou for agreement in agreements},
        },
    )


def _worst_fitting(capture: Capture, fit: Fit) -> str:
    order = sorted((miss, view.id) for miss, view in zip(fit.by_view, capture.views, strict=True) if miss == miss)
    worst = ", ".join(f"{view} ({miss:.0f})" for miss, view in order[:-6:-1])
    return (
        f"poses and masks: planes that touch one outline miss the others' by {fit.median:.0f} pixels in the median, "
        f"most in {worst}; were the poses made of these very pictures, and did the camera stand still?"
    )


def _segmented(capture: Capture, view: View, mask: Mask, folders: Sequence[Path]) -> Mask:
    there = [each for each in folders if (each / f"{view.id}.png").is_file()]
    return read_view_probability(capture, view, there[-1]) >= 0.5 if there else mask


def _likely(capture: Capture, view: View, mask: Mask, folders: Sequence[Path]) -> ViewProbability:
    """Return the probability that a mask came from, or a person's mask as it is."""
    folder = next((each for each in folders if (each / f"{view.id}.png").is_file()), None)
    probability = None if folder is None else read_view_probability(capture, view, folder)
    made = probability is not None and np.array_equal(probability >= 0.5, mask)
    return probability if probability is not None and made else mask.astype(np.float32)


def _box(hull: Hull) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a box about a hull and what may be missing from it."""
    low, high = hull.vertices.min(axis=0), hull.vertices.max(axis=0)
    return low - 0.1 * (high - low), high + 0.1 * (high - low)


def _unknown(
    hull: Hull, masks: Sequence[SoftMask], cameras: Sequence[Camera], poses: Sequence[Pose], floor: float | None
) -> float:
    """Return the share of the surface that silhouettes say nothing of, by the views that nobody doubts."""
    doubted = {each.view for each in hull.outliers}
    sound = [n for n in range(len(masks)) if n not in doubted] or list(range(len(masks)))
    parts = [masks[n] for n in sound], [cameras[n] for n in sound], [poses[n] for n in sound]
    return unknown_share(hull, *parts, floor)
