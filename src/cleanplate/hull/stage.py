"""The stage: a capture's masks in, a hull's mesh and what is known of it out."""

from collections.abc import Sequence
from pathlib import Path

from cleanplate.capture import Capture, View
from cleanplate.errors import MeshError
from cleanplate.files import write_json
from cleanplate.geometry import Camera, Pose, write_mesh
from cleanplate.hull.agreement import view_agreement
from cleanplate.hull.carve import Hull, visual_hull
from cleanplate.hull.concavity import unknown_share
from cleanplate.hull.feedback import widen
from cleanplate.image import check_size, read_mask
from cleanplate.types import Mask, ViewMask

MIN_VIEWS = 3
"""Fewer silhouettes bound no useful volume."""


def write_hull(
    capture: Capture,
    mask_dir: Path,
    output: Path,
    resolution: int = 256,
    floor: float | None = 0.0,
    first_dir: Path | None = None,
    possible_dir: Path | None = None,
) -> None:
    """Carve the visual hull of a capture's masks into `output` (.ply), and what is known of it into `.json` beside.

    The JSON holds `cell` (metres), `watertight`, `volume` (cubic metres), `unknown` (share of the surface under which
    the product may be hollow), `unused` and `doubtful` (views with the reason: left out, or used all the same), and
    `agreement` (IoU of each view's mask with the hull seen from it).

    Args:
        mask_dir: holds <view id>.png for every view.
        first_dir: holds <view id>.png of masks that were mended, as they were before; see `widen`.
        possible_dir: holds <view id>.png of what may be foreground too, for views where that is known.

    Raises:
        CaptureError: views without pose.
        ImageError: a mask that cannot be read, or of another size than its camera's pictures.
        MeshError: too few views, or nothing is left of the hull.
    """
    if len(capture.views) < MIN_VIEWS:
        raise MeshError(f"{capture.folder}: {len(capture.views)} views have a mask; a hull needs {MIN_VIEWS} or more")
    poses, cameras = capture.poses(), [capture.camera_of(view) for view in capture.views]
    masks = [read_view_mask(capture, view, mask_dir) for view in capture.views]
    folders = first_dir, possible_dir
    wide = [_widened(capture, view, mask, *folders) for view, mask in zip(capture.views, masks, strict=True)]
    hull = visual_hull(wide, cameras, poses, resolution, floor)
    agreements = view_agreement(hull, masks, cameras, poses)
    write_mesh(output, hull)
    names = [view.id for view in capture.views]
    write_json(
        output.with_suffix(".json"),
        {
            "cell": hull.cell,
            "watertight": hull.is_watertight,
            "volume": hull.volume,
            "unknown": _unknown(hull, wide, cameras, poses, floor),
            "unused": {names[each.view]: each.reason for each in hull.outliers if not each.used},
            "doubtful": {names[each.view]: each.reason for each in hull.outliers if each.used},
            "agreement": {names[agreement.view]: agreement.iou for agreement in agreements},
        },
    )


def _widened(capture: Capture, view: View, mask: Mask, first_dir: Path | None, possible_dir: Path | None) -> Mask:
    """Return what to carve with: a hull forgives foreground that is not there, and never what is missing."""
    wide = mask
    if first_dir is not None and (first_dir / f"{view.id}.png").is_file():
        wide = widen(read_view_mask(capture, view, first_dir), mask)
    if possible_dir is not None and (possible_dir / f"{view.id}.png").is_file():
        wide = wide | read_view_mask(capture, view, possible_dir)
    return wide


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
