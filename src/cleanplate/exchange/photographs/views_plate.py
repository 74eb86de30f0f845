"""Plates made of the views, for cameras that stood still and whose empty set nobody photographed."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from cleanplate.errors import CaptureError, ImageError
from cleanplate.exchange.photographs.plan import Plan, identifier
from cleanplate.image import read_image, write_image, write_mask
from cleanplate.image.views_plate import FEWEST, plate_from_views

MOST_BYTES = 1_000_000_000
"""Of decoded pictures at a time; of more views an even part serves."""


def with_plates_from_views(plan: Plan, room: Path) -> Plan:
    """Return a plan in which every shot has a plate: its own, or one made of its camera's views.

    The capture will also hold `doubtful/<camera>.png`, white where the product stood in too many views.

    Args:
        room: a folder for the new plates, until they are copied.

    Raises:
        CaptureError: a camera's views cannot make one; it is named.
    """
    bare = sorted({shot.camera for shot in plan.shots if shot.plate is None})
    made, notes, extras = {}, list(plan.notes), dict(plan.extras)
    for camera in bare:
        own = [shot.path for shot in plan.shots if shot.camera == camera]
        size = plan.cameras[camera].width * plan.cameras[camera].height * 3
        most = max(FEWEST, MOST_BYTES // size)
        chosen = own if len(own) <= most else [own[n] for n in np.linspace(0, len(own) - 1, most).astype(int)]
        try:
            plate, doubtful = plate_from_views([read_image(path) for path in chosen])
        except ImageError as error:
            raise CaptureError(f"camera {camera!r}: {error}") from error
        name = identifier(camera)
        made[camera] = room / f"{name}.png"
        write_image(made[camera], plate)
        write_mask(room / "doubtful" / f"{name}.png", doubtful)
        extras[f"doubtful/{name}"] = room / "doubtful" / f"{name}.png"
        notes.append(
            f"camera {camera!r}: its plate is made of {len(chosen)} views; {doubtful.mean():.0%} of its pixels are "
            f"doubtful (white in doubtful/{name}.png), filled from around: right for an even backdrop alone"
        )
    shots = [shot if shot.plate else replace(shot, plate=made[shot.camera]) for shot in plan.shots]
    problems = [each for each in plan.problems if "have no plate" not in each]
    return replace(plan, shots=shots, notes=notes, extras=extras, problems=problems)
