"""What a corrected mask changes in the other views, before it is saved: the refinement again, with it as certain."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from cleanplate.capture import Capture, View, read_view_mask, read_view_probability
from cleanplate.errors import CleanplateError, ImageError
from cleanplate.hull import hear
from cleanplate.image import read_image
from cleanplate.report import thumbnail
from cleanplate.report.products import Product
from cleanplate.state import State
from cleanplate.types import Image, Mask, ViewProbability
from cleanplate.web.pictures import encode

MOST = 12
"""Views that are shown, those that change most first."""

WIDTH = 240
"""Pixels of their pictures."""

FILLED, REMOVED = (60, 200, 90), (220, 40, 40)


@dataclass(frozen=True)
class Change:
    """What becomes of another view's mask.

    Attributes:
        view: its id.
        filled, removed: pixels that turn to foreground, and to background.
        picture: a data URL of the photograph with both drawn in.
    """

    view: str
    filled: int
    removed: int
    picture: str


def changes(product: Product, view: View, mask: Mask, floor: float | None = 0.0) -> list[Change]:
    """Return how the other views' masks would differ from those that are there, were `mask` this view's.

    Masks that a person made stay as they are, and speak as certain.

    Raises:
        CleanplateError: no run made the masks, or the view has no pose; a mask or probability cannot be read.
    """
    if product.run is None or view.pose is None:
        raise CleanplateError(f"view {view.id}: no run refined its neighbours; make masks with 'cleanplate run' first")
    capture, state = product.capture, State(product.run)
    now = {each.id: read_view_mask(capture, each, product.run / "masks") for each in capture.views if each.pose}
    certain = [name for name in now if name == view.id or state.is_edited(product.run / "masks" / f"{name}.png")]
    views = [each for each in capture.views if each.id in now]
    first: dict[str, ViewProbability] = {}
    for each in views:
        own = mask if each.id == view.id else now[each.id]
        first[each.id] = own.astype(np.float32) if each.id in certain else _likely(capture, each, product)
    refined = hear(capture, views, first, floor, certain)
    if refined.alone:
        raise CleanplateError(f"{capture.asin}: the views do not refine each other: {refined.alone}")
    then = {each.id: found >= 0.5 for each, found in zip(views, refined.probabilities, strict=True)}
    found = [_change(capture, each, now[each.id], then[each.id]) for each in _changed(views, now, then, certain)]
    return found[:MOST]


def _likely(capture: Capture, view: View, product: Product) -> ViewProbability:
    return read_view_probability(capture, view, product.folder / "probabilities")


def _changed(views: list[View], now: Mapping[str, Mask], then: Mapping[str, Mask], certain: list[str]) -> list[View]:
    counts = {view.id: int((now[view.id] != then[view.id]).sum()) for view in views if view.id not in certain}
    return sorted((view for view in views if counts.get(view.id)), key=lambda view: -counts[view.id])


def _change(capture: Capture, view: View, now: Mask, then: Mask) -> Change:
    filled, removed = then & ~now, now & ~then
    try:
        image = read_image(capture.image_path(view))
    except (ImageError, OSError):  # the mask alone is to be seen then
        image = np.repeat(now[..., None], 3, axis=2).astype(np.uint8) * 200
    picture = encode(thumbnail(_drawn(image, filled, removed), WIDTH), ".jpg")
    url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
    return Change(view.id, int(filled.sum()), int(removed.sum()), url)


def _drawn(image: Image, filled: Bool[np.ndarray, "h w"], removed: Bool[np.ndarray, "h w"]) -> Image:
    import cv2

    drawn = (image * np.float32(0.6)).astype(np.uint8)
    # A change of a few pixels is to be seen in a small picture as well.
    wide = np.ones((max(1, image.shape[1] // WIDTH),) * 2, np.uint8)
    for area, colour in ((filled, FILLED), (removed, REMOVED)):
        drawn[cv2.dilate(area.astype(np.uint8), wide) > 0] = colour
    return drawn
