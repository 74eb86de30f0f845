"""The stages `refine` and `carve`: probabilities in, masks out; masks in, a mesh and what is known of it out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cleanplate.capture import Capture, View
from cleanplate.errors import MeshError
from cleanplate.files import write_json
from cleanplate.geometry import Camera, Pose, write_mesh
from cleanplate.hull.agreement import view_agreement
from cleanplate.hull.carve import Hull, visual_hull
from cleanplate.hull.concavity import unknown_share
from cleanplate.hull.fit import Fit, pose_fit
from cleanplate.hull.plausible import doubts
from cleanplate.hull.refine import carving_mask, refine
from cleanplate.image import check_size, read_image, read_mask, read_probability, write_mask, write_probability
from cleanplate.types import Image, Mask, ViewMask, ViewProbability

MIN_VIEWS = 3
"""Fewer silhouettes bound no useful volume."""


def write_masks(
    capture: Capture,
    probability_dir: Path,
    out: Path,
    floor: float | None = 0.0,
    together: bool = True,
    certain: Mapping[str, Mask] | None = None,
) -> None:
    """Write `out`/masks/<view id>.png, and `out`/refined/<view id>.png where the views were heard together.

    Args:
        probability_dir: holds <view id>.png of every view that `certain` lacks.
        floor: as in `visual_hull`.
        together: whether views with a pose refine each other; else a mask is what its own view holds likely.
        certain: masks that a person made, by view: the others follow them.

    Raises:
        ImageError: a probability cannot be read, or has another size than its view's pictures.
    """
    first = {
        view.id: certain[view.id].astype("float32")
        if certain and view.id in certain
        else _read_probability(capture, view, probability_dir)
        for view in capture.views
    }
    posed = [view for view in capture.views if view.pose is not None] if together else []

    def pictures(n: int) -> tuple[Image, Image | None]:
        plate = capture.plate_path(posed[n])
        return read_image(capture.image_path(posed[n])), None if plate is None else read_image(plate)

    if posed:
        cameras, poses = list(map(capture.camera_of, posed)), replace(capture, views=tuple(posed)).poses()
        refined = refine([first[view.id] for view in posed], cameras, poses, pictures, floor)
        first |= {view.id: probability for view, probability in zip(posed, refined, strict=True)}
    for view in capture.views:
        write_mask(out / "masks" / f"{view.id}.png", first[view.id] >= 0.5)
    for view in posed:
        write_probability(out / "refined" / f"{view.id}.png", first[view.id])


def write_hull(
    capture: Capture,
    mask_dir: Path,
    output: Path,
    resolution: int = 256,
    floor: float | None = 0.0,
    probability_dirs: Sequence[Path] = (),
) -> None:
    """Carve the visual hull of a capture's masks into `output` (.ply), and what is known of it into `.json` beside.

    The JSON holds `cell` (metres), `watertight`, `volume` (cubic metres), `unknown` (share of the surface under which
    the product may be hollow), `unused` and `doubtful` (views with the reason: left out, or used all the same),
    `implausible` (what is doubtful about poses, floor and unit), `tangent_miss_pixels` (how far planes that touch one
    mask's outline miss another's: the median, null where no pair of views tells) and `agreement` (IoU of each view's
    mask with the hull seen from it).

    Args:
        mask_dir: holds <view id>.png for every view.
        probability_dirs: hold <view id>.png of the probabilities that a mask came from; the first that has one counts.

    Raises:
        CaptureError: views without pose.
        ImageError: a mask that cannot be read, or of another size than its camera's pictures.
        MeshError: too few views, or nothing is left of the hull.
    """
    if len(capture.views) < MIN_VIEWS:
        raise MeshError(f"{capture.folder}: {len(capture.views)} views have a mask; a hull needs {MIN_VIEWS} or more")
    poses, cameras = capture.poses(), [capture.camera_of(view) for view in capture.views]
    masks = [read_view_mask(capture, view, mask_dir) for view in capture.views]
    wide = [_wide(capture, view, mask, probability_dirs) for view, mask in zip(capture.views, masks, strict=True)]
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
    return _read_probability(capture, view, there[-1]) >= 0.5 if there else mask


def _wide(capture: Capture, view: View, mask: Mask, folders: Sequence[Path]) -> Mask:
    folder = next((each for each in folders if (each / f"{view.id}.png").is_file()), None)
    return carving_mask(mask, None if folder is None else _read_probability(capture, view, folder))


def _unknown(
    hull: Hull, masks: Sequence[ViewMask], cameras: Sequence[Camera], poses: Sequence[Pose], floor: float | None
) -> float:
    """Return the share of the surface that silhouettes say nothing of, by the views that nobody doubts."""
    doubted = {each.view for each in hull.outliers}
    sound = [n for n in range(len(masks)) if n not in doubted] or list(range(len(masks)))
    parts = [masks[n] for n in sound], [cameras[n] for n in sound], [poses[n] for n in sound]
    return unknown_share(hull, *parts, floor)


def read_view_mask(capture: Capture, view: View, mask_dir: Path) -> Mask:
    """Read <view id>.png of a folder.

    Raises:
        ImageError: it cannot be read, or has another size than the view's camera.
    """
    path, camera = mask_dir / f"{view.id}.png", capture.camera_of(view)
    mask = read_mask(path)
    check_size(path, "mask", mask.shape[::-1], (camera.width, camera.height))
    return mask


def _read_probability(capture: Capture, view: View, folder: Path) -> ViewProbability:
    path, camera = folder / f"{view.id}.png", capture.camera_of(view)
    probability = read_probability(path)
    check_size(path, "probability", probability.shape[::-1], (camera.width, camera.height))
    return probability
