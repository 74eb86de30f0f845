"""What the outlines in photographs tell: cameras without a board, or floor and scale of poses from elsewhere."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cleanplate.calibrate.silhouettes import STEEP
from cleanplate.capture import Capture, View
from cleanplate.capture.rig import Rig
from cleanplate.cli.common import progress_bars, say
from cleanplate.errors import CaptureError, CleanplateError
from cleanplate.geometry import Pose
from cleanplate.types import ViewMask

if TYPE_CHECKING:
    from cleanplate.calibrate import SilhouetteReport
    from cleanplate.exchange.photographs import Plan


def with_found_poses(
    plan: "Plan", model: str, width: float | None, height: float | None, clockwise: bool | None
) -> tuple["Plan", Rig]:
    """Return a plan whose shots have poses, found by their silhouettes, and the rig.

    Raises:
        CaptureError: pictures without angles, or silhouettes that do not tell.
    """
    from cleanplate.calibrate import SilhouetteView, rig_from_silhouettes

    masks, problems = _masks(plan, model)
    seen = []
    for shot in plan.shots:
        if shot.platen_deg is None:
            raise CaptureError(f"{shot.name}: no angle; give --turntable, --angles or --table")
        if shot.name in masks:
            seen.append(SilhouetteView(shot.name, shot.camera, shot.platen_deg, masks[shot.name]))
    rig, report = rig_from_silhouettes(
        seen, plan.cameras, width=width, height=height, clockwise=clockwise, focal_known=plan.lens_known
    )
    shots = [
        replace(shot, pose=rig.pose(shot.camera, shot.platen_deg)) if shot.platen_deg is not None else shot
        for shot in plan.shots
    ]
    tell_found(report)
    return replace(plan, shots=shots, cameras=dict(rig.cameras), problems=[*plan.problems, *problems, *report.odd]), rig


def with_found_floor(plan: "Plan", model: str, width: float | None, height: float | None, by_foot: bool) -> "Plan":
    """Return a plan with poses whose world is moved so that the product stands on z = 0, and scaled to metres.

    Args:
        width, height: of the product in metres; without both the scale stays.
        by_foot: whether the product's foot tells z = 0; else it is known, and stays.

    Raises:
        CaptureError: outlines that do not tell.
    """
    from cleanplate.calibrate import standing

    masks, problems = _masks(plan, model)
    shots = [shot for shot in plan.shots if shot.name in masks and shot.pose is not None]
    poses = [shot.pose for shot in shots if shot.pose is not None]
    cameras = [plan.cameras[shot.camera] for shot in shots]
    found = standing([masks[shot.name] for shot in shots], cameras, poses, height=height, width=width)
    foot = np.array([0.0, 0.0, found.floor if by_foot else 0.0])

    def moved(pose: Pose) -> Pose:
        return Pose(pose.R, found.scale * (pose.t + pose.R @ foot))

    size = f"{100 * found.width:.1f} cm wide and {100 * found.height:.1f} cm high"
    place = f"the foot was moved from z = {found.floor:.4g} to 0, " if by_foot else ""
    notes = [f"{place}{found.scale:.4g} metres a unit: the product is {size}"]
    if by_foot and found.steepness > STEEP:
        notes.append(
            f"the lowest picture looks down by {found.steepness:.0f} degrees and hardly shows the product's foot: the "
            f"floor is a guess"
        )
    placed = [replace(shot, pose=moved(shot.pose)) if shot.pose is not None else shot for shot in plan.shots]
    return replace(plan, shots=placed, notes=[*plan.notes, *notes], problems=[*plan.problems, *problems])


def _masks(plan: "Plan", model: str) -> tuple[dict[str, ViewMask], list[str]]:
    """Return the masks of a plan's pictures by their names, and a sentence for each picture without one.

    Raises:
        CaptureError: no picture has one.
    """
    from cleanplate.segment import load_model
    from cleanplate.segment.stage import segment_views

    views = tuple(_as_view(plan, index) for index in range(len(plan.shots)))
    masks, problems = dict[str, ViewMask](), list[str]()
    with progress_bars() as progress:
        found = segment_views(Capture(Path(), "", plan.cameras, views), views, load_model(model))
        for done, (view, mask) in enumerate(found, start=1):
            progress("masks for poses", done, len(views))
            if isinstance(mask, CleanplateError):
                problems.append(f"{view.id}: {mask}; it told no pose")
            else:
                masks[view.id] = mask >= 0.5
    if not masks:
        raise CaptureError(f"no picture gave a mask, which poses need; {problems[-1]}")
    return masks, problems


def _as_view(plan: "Plan", index: int) -> View:
    shot = plan.shots[index]
    plate = str(shot.plate.resolve()) if shot.plate else None
    return View(shot.name, shot.camera, str(shot.path.resolve()), plate, None, shot.platen_deg)


def tell_found(report: "SilhouetteReport") -> None:
    """Print what the silhouettes told, and how well it fits them."""
    for name, elevation in report.elevations.items():
        say(
            f"camera {name}: {elevation:.1f} degrees above the platen (to {max(0.1, report.spreads[name]):.1f}), focal "
            f"length {report.focals[name]:.0f} pixels"
        )
    way = "clockwise" if report.clockwise else "counter-clockwise"
    say(f"the platen turns {way}; poses and silhouettes agree to {report.median:.2f} pixels in the median")
    for note in report.notes:
        say(note)
