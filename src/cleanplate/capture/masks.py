"""What lies beside a capture, a file for each of its views: masks and probabilities."""

from pathlib import Path

from cleanplate.capture.model import Capture, View
from cleanplate.image import check_size, read_mask, read_probability
from cleanplate.types import Mask, ViewProbability


def view_mask_path(view: View, folder: Path) -> Path:
    """Return where a folder keeps a view's mask: <view id>.png, or COLMAP's <picture name>.png where only that is.

    COLMAP names the mask of `images/a.jpg` `a.jpg.png` (its FAQ, "Mask image regions").
    """
    own, theirs = folder / f"{view.id}.png", folder / f"{Path(view.image).name}.png"
    return theirs if theirs.is_file() and not own.is_file() else own


def read_view_mask(capture: Capture, view: View, mask_dir: Path) -> Mask:
    """Read a view's mask of a folder, as `view_mask_path` finds it.

    Raises:
        ImageError: it cannot be read, or has another size than the view's camera.
    """
    path, camera = view_mask_path(view, mask_dir), capture.camera_of(view)
    mask = read_mask(path)
    check_size(path, "mask", mask.shape[::-1], (camera.width, camera.height))
    return mask


def read_view_probability(capture: Capture, view: View, folder: Path) -> ViewProbability:
    """Read a run's <view id>.png of a folder of probabilities; errors as `read_view_mask`."""
    path, camera = folder / f"{view.id}.png", capture.camera_of(view)
    probability = read_probability(path)
    check_size(path, "probability", probability.shape[::-1], (camera.width, camera.height))
    return probability
