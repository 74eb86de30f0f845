"""Agreement of a predicted mask with the truth: the spec's section 4.

Both masks have the image's own size. A ratio of nothing to nothing (a class that neither mask holds) is 1: there
was nothing to get wrong.
"""

from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Bool

from cleanplate.errors import ImageError
from cleanplate.image.comparison import contour
from cleanplate.types import Mask

BOUNDARY_SHARE = 0.02
"""Width of boundary IoU's band as a share of the image's diagonal (Cheng et al. 2021, section 4)."""


@dataclass(frozen=True)
class Metrics:
    """How well one prediction agrees with its truth. Ratios lie in 0..1, distances are pixels.

    Attributes:
        miou: mean of foreground and background IoU.
        maccuracy: mean over both classes of TP / (TP + FN) (Long et al. 2015).
        foreground_iou: TP / (TP + FP + FN) of the foreground.
        foreground_recall: share of the true foreground that was found.
        pixel_accuracy: share of pixels with the right class.
        false_foreground: share of the true background that was called foreground; on an empty plate pair, whose
            truth is empty, the share of the picture.
        false_holes: share of the true foreground that was lost to enclosed openings that are none; see `false_holes`.
        false_blobs: parts of the prediction that nowhere touch the truth, over the true foreground; where there is
            none, over the picture.
        hausdorff: average Hausdorff distance from prediction to truth, the paper's equation 1.
        hausdorff_reverse: the same from truth to prediction, which the paper's forgives: missing parts.
        hausdorff_mean: mean of both directions.
        boundary_iou: IoU of the bands inside both contours (Cheng et al. 2021).
    """

    miou: float
    maccuracy: float
    foreground_iou: float
    foreground_recall: float
    pixel_accuracy: float
    false_foreground: float
    false_holes: float
    false_blobs: float
    hausdorff: float
    hausdorff_reverse: float
    hausdorff_mean: float
    boundary_iou: float

    def to_dict(self) -> dict[str, float]:
        """Return the metrics by name."""
        return asdict(self)


def evaluate_mask(prediction: Mask, truth: Bool[np.ndarray, "truth_h truth_w"]) -> Metrics:
    """Measure one prediction.

    Raises:
        ImageError: the masks differ in size.
    """
    if prediction.shape != truth.shape:
        raise ImageError(
            f"the prediction is {_size(prediction)}, the truth {_size(truth)}; masks must keep the image's own size"
        )
    hit = int(np.count_nonzero(prediction & truth))
    false = int(np.count_nonzero(prediction)) - hit
    missed = int(np.count_nonzero(truth)) - hit
    clear = truth.size - hit - false - missed
    foreground_iou = _ratio(hit, hit + false + missed)
    recall = _ratio(hit, hit + missed)
    forward, reverse = average_hausdorff(prediction, truth)
    return Metrics(
        miou=(foreground_iou + _ratio(clear, clear + false + missed)) / 2,
        maccuracy=(recall + _ratio(clear, clear + false)) / 2,
        foreground_iou=foreground_iou,
        foreground_recall=recall,
        pixel_accuracy=(hit + clear) / truth.size,
        false_foreground=false / (clear + false) if clear + false else 0.0,
        false_holes=false_holes(prediction, truth),
        false_blobs=_untouched(prediction, truth) / ((hit + missed) or truth.size),
        hausdorff=forward,
        hausdorff_reverse=reverse,
        hausdorff_mean=(forward + reverse) / 2,
        boundary_iou=boundary_iou(prediction, truth),
    )


def false_holes(prediction: Mask, truth: Mask) -> float:
    """Return the share of the true foreground that lies in false holes of the prediction, 0..1.

    A hole is a 4-connected component of the predicted background that does not reach the picture's border; it is false
    if most of it is foreground in truth, so that the jagged rim of a true opening is none.
    """
    import cv2

    total = int(np.count_nonzero(truth))
    outside = np.pad(~prediction, 1, constant_values=True).astype(np.uint8)
    count, labels = cv2.connectedComponents(outside, connectivity=4)
    if count < 3 or not total:  # label 0 is the prediction, another one the surroundings
        return 0.0
    surroundings = int(labels[0, 0])
    labels = labels[1:-1, 1:-1]
    area = np.bincount(labels.ravel(), minlength=count)
    lost = np.bincount(labels[truth], minlength=count)
    false = 2 * lost > area
    false[[0, surroundings]] = False
    return float(lost[false].sum()) / total


def _untouched(prediction: Mask, truth: Mask) -> int:
    """Return the pixels of the prediction's 8-connected components that hold no pixel of the truth."""
    import cv2

    count, labels = cv2.connectedComponents(prediction.astype(np.uint8), connectivity=8)
    area = np.bincount(labels.ravel(), minlength=count)
    touched = np.bincount(labels[truth & prediction], minlength=count) > 0
    return int(area[1:][~touched[1:]].sum())


def average_hausdorff(prediction: Mask, truth: Mask) -> tuple[float, float]:
    """Return the average Hausdorff distances prediction -> truth and truth -> prediction, in pixels.

    Each is the mean over one contour's pixels of the Euclidean distance to the nearest pixel of the other contour
    (the paper's equation 1). Both masks empty: 0. One empty: the image's diagonal.
    """
    window = _bounding_box(prediction | truth)
    if window is None:
        return 0.0, 0.0
    if not prediction.any() or not truth.any():
        return (float(np.hypot(*truth.shape)),) * 2
    ours, theirs = contour(prediction[window]), contour(truth[window])
    return _mean_distance(ours, theirs), _mean_distance(theirs, ours)


def boundary_iou(prediction: Mask, truth: Mask, share: float = BOUNDARY_SHARE) -> float:
    """Return the IoU of the masks' boundary bands: the mask pixels within a distance of its contour.

    The band is `share` of the image's diagonal wide, in chessboard distance as in the authors' code; outside the
    image counts as outside (Cheng et al., Boundary IoU, CVPR 2021).
    """
    window = _bounding_box(prediction | truth)
    if window is None:
        return 1.0
    width = max(1, round(share * float(np.hypot(*truth.shape))))
    ours, theirs = _band(prediction[window], width), _band(truth[window], width)
    return _ratio(int(np.count_nonzero(ours & theirs)), int(np.count_nonzero(ours | theirs)))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _size(mask: Mask) -> str:
    return f"{mask.shape[1]}x{mask.shape[0]}"


def _bounding_box(mask: Mask) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _mean_distance(start: Mask, goal: Mask) -> float:
    import cv2

    # Of OpenCV's masks only PRECISE is exact (Felzenszwalb and Huttenlocher); squares are whole numbers, so rounding
    # them removes what float32 loses.
    distance = cv2.distanceTransform((~goal).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(np.sqrt(np.rint(distance[start].astype(float) ** 2)).mean())


def _band(mask: Mask, width: int) -> Mask:
    import cv2

    square = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    inner = cv2.erode(mask.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask & (inner == 0)
