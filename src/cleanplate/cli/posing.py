"""Poses without a board: masks of the photographs, and the cameras that their outlines tell."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.capture import Capture, View
from cleanplate.capture.rig import Rig
from cleanplate.cli.common import progress_bars, say
from cleanplate.errors import CaptureError, CleanplateError

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
    from cleanplate.segment import load_model
    from cleanplate.segment.stage import segment_views

    views = tuple(_as_view(plan, index) for index in range(len(plan.shots)))
    capture = Capture(Path(), "", plan.cameras, views)
    seen, problems = [], list(plan.problems)
    with progress_bars() as progress:
        for done, (view, mask) in enumerate(segment_views(capture, views, load_model(model)), start=1):
            progress("masks for poses", done, len(views))
            if isinstance(mask, CleanplateError):
                problems.append(f"{view.id}: {mask}; it told no pose")
            elif view.platen_deg is None:
                raise CaptureError(f"{view.id}: no angle; give --turntable, --angles or --table")
            else:
                seen.append(SilhouetteView(view.id, view.camera, view.platen_deg, mask >= 0.5))
    if not seen:
        raise CaptureError(f"no picture gave a mask, which poses need; {problems[-1]}")
    rig, report = rig_from_silhouettes(
        seen, plan.cameras, width=width, height=height, clockwise=clockwise, focal_known=plan.lens_known
    )
    shots = [
        replace(shot, pose=rig.pose(shot.camera, shot.platen_deg)) if shot.platen_deg is not None else shot
        for shot in plan.shots
    ]
    tell_found(report)
    return replace(plan, shots=shots, cameras=dict(rig.cameras), problems=[*problems, *report.odd]), rig


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
