"""Which masks deserve a look first."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cleanplate.capture import View
from cleanplate.errors import CleanplateError, ImageError
from cleanplate.image import image_size, read_image, read_mask, read_probability
from cleanplate.image.comparison import expected_error, intersection_over_union
from cleanplate.report import thumbnail
from cleanplate.report.products import Product
from cleanplate.types import Image, Mask

SMALL = 320
"""Width of the pictures that are compared."""


@dataclass(frozen=True)
class Doubt:
    """How doubtful a mask is, and why.

    Attributes:
        value: 0 to 1.
        reason: for people.
        stake: millilitres of the model that hang on this view's doubts; None where no run knows.
        contradicts: whether the run doubted the view, or left it out of the hull.
    """

    value: float
    reason: str
    stake: float | None = None
    contradicts: bool = False


def small_image(path: Path, width: int = SMALL) -> Image:
    """Return a photograph at `width` pixels or less; JPEGs are decoded at a fraction of their size.

    Raises:
        ImageError: it cannot be read.
    """
    import PIL.Image
    import PIL.ImageOps

    full, height = image_size(path)
    with path.open("rb") as stream:
        if stream.read(2) != b"\xff\xd8":
            return thumbnail(read_image(path), width)
    try:
        with PIL.Image.open(path, formats=["JPEG"]) as picture:
            picture.draft("RGB", (width, max(1, width * height // full)))
            return thumbnail(np.asarray(PIL.ImageOps.exif_transpose(picture.convert("RGB"))), width)
    except Exception as error:  # Pillow raises many kinds on damaged files
        raise ImageError(f"{path}: cannot be decoded ({error}); copy it again from the rig") from error


def small_mask(path: Path, like: Image) -> Mask:
    """Return a mask at the size of a small image.

    Raises:
        ImageError: it cannot be read.
    """
    import cv2

    return cv2.resize(read_mask(path).astype(np.uint8), like.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0


def hull_doubts(product: Product) -> dict[str, Doubt]:
    """Return the doubt of every view that the run compared with its hull: 1 - IoU, more of those left out of it."""
    facts = product.hull_facts()
    doubts, stakes = {}, facts.get("at_stake", {})
    for view, iou in facts.get("agreement", {}).items():
        stake = 1e6 * float(stakes[view]) if view in stakes else None
        told = "" if stake is None else f"{stake:.2f} ml at stake, "
        doubts[view] = Doubt(1 - float(iou), f"{told}{float(iou):.0%} agreement with the hull", stake)
    for view, reason in (facts.get("doubtful", {}) | facts.get("unused", {})).items():
        known = doubts.get(view, Doubt(1.0, ""))
        told = f"{known.reason}: {reason}" if known.reason else str(reason)
        doubts[view] = Doubt(0.5 + known.value / 2, told, known.stake, contradicts=True)
    return doubts


def network_doubts(product: Product) -> dict[str, Doubt]:
    """Return how much of each mask the network that made it expects to be wrong.

    Masks that were edited have none: the network never saw them. Nor have those of methods that know no probability.
    """
    values = {view.id: _expected_error(product, view) for view in product.capture.views} if product.run else {}
    return {view: Doubt(value, f"network unsure of {value:.0%}") for view, value in values.items() if value is not None}


def _expected_error(product: Product, view: View) -> float | None:
    folders = [product.folder / name for name in ("refined", "probabilities")]
    paths = [path for folder in folders if (path := folder / f"{view.id}.png").is_file()]
    try:
        mask, *found = read_mask(product.mask_path(view)), *map(read_probability, paths)
    except CleanplateError:
        return None
    if not found or not np.array_equal(found[0] >= 0.5, mask) or np.isin(found[-1], (0, 1)).all():
        return None
    return expected_error(found[-1], mask)


def run_doubts(product: Product) -> dict[str, Doubt]:
    """Return what a run knows of its masks, from network and hull: the larger doubt counts, both reasons are told."""
    network, hull = network_doubts(product), hull_doubts(product)
    doubts = network | hull
    for view in network.keys() & hull.keys():
        value, reason = max(network[view].value, hull[view].value), f"{hull[view].reason}; {network[view].reason}"
        doubts[view] = replace(hull[view], value=value, reason=reason)
    return doubts


def difference_doubt(product: Product, view: View) -> Doubt:
    """Return 1 - IoU of a mask with a plain difference to the plate, or without plate with a key on the backdrop.

    It is crude, but where both agree there is little to see.
    """
    from cleanplate.segment.colour_key import colour_key
    from cleanplate.segment.difference import segment_difference

    if not product.mask_path(view).is_file():
        return Doubt(1.0, "no mask yet")
    try:
        image = small_image(product.capture.image_path(view))
        mask = small_mask(product.mask_path(view), image)
        path = product.capture.plate_path(view)
        crude = colour_key(image) if path is None else segment_difference(image, small_image(path))
    except (CleanplateError, OSError) as error:
        return Doubt(1.0, str(error))
    iou = intersection_over_union(mask, crude)
    against = "the backdrop's colour" if path is None else "the plate difference"
    return Doubt(1 - iou, f"{iou:.0%} agreement with {against}")


class Ranking(threading.Thread):
    """Finds the doubts of all views beside the server, so that the page is there at once.

    Attributes:
        doubts: by key, filled while the thread runs.
        complete: whether all are there.
    """

    def __init__(self, views: dict[str, tuple[Product, View]]) -> None:
        super().__init__(daemon=True, name="ranking")
        self.views, self.doubts, self.complete = views, dict[str, Doubt](), False
        self._stop_asked = threading.Event()

    def run(self) -> None:
        """Fill `doubts`: from what the run knows at once, else from pictures."""
        products = {id(product): product for product, _ in self.views.values()}
        known = {key: run_doubts(product) for key, product in products.items()}
        slow = []
        for key, (product, view) in self.views.items():
            if view.id in known[id(product)]:
                self.doubts[key] = known[id(product)][view.id]
            else:
                slow.append(key)
        for key in slow:
            if self._stop_asked.is_set():
                return
            self.doubts[key] = difference_doubt(*self.views[key])
        self.complete = True

    def stop(self) -> None:
        """End the thread soon, and wait for that."""
        self._stop_asked.set()
        self.join()
