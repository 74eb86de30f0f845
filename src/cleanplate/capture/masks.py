"""What lies beside a capture, a file for each of its views: masks and probabilities."""

from pathlib import Path

from cleanplate.capture.model import Capture, View
from cleanplate.image import check_size, read_mask, read_probability
from cleanplate.types import Mask, ViewProbability


def read_view_mask(capture: Capture, view: View, mask_dir: Path) -> Mask:
    """Read <view id>.png of a folder.

    Raises:
        ImageError: it cannot be read, or has another size than the view's camera.
    """
    path, camera = mask_dir / f"{view.id}.png", capture.camera_of(view)
    mask = read_mask(path)
    check_size(path, "mask", mask.shape[::-1], (camera.width, camera.height))
    return mask


def read_view_probability(capture: Capture, view: View, folder: Path) -> ViewProbability:
    """Read a run's <view id>.png of a folder of probabilities; errors as `read_view_mask`."""
    path, camera = folder / f"{view.id}.png", capture.camera_of(view)
    probability = read_probability(path)
    check_size(path, "probability", probability.shape[::-1], (camera.width, camera.height))
    return probability
