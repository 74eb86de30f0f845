"""A capture in memory: one product on one rig."""

from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Pose


@dataclass(frozen=True)
class View:
    """One photograph.

    Attributes:
        id: unique in the capture; names the predicted mask `<id>.png`.
        camera: key into `Capture.cameras`.
        image: path relative to the capture's folder, as are `plate` and `mask`.
        plate: the same camera's photo of the empty set; None where the rig has none.
        mask: the ground truth, if any.
        platen_deg: the platen's angle in degrees, if known.
        pose: world to camera, in metres; None serves for segmentation alone.
    """

    id: str
    camera: str
    image: str
    plate: str | None = None
    mask: str | None = None
    platen_deg: float | None = None
    pose: Pose | None = None


@dataclass(frozen=True)
class Capture:
    """A capture folder's description; the pictures stay on disk.

    Attributes:
        folder: where capture.json lies.
        asin: ten characters A-Z, 0-9.
        cameras: intrinsics by name.
        views: in the file's order.
        tags: such as "glass" or "thin".
        title: the product's name for people, None where the ASIN serves.
    """

    folder: Path
    asin: str
    cameras: dict[str, Camera]
    views: tuple[View, ...]
    tags: tuple[str, ...] = ()
    title: str | None = None

    def camera_of(self, view: View) -> Camera:
        """Return the intrinsics of a view's camera."""
        return self.cameras[view.camera]

    def image_path(self, view: View) -> Path:
        """Return the path of a view's photograph."""
        return self.folder / view.image

    def plate_path(self, view: View) -> Path | None:
        """Return the path of a view's plate, or None where the capture has none."""
        return None if view.plate is None else self.folder / view.plate

    @property
    def pictures(self) -> list[Path]:
        """The photograph, and the plate if there is one, of every view in turn."""
        paths = [(self.image_path(view), self.plate_path(view)) for view in self.views]
        return [path for pair in paths for path in pair if path]

    def mask_path(self, view: View) -> Path | None:
        """Return the path of a view's true mask, or None where there is none."""
        return None if view.mask is None else self.folder / view.mask

    def poses(self) -> list[Pose]:
        """Return every view's pose.

        Raises:
            CaptureError: some views have none; they are named.
        """
        missing = [view.id for view in self.views if view.pose is None]
        if missing:
            raise CaptureError(
                f"{self.folder / 'capture.json'}: no pose (R, t) for {len(missing)} of {len(self.views)} views "
                f"({', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}); a hull needs them: "
                f"calibrate the rig with 'cleanplate calibrate' or import its poses with 'cleanplate import'"
            )
        return [view.pose for view in self.views if view.pose is not None]
