"""Other programs' worlds into ours: z up, origin on the platen, metres."""

from dataclasses import replace

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import PosedImages
from cleanplate.geometry.axis import find_up, rotation_to_z
from cleanplate.geometry.pose import Vector

TILTED = 5.0
"""Degrees; worlds that lie less tilted are left as they are."""
LETTERS = {"x": [1.0, 0, 0], "y": [0, 1.0, 0], "z": [0, 0, 1.0]}
NEXT = "give --height or --width of the product, or --origin foot and --scale, or run with --no-floor"


def levelled(poses: PosedImages, up: str = "find", origin: str | None = None, scale: float = 1.0) -> PosedImages:
    """Return the poses in a world whose z is up.

    Args:
        up: "find" (told by the cameras' circles or horizons, where they tell; a world tilted by less than 5 degrees
            stays), "keep", a letter such as "y" or "-z", or three numbers "0,0.7,0.7", in the poses' own world.
        origin: three numbers in the poses' own world, or "find" (the turntable's axis, at the height that the cameras
            look at), or "foot" (there, until masks tell the height); by default the world's own, or "find" where the
            world was turned by "find".
        scale: metres per unit of the poses' world.

    Raises:
        CaptureError: words that say nothing, or cameras that do not tell.
    """
    found = find_up([image.pose for image in poses.images.values()])
    notes = list(poses.notes)
    place = np.zeros(3) if origin in (None, "find", "foot") else three_numbers("--origin", str(origin))
    turn = np.eye(3)
    if up == "find" and found is not None and found.tilt_deg > TILTED:
        turn = rotation_to_z(found.direction)
        origin = origin or "find"
        told = "the turntable's axis" if found.turntable else "the pictures' horizons"
        notes.append(f"the world lay tilted by {found.tilt_deg:.0f} degrees: levelled by {told} (--up keep leaves it)")
    elif up == "find" and found is None:
        notes.append(f"the cameras do not tell which way is up; if z is not, give --up; {NEXT}")
    elif up not in ("find", "keep"):
        turn = rotation_to_z(_direction(up))
    if origin in ("find", "foot"):
        if found is None:
            raise CaptureError("the cameras do not tell where the product stands; give --origin x,y,z")
        place = found.place
        notes += [f"the origin is where the cameras look; {NEXT}"] if origin == "find" else []
    moved = poses.moved(scale, turn, -scale * turn @ place)
    return replace(moved, notes=tuple(notes))


def _direction(words: str) -> Vector:
    letter = words.lower().lstrip("+-")
    if letter in LETTERS:
        return np.array(LETTERS[letter]) * (-1.0 if words.startswith("-") else 1.0)
    direction = three_numbers("--up", words)
    if not np.linalg.norm(direction) > 1e-9:
        raise CaptureError("--up 0,0,0 is no direction")
    return direction


def three_numbers(option: str, words: str) -> Vector:
    """Return "x,y,z" as numbers.

    Raises:
        CaptureError: it is something else.
    """
    try:
        values = np.array([float(word) for word in words.split(",")])
    except ValueError:
        values = np.zeros(0)
    if values.shape != (3,) or not (np.abs(values) < 1e6).all():
        raise CaptureError(f"{option} {words!r}: give three numbers such as 0,0,1")
    return values
