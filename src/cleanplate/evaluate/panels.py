"""Figures 3 to 5: image / methods / truth side by side, the views chosen by metric and not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from cleanplate.capture import find_captures, read_capture
from cleanplate.errors import CaptureError
from cleanplate.evaluate.compare import Comparison
from cleanplate.evaluate.report import ViewScore, read_prediction
from cleanplate.files import atomic_path
from cleanplate.image import read_image, read_mask
from cleanplate.image.comparison import EXTRA, MISSED
from cleanplate.image.morphology import drop_specks
from cleanplate.types import Image, Mask

_GAP = 6
_HEADER = 26


@dataclass(frozen=True)
class Choice:
    """A view to be shown, and why."""

    asin: str
    view: str
    caption: str


def choose_gains(comparison: Comparison, better: str, worse: str, metric: str = "foreground_iou") -> list[Choice]:
    """Return of each kind the view in which `better` gains most over `worse`, among its good ones: Figure 3.

    A kind is a tag, or the quarter of the views with the largest shadows or reflections where those were observed.
    Good is at least the median of `better` among the kind's views. A view is shown once.
    """
    scores = {(score.asin, score.view): score for score in comparison.reports[better].views}
    base = {(score.asin, score.view): _value(score, metric) for score in comparison.reports[worse].views}
    chosen: dict[tuple[str, str], Choice] = {}
    for kind, keys in _kinds(comparison.reports[better].views).items():
        values = {key: _value(scores[key], metric) for key in keys}
        good = [key for key in keys if values[key] >= np.median(list(values.values())) and key not in chosen]
        if good:
            best = max(good, key=lambda key: values[key] - base[key])
            caption = f"{kind}: {metric.replace('_', ' ')} {worse} {base[best]:.3f}, {better} {values[best]:.3f}"
            chosen[best] = Choice(*best, caption)
    return list(chosen.values())


def _kinds(views: Sequence[ViewScore]) -> dict[str, list[tuple[str, str]]]:
    tags = sorted({tag for view in views for tag in view.tags})
    kinds = {tag: [(view.asin, view.view) for view in views if tag in view.tags] for tag in tags}
    for name in ("shadow", "reflection"):
        areas = {(view.asin, view.view): view.values().get(f"{name}_area") or 0.0 for view in views}
        large = [key for key, area in areas.items() if area > 0 and area >= np.quantile(list(areas.values()), 0.75)]
        kinds |= {f"large {name}": large} if large else {}
    return kinds


def choose_worst(comparison: Comparison, method: str, count: int = 6, metric: str = "foreground_iou") -> list[Choice]:
    """Return the worst view of each of the `count` products on which the method is worst: Figure 4."""
    worst: dict[str, ViewScore] = {}
    for score in comparison.reports[method].views:
        if score.asin not in worst or _value(score, metric) < _value(worst[score.asin], metric):
            worst[score.asin] = score
    ranked = sorted(worst.values(), key=lambda score: _value(score, metric))[:count]
    return [Choice(each.asin, each.view, f"{metric.replace('_', ' ')} {_value(each, metric):.3f}") for each in ranked]


def choose_farthest(comparison: Comparison, method: str, count: int = 10) -> list[Choice]:
    """Return the views with the largest average Hausdorff distance to the truth: Figure 5."""
    views = sorted(comparison.reports[method].views, key=lambda score: -score.metrics.hausdorff)[:count]
    return [Choice(each.asin, each.view, f"average Hausdorff {each.metrics.hausdorff:.1f} px") for each in views]


def draw_panels(
    choices: Sequence[Choice],
    methods: dict[str, Path],
    captures: Sequence[Path],
    *,
    errors: bool = False,
    width: int = 240,
) -> Image:
    """Draw one row for each choice, cut to where there is foreground: the image, each method's mask, the truth.

    Args:
        choices: what to show.
        methods: folders of masks by name.
        captures: captures or collections that hold the views.
        errors: show each method's errors on the dimmed image in place of its mask: missed red, extra blue.
        width: of one picture in pixels.

    Raises:
        CaptureError: a chosen view is not among the captures, or has no truth.
    """
    where = {read_capture(folder).asin: folder for folder in find_captures(captures)}
    rows = []
    for choice in choices:
        if choice.asin not in where:
            raise CaptureError(f"{choice.asin}: not among the captures given")
        rows.append(_row(choice, methods, where[choice.asin], errors, width))
    if not rows:
        raise CaptureError("no view to show; there were no scores to choose from")
    header = _label(" image", width)
    header = np.hstack([header, *[_label(" " + name, width + _GAP) for name in [*methods, "truth"]]])
    return np.vstack([header, *rows])


def error_map(image: Image, prediction: Mask, truth: Mask) -> Image:
    """Return the dimmed grey image with what the prediction missed in red and what it added in blue."""
    grey = image.mean(axis=2, keepdims=True) * 0.45 + 20
    picture = np.repeat(grey, 3, axis=2).astype(np.uint8)
    picture[truth & prediction] = picture[truth & prediction] // 2 + 100
    picture[truth & ~prediction] = MISSED
    picture[prediction & ~truth] = EXTRA
    return picture


def write_figure(path: Path, picture: Image) -> None:
    """Write a drawn figure as PNG or PDF, by the suffix."""
    import PIL.Image

    with atomic_path(path) as temporary:
        PIL.Image.fromarray(picture).save(temporary, resolution=150)


def _value(score: ViewScore, metric: str) -> float:
    return float(getattr(score.metrics, metric))


def _row(choice: Choice, methods: dict[str, Path], folder: Path, errors: bool, width: int) -> Image:
    capture = read_capture(folder)
    view = next((view for view in capture.views if view.id == choice.view), None)
    truth_path = None if view is None else capture.mask_path(view)
    if view is None or truth_path is None:
        raise CaptureError(f"{folder}: has no view {choice.view!r} with a true mask")
    image, truth = read_image(capture.image_path(view)), read_mask(truth_path)
    masks = [read_prediction(path, capture.asin, view.id, truth.shape)[0] for path in methods.values()]
    cells = [error_map(image, mask, truth) if errors else _grey(mask) for mask in masks]
    window = _window(np.logical_or.reduce([truth, *(drop_specks(mask, 0.05) for mask in masks)]))
    shrunk = [_shrink(cell[window], width) for cell in [image, *cells, _grey(truth)]]
    gap = np.full((shrunk[0].shape[0], _GAP, 3), 255, np.uint8)
    row = np.hstack([piece for cell in shrunk for piece in (cell, gap)][:-1])
    return np.vstack([row, _label(f" {choice.asin} {choice.view}   {choice.caption}", row.shape[1])])


def _window(shown: Mask) -> tuple[slice, slice]:
    """Return the part of the picture, of the picture's own shape, that holds the foreground and a margin around."""
    height, width = shown.shape
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not rows.size:
        return slice(0, height), slice(0, width)
    share = max(np.ptp(rows) / height, np.ptp(columns) / width) * 1.3
    high, wide = (min(each, max(1, round(each * share))) for each in (height, width))
    top = int(np.clip((rows[0] + rows[-1] - high) // 2, 0, height - high))
    left = int(np.clip((columns[0] + columns[-1] - wide) // 2, 0, width - wide))
    return slice(top, top + high), slice(left, left + wide)


def _grey(mask: Bool[np.ndarray, "rows columns"]) -> UInt8[np.ndarray, "rows columns 3"]:
    return np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2)


def _shrink(picture: UInt8[np.ndarray, "rows columns 3"], width: int) -> UInt8[np.ndarray, "new_rows new_columns 3"]:
    import cv2

    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    shrinks = width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST)


def _label(text: str, width: int) -> UInt8[np.ndarray, "rows columns 3"]:
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    strip = PIL.Image.new("RGB", (width, _HEADER), "white")
    PIL.ImageDraw.Draw(strip).text((0, 5), text, fill="black", font=PIL.ImageFont.load_default(13))
    return np.asarray(strip)
