"""What an import is going to make: every picture with its camera, angle, plate and pose, before anything is written."""

import re
import unicodedata
from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cleanplate.capture.schema import ASIN_PATTERN
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Pose


@dataclass(frozen=True)
class Shot:
    """One photograph.

    Attributes:
        path: of the picture.
        name: its path below the folder of pictures, which names the view.
        camera: key into `Plan.cameras`.
        plate: the empty set by the same camera, if there is one.
        platen_deg, pose: where known.
    """

    path: Path
    name: str
    camera: str
    plate: Path | None = None
    platen_deg: float | None = None
    pose: Pose | None = None


@dataclass(frozen=True)
class Plan:
    """What is going to be written, and what was not understood.

    Attributes:
        notes: what was decided and may surprise.
        problems: what was left out; any makes the command exit with 3.
        lens_known: whether the focal lengths are told by EXIF or a person, and not guessed.
        extras: other files to lie in the capture, by their path in it.
    """

    cameras: dict[str, Camera]
    shots: list[Shot]
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lens_known: bool = False
    extras: dict[str, Path] = field(default_factory=dict)

    def table(self) -> list[tuple[str, str, str, str, str]]:
        """Return a row for each view: view id, camera, angle, plate, pose."""
        ids = view_ids([shot.name for shot in self.shots])
        return [
            (
                ids[shot.name],
                shot.camera,
                "" if shot.platen_deg is None else f"{shot.platen_deg:g}",
                shot.plate.name if shot.plate else "",
                "yes" if shot.pose else "",
            )
            for shot in self.shots
        ]


def identifier(name: str) -> str:
    """Return a name in the characters that ids may have."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:128] or "_"


def view_ids(names: list[str]) -> dict[str, str]:
    """Name views after their files, with the folders where names repeat.

    Raises:
        CaptureError: two pictures get the same id all the same.
    """
    stems = [identifier(Path(name).stem) for name in names]
    if len(set(stems)) < len(stems):
        stems = [identifier(str(Path(name).with_suffix(""))) for name in names]
    seen: dict[str, str] = {}
    for name, stem in zip(names, stems, strict=True):
        if (other := seen.setdefault(stem.casefold(), name)) != name:
            raise CaptureError(f"{other} and {name}: both get the view id {stem!r}; give them different names")
    return dict(zip(names, stems, strict=True))


def check_id(asin: str) -> str:
    """Return an ASIN.

    Raises:
        CaptureError: it is none.
    """
    if not re.fullmatch(ASIN_PATTERN, asin):
        raise CaptureError(f"{asin!r} is no ASIN: ten characters A-Z, 0-9; where there is none, give --name")
    return asin


def product_id(title: str) -> str:
    """Return the ten characters that stand for a product without an ASIN: the same for the same title, anywhere."""
    spelled = " ".join(unicodedata.normalize("NFC", title).split())
    if not spelled:
        raise CaptureError("the name is empty; give the product's name, or its ASIN")
    return "N" + b32encode(sha256(spelled.encode()).digest()).decode()[:9]
