"""A calibrated rig: fixed cameras around one platen, good for every later capture of that rig."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.files import write_json
from cleanplate.geometry import Camera, Pose, rotation_z
from cleanplate.untrusted import read_json

FORMAT = "cleanplate-rig/1"


@dataclass(frozen=True)
class Rig:
    """Cameras by name, and their poses while the platen stands at 0 degrees, in metres.

    The world's z is the platen's axis, pointing up; its origin is the platen's centre on its surface.

    Attributes:
        turns: how far the platen really turns at nominal angles that were measured, in degrees, counter-clockwise
            seen from above.
        clockwise: which way it turns at the others.
    """

    cameras: dict[str, Camera]
    poses: dict[str, Pose]
    turns: dict[float, float] = field(default_factory=dict)
    clockwise: bool = False

    def pose(self, camera: str, platen_deg: float) -> Pose:
        """Return a camera's pose in the world that has turned with the platen to a nominal angle."""
        fixed = self.poses[camera]
        turn = self.turns.get(platen_deg, -platen_deg if self.clockwise else platen_deg)
        return Pose(fixed.R @ rotation_z(turn), fixed.t)


def write_rig(path: Path, rig: Rig) -> None:
    """Write a rig as JSON, atomically."""
    cameras = {
        name: {
            "width": camera.width,
            "height": camera.height,
            "K": camera.K.tolist(),
            "distortion": camera.distortion.tolist(),
            "R": rig.poses[name].R.tolist(),
            "t": rig.poses[name].t.tolist(),
        }
        for name, camera in rig.cameras.items()
    }
    turns = [[nominal, turn] for nominal, turn in sorted(rig.turns.items())]
    document = {"format": FORMAT, "length_unit": "m", "cameras": cameras, "turns": turns, "clockwise": rig.clockwise}
    write_json(path, document)


def read_rig(path: Path) -> Rig:
    """Read what `write_rig` wrote.

    Raises:
        CaptureError: not such a file.
    """
    try:
        document = read_json(path)
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}")
        cameras, poses = {}, {}
        for name, item in document["cameras"].items():
            K, distortion = np.array(item["K"], float).reshape(3, 3), np.array(item["distortion"], float).reshape(5)
            cameras[name] = Camera(int(item["width"]), int(item["height"]), K, distortion)
            poses[name] = Pose(np.array(item["R"], float).reshape(3, 3), np.array(item["t"], float).reshape(3))
        turns = {float(nominal): float(turn) for nominal, turn in document.get("turns", [])}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CaptureError(
            f"{path}: not a rig of format {FORMAT} ({error}); write one with 'cleanplate calibrate'"
        ) from error
    return Rig(cameras, poses, turns, bool(document.get("clockwise", False)))
