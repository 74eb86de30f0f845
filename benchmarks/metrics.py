"""Cost of the metrics for a 512x640 pair, beside a pairwise distance matrix: python benchmarks/metrics.py

Prints the table of benchmarks/results/metrics_<hardware>_<date>.md. Times are processor time, the least of several.
"""

import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial.distance import cdist

from cleanplate.evaluate import average_hausdorff, boundary_iou, evaluate_mask
from cleanplate.image.comparison import contour

REPEATS = 15


def blob(seed: int, shift: int = 0, size: tuple[int, int] = (512, 640)) -> np.ndarray:
    """A smooth random outline about half the picture's height across, with two holes."""
    rng = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[:height, :width]
    angle = np.arctan2(y - height / 2, x - width / 2 - shift)
    radius = sum(rng.normal(0, 0.05) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(2, 9))
    mask = np.hypot(y - height / 2, x - width / 2 - shift) < height * 0.36 * (1 + radius)
    for hole in rng.uniform(-0.15, 0.15, (2, 2)):
        mask &= np.hypot(y - height * (0.5 + hole[0]), x - width * 0.5 - height * hole[1]) > height * 0.06
    return mask


def milliseconds(function: Callable[[], object]) -> float:
    """Return the least processor time of a call."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return 1000 * min(times)


def pairwise(prediction: np.ndarray, truth: np.ndarray) -> float:
    """The directed distance by a matrix of all pairs."""
    return float(cdist(np.argwhere(contour(prediction)), np.argwhere(contour(truth))).min(1).mean())


def whole_image(prediction: np.ndarray, truth: np.ndarray) -> float:
    """The directed distance by SciPy's exact transform of the whole image."""
    return float(distance_transform_edt(~contour(truth))[contour(prediction)].mean())


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    prediction, truth = blob(1), blob(1, shift=5)
    forward, _ = average_hausdorff(prediction, truth)
    print(f"512x640, contours of {contour(prediction).sum()} and {contour(truth).sum()} pixels\n")
    print("| what | ms | directed distance |\n|---|---|---|")
    ours = milliseconds(lambda: average_hausdorff(prediction, truth))
    print(f"| average Hausdorff, both directions (exact EDT on a crop) | {ours:.1f} | {forward:.12f} |")
    for name, function in (("SciPy's EDT of the whole image", whole_image), ("matrix of all pairs", pairwise)):
        cost = milliseconds(partial(function, prediction, truth))
        print(f"| {name}, one direction | {cost:.1f} | {function(prediction, truth):.12f} |")
    print(f"| boundary IoU | {milliseconds(lambda: boundary_iou(prediction, truth)):.1f} | |")
    print(f"| every metric (`evaluate_mask`) | {milliseconds(lambda: evaluate_mask(prediction, truth)):.1f} | |")
    speckled = np.random.default_rng(0).random((512, 640)) < 0.5
    print(f"| every metric, of noise | {milliseconds(lambda: evaluate_mask(speckled, truth)):.1f} | |")


if __name__ == "__main__":
    main()
