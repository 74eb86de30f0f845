"""The plate brought to the image: pointing, exposure and white balance of a second exposure of the empty set."""

import numpy as np
from jaxtyping import Float, UInt8

from cleanplate.errors import ImageError
from cleanplate.types import Image

AnyImage = UInt8[np.ndarray, "plate_h plate_w 3"]
"""An RGB image whose size need not be another argument's."""
Picture = UInt8[np.ndarray, "h w *channels"]
Motion = Float[np.ndarray, "3"]
"""Shift right and down in pixels, and turn in radians about the image's centre."""

_FINEST_PIXELS = 200_000
"""Size of the finest level of the alignment: it gives a tenth of a pixel, at the same cost for any picture."""
_ROUNDS = 4
_EXPECTED_SHIFT = 2.0
"""Pixels of the finest level; with the next, the prior that keeps the plate in place where it has no edges."""
_EXPECTED_TURN = 0.004
_LEAST_SLOPE = 2.5
"""Grey levels a pixel: what is flatter than that is shading, and shifts with the product's shadow."""
_SMALLEST = 16
"""Pixels of the shorter side below which there is nothing to align by."""
_CORRELATED = 20.0
"""Neighbouring residuals say the same: this many count as one."""
_CLIPPED = 253
"""Value from which a channel of the plate says no more than "at least this"."""
_OVEREXPOSED = 10
"""Levels that the brightest value loses, from which a plate counts as overexposed; less is the drift of lamps."""
_GAIN = 0.02
"""Share of the plate's edges that each pixel of motion has to bring into agreement: else it follows the product's."""


def check_plate(image: Image, plate: AnyImage) -> None:
    """Check that a plate fits its image.

    Raises:
        ImageError: they differ in size.
    """
    if image.shape != plate.shape:
        raise ImageError(
            f"the plate is {plate.shape[1]}x{plate.shape[0]}, the image {image.shape[1]}x{image.shape[0]}; "
            f"use a plate taken by the image's camera at the same size"
        )


def match_plate(image: Image, plate: AnyImage) -> Image:
    """Return the plate as the image's exposure would have shown it: moved, and with its gains compensated.

    Raises:
        ImageError: image and plate differ in size.
    """
    check_plate(image, plate)
    exposed = match_exposure(image, plate)
    motion = find_motion(image, exposed)
    return match_exposure(image, move(plate, motion)) if motion.any() else exposed


def match_exposure(image: Image, plate: Image) -> Image:
    """Return the plate with each channel's values v turned into v (a + b v), fitted to the image.

    A gain of the light is a gain of the values, but for the camera's shoulder, which b stands for. The fit is
    robust (iteratively reweighted least squares with Cauchy's weights), and starts from the frame around the
    picture, which the product seldom fills. Where an overexposed plate is clipped, what is brighter in the image
    contradicts nothing: there the image's own value counts.
    """
    height, width = image.shape[:2]
    step = max(1, int((height * width / 15_000) ** 0.5))
    matched = np.empty_like(plate)
    levels = np.arange(256, dtype=np.float64)
    for channel in range(3):
        theirs = plate[::step, ::step, channel].astype(np.float64)
        ours = image[::step, ::step, channel].astype(np.float64)
        a, b = _fit_gain(ours, theirs)
        curve = np.clip(np.rint(levels * (a + b * levels / 255)), 0, 255).astype(np.uint8)
        matched[..., channel] = curve[plate[..., channel]]
        if curve[255] < 255 - _OVEREXPOSED:
            shown = matched[..., channel]
            np.maximum(shown, image[..., channel], out=shown, where=plate[..., channel] >= _CLIPPED)
    return matched


def find_motion(image: Image, plate: Image) -> Motion:
    """Return the small shift and turn of the plate that align it with the image.

    Robust Gauss-Newton on brightness from coarse to fine (Lucas and Kanade 1981; Baker and Matthews 2004) with
    Cauchy's weights, under which the product is an outlier. Where the plate has no edges nothing moves, nor where
    moving it would bring no more of them into agreement.
    """
    import cv2

    if min(image.shape[:2]) < _SMALLEST:
        return np.zeros(3)
    scale = min(1.0, (_FINEST_PIXELS / (image.shape[0] * image.shape[1])) ** 0.5)
    ours, theirs = (
        cv2.resize(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for each in (image, plate)
    )
    motion = np.zeros(3)
    levels = [level for level in (4, 2, 1) if min(ours.shape) >= _SMALLEST * level]
    for level in levels:
        small, small_plate = (
            cv2.GaussianBlur(
                cv2.resize(each, None, fx=1 / level, fy=1 / level, interpolation=cv2.INTER_AREA), (0, 0), 1
            )
            for each in (ours, theirs)
        )
        motion = _refine(small.astype(np.float32), small_plate.astype(np.float32), motion / [level, level, 1])
        motion *= [level, level, 1]
    far = float(np.hypot(motion[0], motion[1]))
    if far and _agreement(ours, move(theirs, motion)) < _agreement(ours, theirs) + _GAIN * far:
        return np.zeros(3)
    return motion / [scale, scale, 1]


def _agreement(image: UInt8[np.ndarray, "h w"], plate: UInt8[np.ndarray, "h w"]) -> float:
    """Return the share of the plate's edges where the image has the plate's value to within the noise, 0..1."""
    import cv2

    ours, theirs = (cv2.GaussianBlur(each, (0, 0), 1).astype(np.float32) for each in (image, plate))
    slope = np.hypot(cv2.Scharr(theirs, cv2.CV_32F, 1, 0), cv2.Scharr(theirs, cv2.CV_32F, 0, 1)) / 32
    residual, edge = np.abs(ours - theirs), slope > _LEAST_SLOPE
    noise = max(1.0, 1.4826 * float(np.median(residual)))
    return float((residual[edge] < 3 * noise).mean()) if edge.any() else 1.0


def move(plate: Picture, motion: Motion) -> Picture:
    """Return the plate shifted and turned; what enters at the border repeats the border."""
    import cv2

    size = (plate.shape[1], plate.shape[0])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plate, _matrix(motion, size), size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _matrix(motion: Motion, size: tuple[int, int]) -> Float[np.ndarray, "2 3"]:
    """Return the affine map from the moved plate's pixel indices to the plate's."""
    x, y, turn = motion
    c, s = np.cos(turn), np.sin(turn)
    centre = (np.array(size) - 1) / 2
    linear = np.array([[c, -s], [s, c]])
    return np.column_stack([linear, centre + np.array([x, y]) - linear @ centre])


def _refine(image: Float[np.ndarray, "h w"], plate: Float[np.ndarray, "h w"], motion: Motion) -> Motion:
    import cv2

    height, width = image.shape
    right = np.arange(width, dtype=np.float32)[None, :] - (width - 1) / 2
    down = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    prior = np.diag([1 / _EXPECTED_SHIFT**2, 1 / _EXPECTED_SHIFT**2, 1 / _EXPECTED_TURN**2])
    inside = (slice(4, -4), slice(4, -4))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for _ in range(_ROUNDS):
        moved = cv2.warpAffine(plate, _matrix(motion, (width, height)), (width, height), flags=flags)
        gx, gy = cv2.Scharr(moved, cv2.CV_32F, 1, 0) / 32, cv2.Scharr(moved, cv2.CV_32F, 0, 1) / 32
        edge = np.hypot(gx, gy)[inside].ravel() > _LEAST_SLOPE
        slopes = np.stack([each[inside].ravel()[edge] for each in (gx, gy, gy * right - gx * down)])
        residual = (image - moved)[inside].ravel()
        noise = max(1.0, 1.4826 * float(np.median(np.abs(residual))))
        residual = residual[edge]
        weight = 1 / (1 + (residual / (3 * noise)) ** 2) / (_CORRELATED * noise**2)
        normal = (slopes * weight) @ slopes.T + prior
        motion = motion + np.linalg.solve(normal, (slopes * weight) @ residual - prior @ motion)
    return motion


def _fit_gain(image: Float[np.ndarray, "h w"], plate: Float[np.ndarray, "h w"]) -> tuple[float, float]:
    rim = max(1, min(plate.shape) // 8)
    frame = np.ones(plate.shape, bool)
    frame[rim:-rim, rim:-rim] = False
    gain = float(np.median((image[frame] + 1) / (plate[frame] + 1)))
    terms = np.stack([plate.ravel(), plate.ravel() ** 2 / 255])
    solution = np.array([gain, 0.0])
    # Without a spread of brightness a and b are one unknown: b then stays near nought.
    prior = np.diag([1.0, 1e3]) * plate.size / 100
    for _ in range(8):
        residual = image.ravel() - solution @ terms
        noise = max(1.0, 1.4826 * float(np.median(np.abs(residual))))
        weight = 1 / (1 + (residual / noise) ** 2) ** 2
        solution = np.linalg.solve(
            (terms * weight) @ terms.T + prior, (terms * weight) @ image.ravel() + prior @ [gain, 0.0]
        )
    return float(solution[0]), float(solution[1])
