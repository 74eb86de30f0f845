"""The stage: silhouettes of a product on a turntable in, a rig and a report out. No board is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from cleanplate.calibrate.extents import extents, metres_and_floor
from cleanplate.calibrate.search import Contradiction, Found, adjusted, joined, search
from cleanplate.calibrate.turntable import Problem, Scene
from cleanplate.capture import check_output, read_capture, read_view_mask
from cleanplate.capture.rig import Rig, write_rig
from cleanplate.errors import CaptureError
from cleanplate.files import write_json
from cleanplate.geometry import Camera, Pose
from cleanplate.geometry.tangency import Outline, Rays, outline_of, useful_pairs
from cleanplate.types import ViewMask

KNOWN_FOCAL, GUESSED_FOCAL = 0.05, 0.5
"""Spread of the logarithm of a focal length that EXIF tells, and of one that is guessed."""
LONGEST = 1000
"""Pixels of the longer side that larger pictures are scaled to: their masks are no finer."""
ODD_PIXELS, ODD_TIMES = 2.0, 4.0
"""A view that misses by more than this, and so many times the usual, is named."""
UNSURE_DEGREES = 3.0
"""Standard deviation of an elevation above which it is not told."""
STEEP = 35.0
"""Degrees of elevation above which a product's foot is hidden, so that the floor is a guess."""


@dataclass(frozen=True)
class SilhouetteView:
    """One view: whose it is, how far the platen had turned in degrees, and its mask."""

    id: str
    camera: str
    platen_deg: float
    mask: ViewMask


@dataclass(frozen=True)
class SilhouetteReport:
    """How well poses and silhouettes agree.

    Attributes:
        misses: median pixels by which touching planes miss outlines, by view; `median` of all.
        elevations, focals: degrees and pixels, by camera; `spreads` the standard deviation of the elevations.
        clockwise: which way the platen turns, seen from above.
        notes, odd: what was assumed; sentences about views that contradict the others.
    """

    misses: dict[str, float]
    median: float
    elevations: dict[str, float]
    spreads: dict[str, float]
    focals: dict[str, float]
    clockwise: bool
    notes: tuple[str, ...]
    odd: tuple[str, ...]


def rig_from_silhouettes(
    views: Sequence[SilhouetteView],
    cameras: Mapping[str, Camera],
    *,
    height: float | None = None,
    width: float | None = None,
    clockwise: bool | None = None,
    focal_known: bool = False,
) -> tuple[Rig, SilhouetteReport]:
    """Find where the cameras stand around a platen, from the product's silhouettes at known angles.

    The world is `Rig`'s: z is the platen's axis, the first camera stands at -y, the product's lowest point on z = 0.

    Args:
        cameras: as guessed, by name; their focal lengths are refined.
        height, width: of the product in metres, one or both: the width is its greatest horizontal extent. With both
            the width gives the scale, and the height the floor.
        clockwise: which way the platen turns, seen from above; by default it is found.
        focal_known: whether the focal lengths are told by EXIF or a person.

    Raises:
        CaptureError: no length, too few views, or silhouettes that do not tell: the sentence says what they leave open.
    """
    if height is None and width is None:
        raise CaptureError("silhouettes tell no size: give the product's width or height in metres")
    unit = max(1.0, max(max(camera.width, camera.height) for camera in cameras.values()) / LONGEST)
    usable, outlines, problems = _outlines(views, unit)
    names = sorted({view.camera for view in usable})
    scene = Scene(
        outlines,
        np.array([names.index(view.camera) for view in usable]),
        np.array([view.platen_deg for view in usable]),
        [_in_units(cameras[name], unit) for name in names],
        KNOWN_FOCAL if focal_known else GUESSED_FOCAL,
    )
    try:
        found = search(scene, clockwise)
    except Contradiction as error:
        raise CaptureError(f"{error}{_worst(scene, error.found, usable)}") from None
    if len(names) > 1 and not found.in_one_world:
        found = joined(scene, found)
    found, problem = adjusted(scene, found)
    rays = problem.rays(found.numbers)
    misses, median = _by_view(problem, found, usable)
    spreads = np.degrees(problem.spread(found.numbers, max(median * 1.5, 0.2))[:, 0])
    for name, spread in zip(names, spreads, strict=True):
        if spread > UNSURE_DEGREES:
            raise CaptureError(
                f"camera {name!r}: the silhouettes tell its elevation to {spread:.0f} degrees only; take more steps, "
                f"or put the product off the platen's middle"
            )
    rig, notes = _scaled(scene, found, names, rays, height, width)
    rig = replace(
        rig, cameras={name: replace(cameras[name], K=_in_units(rig.cameras[name], 1 / unit).K) for name in names}
    )
    odd = _odd(misses, median)
    report = SilhouetteReport(
        {view: unit * miss for view, miss in misses.items()},
        unit * median,
        {name: float(np.degrees(found.numbers[n, 0])) for n, name in enumerate(names)},
        {name: float(spread) for name, spread in zip(names, spreads, strict=True)},
        {name: float(rig.cameras[name].K[0, 0]) for name in names},
        found.clockwise,
        tuple(notes),
        (*problems, *odd),
    )
    return rig, report


def calibrate_turntable(
    folder: Path,
    masks: Path,
    out: Path,
    *,
    width: float | None = None,
    height: float | None = None,
    clockwise: bool | None = None,
) -> SilhouetteReport:
    """Write `out`/rig.json and report.json from the masks of a capture whose views have angles.

    Args:
        masks: holds <view id>.png, or <asin>/masks/<view id>.png.
        width, height, clockwise: as in `rig_from_silhouettes`.

    Raises:
        CaptureError: views without an angle; and as `rig_from_silhouettes`. ImageError: a mask that cannot be used.
    """
    check_output(out, folder, masks, marker="rig.json")
    capture = read_capture(folder)
    own = masks / capture.asin / "masks"
    views = []
    for view in capture.views:
        if view.platen_deg is None:
            raise CaptureError(f"{folder}: view {view.id} has no angle; import with --turntable, --angles or --table")
        mask = read_view_mask(capture, view, own if own.is_dir() else masks)
        views.append(SilhouetteView(view.id, view.camera, view.platen_deg, mask))
    rig, report = rig_from_silhouettes(
        views, capture.cameras, width=width, height=height, clockwise=clockwise, focal_known=False
    )
    write_rig(out / "rig.json", rig)
    write_json(out / "report.json", asdict(report))
    return report


def _in_units(camera: Camera, unit: float) -> Camera:
    """Return a camera for pictures that are `unit` times smaller."""
    return replace(camera, K=np.diag([1 / unit, 1 / unit, 1.0]) @ camera.K)


def _outlines(views: Sequence[SilhouetteView], unit: float) -> tuple[list[SilhouetteView], list[Outline], list[str]]:
    usable, outlines, empty = [], [], []
    for view in views:
        outline = outline_of(view.mask)
        if outline is None or outline.real.mean() < 0.2:
            empty.append(view.id)
        else:
            usable.append(view)
            outlines.append(replace(outline, corners=outline.corners / unit))
    if not usable:
        raise CaptureError("no mask shows a product within its picture; look at the masks first")
    problems = [f"no outline of a product, so it told no pose: {', '.join(empty)}"] if empty else []
    return usable, outlines, problems


def _by_view(problem: Problem, found: Found, views: Sequence[SilhouetteView]) -> tuple[dict[str, float], float]:
    size = np.abs(problem.misses(found.numbers[problem.free])).reshape(-1, 2)
    own = [(problem.pairs == n).any(axis=1) for n in range(len(views))]
    by_view = {view.id: float(np.median(size[of])) for view, of in zip(views, own, strict=True) if of.any()}
    return by_view, float(np.median(size))


def _worst(scene: Scene, found: Found, views: Sequence[SilhouetteView]) -> str:
    """Name the views that the others contradict, worst first, where they are few."""
    found, problem = adjusted(scene, found)
    misses, median = _by_view(problem, found, views)
    odd = sorted((view for view in misses if misses[view] > 2 * median), key=lambda view: -misses[view])
    return f" Look first at {', '.join(odd)}." if 0 < len(odd) <= len(views) / 3 else ""


def _odd(misses: Mapping[str, float], median: float) -> list[str]:
    limit = max(ODD_PIXELS, ODD_TIMES * median)
    odd = sorted((view for view, miss in misses.items() if miss > limit), key=lambda view: -misses[view])
    if not odd:
        return []
    shown = ", ".join(f"{view} ({misses[view] / median:.0f} times)" for view in sorted(odd[:12]))
    return [
        f"{len(odd)} of {len(misses)} views miss the others' silhouettes by more than the usual: {shown}"
        f"{' ...' if len(odd) > 12 else ''}; the camera or the product was moved, the angle is another, or the mask is "
        f"wrong"
    ]


def _scaled(
    scene: Scene, found: Found, names: Sequence[str], rays: Rays, height: float | None, width: float | None
) -> tuple[Rig, list[str]]:
    """Return the rig in metres, standing on the floor, and what was assumed."""
    lowest = int(np.argmin(found.numbers[:, 0]))
    chosen = np.flatnonzero(scene.camera_of == lowest)
    own = Rays(rays.directions[chosen], rays.real[chosen], rays.centres[chosen], rays.focals[chosen])
    size = extents(own, useful_pairs(own))
    if len(names) > 1:
        size = replace(size, width=extents(rays, useful_pairs(own)).width)
    steepness = float(np.degrees(found.numbers[lowest, 0]))
    notes = []
    scale, floor = metres_and_floor(size, height, width, steepness)
    if steepness > STEEP and height is None:
        notes.append(
            f"the lowest camera looks down by {steepness:.0f} degrees and hardly sees the product's foot: the floor is "
            f"a guess; give the height too"
        )
    found_size = scale * size.width, scale * (size.top - floor)
    notes.append(f"the product is {100 * found_size[0]:.1f} cm wide and {100 * found_size[1]:.1f} cm high")
    poses = {}
    for index, name in enumerate(names):
        pose = found.pose(index)
        poses[name] = Pose(pose.R, scale * (pose.t + pose.R @ np.array([0.0, 0.0, floor])))
    lenses = {name: found.camera(scene, index) for index, name in enumerate(names)}
    return Rig(lenses, poses, {}, found.clockwise), notes
