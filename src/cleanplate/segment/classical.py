"""Background subtraction and iterative morphological refinement: the paper's baseline, as good as we can make it.

A product departs from the plate in colour, beyond what a shadow can do, or by sharp edges. A shadow dims the plate's
colour along the line to black, softly; a reflection in the platen changes colour and has edges, but weak ones.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.segment.oklab import to_oklab
from cleanplate.segment.plate import AnyImage, match_plate
from cleanplate.segment.refine import snap_to_edges, solid_silhouette, trim_fringe
from cleanplate.types import Image, Mask

Map = Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class ClassicalParams:
    """The method's numbers: one set for all products. Lengths are pixels at 512 pixels of image height.

    Attributes:
        chroma: change of chroma (Oklab, beside the shaded plate's) that makes a pixel the product's.
        darkest: below this share of the plate's lightness (Oklab) no shadow goes.
        brightest: above this share no exposure goes.
        slope: change of the difference from pixel to pixel (Oklab) that makes an edge the product's.
        low: share of those four at which a pixel joins product beside it (hysteresis).
        noise: multiples of the pair's own noise that `chroma` and `slope` are raised by.
        misalignment: pixels by which the plate's edges may be off after alignment.
        close: half the widest gap in a silhouette that is closed.
        deep: how far inside the silhouette its edge may lie, where shadow was taken for product.
        hole: smallest hole, as a share of the silhouette.
        quiet: most evidence in a hole (its third quartile, as `low`).
        speck: smallest part, as a share of the largest.
    """

    chroma: float = 0.025
    darkest: float = 0.62
    brightest: float = 1.03
    reflection: float = 0.3
    slope: float = 0.012
    low: float = 0.35
    noise: float = 3.0
    misalignment: float = 0.5
    close: float = 24.0
    deep: float = 12.0
    hole: float = 0.002
    quiet: float = 0.25
    speck: float = 0.05


@dataclass(frozen=True)
class Evidence:
    """Where image and plate differ as only a product makes them: 1 and above is sure.

    Attributes:
        appearance: by colour or by brightness beyond a shadow's.
        edge: by the slope of the difference.
        contrast: the difference itself (Oklab), shadows included.
    """

    appearance: Map
    sure: Mask
    edge: Map
    contrast: Map

    @property
    def either(self) -> Map:
        """The greater of both."""
        return np.maximum(self.appearance, self.edge)


def segment_classical(image: Image, plate: AnyImage, params: ClassicalParams = ClassicalParams()) -> Mask:
    """Return the product's mask: what the image shows that its plate does not, shadows and reflections apart.

    Raises:
        ImageError: image and plate differ in size.
    """
    unit = image.shape[0] / 512
    evidence = find_evidence(image, match_plate(image, plate), params)
    silhouette, holes = solid_silhouette(
        evidence.either,
        evidence.sure,
        low=params.low,
        close=params.close * unit,
        hole=params.hole,
        quiet=params.quiet,
        speck=params.speck,
    )
    mask = snap_to_edges(silhouette, holes, evidence.sure, evidence.edge, deep=params.deep * unit, speck=params.speck)
    return trim_fringe(mask, evidence.contrast, max(2.0, 2.5 * unit))


def find_evidence(image: Image, plate: Image, params: ClassicalParams = ClassicalParams()) -> Evidence:
    """Return the evidence that each pixel is the product's, given the matched plate."""
    import cv2

    unit = image.shape[0] / 512
    ours, theirs = to_oklab(image), to_oklab(plate)
    lightness = np.maximum(theirs[..., 0], 0.05)
    shade = ours[..., 0] / lightness
    difference = np.dstack([ours[..., 0] - theirs[..., 0], ours[..., 1:] - shade[..., None] * theirs[..., 1:]])
    difference = cv2.GaussianBlur(difference, (0, 0), 0.8 * unit)

    # The plate's own edges leave a residue where they are off by a fraction of a pixel.
    doubtful = cv2.dilate(_slope(cv2.GaussianBlur(theirs, (0, 0), 0.8 * unit)) * unit, np.ones((3, 3)))
    residue = params.misalignment * doubtful
    chroma = np.hypot(difference[..., 1], difference[..., 2])
    change = difference[..., 0] / lightness
    colour = _over_noise(chroma, params.chroma, params.noise)
    bright = _over_noise(np.abs(change), params.brightest - 1, params.noise) * (change > residue)
    dark = np.where(change < params.darkest - 1, change / (params.darkest - 1), 0)
    sure = (bright > 1) | _stands_out(colour, params.reflection) | _stands_out(dark, params.reflection)
    edge = _over_noise(np.maximum(_slope(difference) * unit - residue, 0), params.slope, params.noise)
    contrast = np.sqrt(((ours - theirs) ** 2).sum(axis=2))
    return Evidence(np.maximum.reduce([colour, bright, dark]), sure, edge, contrast)


def _over_noise(values: Map, scale: float, multiple: float) -> Map:
    # Most of a picture shows the backdrop, so that the median is the noise's.
    return values / (scale + multiple * float(np.median(values)))


def _stands_out(sign: Map, share: float) -> Mask:
    """Return where a sign is above 1 and above a share of what it is on the product: a reflection is not."""
    strong = sign[sign > 1]
    return sign > (max(1.0, share * float(np.quantile(strong, 0.9))) if strong.size else 1.0)


def _slope(values: Float[np.ndarray, "h w c"]) -> Map:
    import cv2

    across, down = cv2.Scharr(values, cv2.CV_32F, 1, 0), cv2.Scharr(values, cv2.CV_32F, 0, 1)
    return np.sqrt((across**2 + down**2).sum(axis=2)) / 32
