"""Background subtraction and morphological refinement: the paper's baseline, as good as we can make it.

A product departs from the plate in colour, beyond what a shadow can do, or by sharp edges. A shadow dims the plate's
colour along the line to black, softly; a reflection in the platen changes colour and has edges, but weak ones. So the
difference is parted into regions by its edges; what hangs together with the picture's border is backdrop, and the
rest, with what surely has another colour, is the product.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.image.alignment import AnyImage, check_plate, match_plate
from cleanplate.image.colour import to_oklab
from cleanplate.image.morphology import drop_specks, fill_holes, opened, smoothed
from cleanplate.segment.outline import find_holes, trim_fringe
from cleanplate.segment.regions import merge_regions, split_cells
from cleanplate.types import Image, Mask

Map = Float[np.ndarray, "h w"]

_WORKING_PIXELS = 1_400_000


@dataclass(frozen=True)
class ClassicalParams:
    """The method's numbers: one set for all products. Lengths are pixels at 512 pixels of image height.

    Attributes:
        chroma: change of chroma (Oklab, beside the shaded plate's) that makes a pixel the product's.
        reflection: share of the product's own change of chroma that is put down to reflections.
        darkest: below this share of the plate's lightness (Oklab) no shadow goes.
        brightest: above this share no exposure goes.
        slope: change of the difference from pixel to pixel (Oklab) that makes an edge.
        faint: share of the product's own edges that is put down to shadows and reflections.
        noise: multiples of the pair's own noise that `chroma`, `brightest` and `slope` are raised by.
        misalignment: pixels by which the plate's edges may be off after alignment.
        cell: side of the squares that the regions grow from.
        calm: edge above which a square has no region of its own.
        weak: mean edge between two regions below which they merge.
        small: area, in squared lengths, at which a region merges at twice that.
        hole: smallest hole, as a share of the silhouette.
        quiet: evidence that no pixel of a hole shows.
        speck: smallest part, as a share of the largest.
    """

    chroma: float = 0.025
    reflection: float = 0.3
    darkest: float = 0.62
    brightest: float = 1.03
    slope: float = 0.012
    faint: float = 0.1
    noise: float = 3.0
    misalignment: float = 0.5
    cell: float = 12.0
    calm: float = 0.3
    weak: float = 0.35
    small: float = 1200.0
    hole: float = 0.002
    quiet: float = 0.35
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
    edge: Map
    contrast: Map

    @property
    def either(self) -> Map:
        """The greater of both."""
        return np.maximum(self.appearance, self.edge)


def segment_classical(image: Image, plate: AnyImage, params: ClassicalParams = ClassicalParams()) -> Mask:
    """Return the product's mask: what the image shows that its plate does not, shadows and reflections apart.

    Pictures of more than about a megapixel are worked on at that size; the mask has the image's own.

    Raises:
        ImageError: image and plate differ in size.
    """
    import cv2

    check_plate(image, plate)
    height, width = image.shape[:2]
    scale = (_WORKING_PIXELS / (height * width)) ** 0.5
    if scale >= 1:
        return segment_matched(image, match_plate(image, plate), params)
    small, small_plate = (
        cv2.resize(each, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for each in (image, plate)
    )
    mask = segment_matched(small, match_plate(small, small_plate), params)
    return cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.5


def segment_matched(image: Image, plate: Image, params: ClassicalParams = ClassicalParams()) -> Mask:
    """Return the mask as `segment_classical`, given a plate that `match_plate` has brought to the image."""
    unit = image.shape[0] / 512
    evidence = find_evidence(image, plate, params)
    sure = evidence.appearance > 1
    cells = split_cells(evidence.edge, max(3, round(params.cell * unit)), params.calm)
    regions = merge_regions(cells, evidence.edge, params.weak, params.small * unit**2)
    mask = opened(~_backdrop(regions, sure)[regions] | opened(sure, 1), max(1.0, unit))
    mask = fill_holes(drop_specks(mask, params.speck))
    mask &= ~find_holes(mask, evidence.either < params.quiet, sure, params.hole, unit)
    mask = smoothed(trim_fringe(mask, evidence.contrast, max(2.0, 2 * unit)), max(1.0, unit))
    return drop_specks(mask, params.speck)


def _backdrop(regions: Int[np.ndarray, "h w"], sure: Mask) -> Bool[np.ndarray, " n"]:
    """Return which regions are backdrop: those at the picture's border, if most of them is not surely product."""
    count = int(regions.max()) + 1
    rim = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    touching = np.bincount(rim, minlength=count)
    area = np.bincount(regions.ravel(), minlength=count)
    backdrop = (touching > 0) & (np.bincount(regions[sure], minlength=count) <= 0.5 * area)
    backdrop[touching.argmax()] = True
    return backdrop


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
    colour = _of_product(_over_noise(chroma, params.chroma, params.noise), params.reflection)
    bright = _over_noise(np.abs(change), params.brightest - 1, params.noise) * (change > residue)
    dark = np.where(change < params.darkest - 1, change / (params.darkest - 1), 0)
    edge = _over_noise(np.maximum(_slope(difference) * unit - residue, 0), params.slope, params.noise)
    edge = _of_product(edge, params.faint)
    contrast = np.sqrt(((ours - theirs) ** 2).sum(axis=2))
    return Evidence(np.maximum.reduce([colour, bright, dark]), edge, contrast)


def _over_noise(values: Map, scale: float, multiple: float) -> Map:
    # Most of a picture shows the backdrop, so that the median is the noise's.
    return values / (scale + multiple * float(np.median(values)))


def _of_product(sign: Map, share: float) -> Map:
    """Return a sign scaled down where the product's is strong, so that a reflection's stays below 1."""
    strong = sign[sign > 1]
    return sign / max(1.0, share * float(np.quantile(strong, 0.9))) if strong.size else sign


def _slope(values: Float[np.ndarray, "h w c"]) -> Map:
    import cv2

    across, down = cv2.Scharr(values, cv2.CV_32F, 1, 0), cv2.Scharr(values, cv2.CV_32F, 0, 1)
    return np.sqrt((across**2 + down**2).sum(axis=2)) / 32
