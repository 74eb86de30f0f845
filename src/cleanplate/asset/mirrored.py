"""How far a surface mirrors the set: whether its points shine by where their mirrored view goes.

A mirror image is light on top of a surface's own, and what it shows depends on one thing alone: the direction, in the
set, that the view is reflected to. So what all points have beyond their own mean, over all views, is drawn into one
map of those directions; a matt surface's says nothing of any point, a glossy one's foretells when each of them will
shine, and the sharper the map has to be for that, the smoother the surface (a rough one blurs what it mirrors:
Ramamoorthi and Hanrahan 2001, "A signal-processing framework for inverse rendering").
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.asset.observe import DARK, LUMA, SEEN, Light, Observations, Views, correlation, percentiles, turned

WIDTHS = (4.0, 8.0, 16.0, 32.0)
"""Degrees over which maps are blurred."""
DIRECTIONS = 1500
STEEPEST = 3.0
QUIET = 1e-5
"""Square of the set's white below which change is noise."""
FAINT = 0.003
"""Share of the set's white that is added to what is below a logarithm."""
GRAZED, FACED = 0.45, 0.7
"""Cosines up to which, and from which, a point is seen at a grazing angle, and from the front."""


def mirrored(seen: Observations, light: Light, white: float) -> Float[np.ndarray, "n f"]:
    """Return for each point and width how well the map, drawn without the point's own view, foretells its shine.

    Two figures: the correlation over the views, and the slope of what is seen over what is foretold.

    Args:
        white: of the set, linear light.
    """
    known = seen.weight > SEEN
    count = np.maximum(known.sum(axis=0), 1)
    shine = np.where(known, seen.colour @ LUMA / light.over(seen), 0.0) / white
    shine = np.where(known, shine - shine.sum(axis=0) / count, 0.0)
    tree, blurs = _sphere()
    where = tree.query(reflected(seen)[known])[1]
    total = np.bincount(where, shine[known], DIRECTIONS)
    number = np.bincount(where, minlength=DIRECTIONS).astype(float)
    columns = []
    for blur in blurs:
        foretold = np.zeros(known.shape)
        foretold[known] = ((blur @ total)[where] - shine[known]) / np.maximum((blur @ number)[where] - 1, 1)
        foretold = np.where(known, foretold - foretold.sum(axis=0) / count, 0.0)
        columns += _agreement(shine, foretold)
    return np.stack(columns, axis=1)


def highlights(seen: Observations, light: Light, white: float) -> Float[np.ndarray, "n f"]:
    """Return for each point, FEWEST_VIEWS of which see it, how its light departs from its middle.

    As parts of the set's white. Ten figures: how far up, at most and down, the middle itself, what grazing views have
    beyond frontal ones, how much the detail moves, at most, and to which side, saturation and whether it falls as
    light rises (highlights of a dielectric are white).
    """
    known = seen.weight > SEEN
    luma = seen.luma / white
    low, middle, high, most = percentiles(luma, 10, 50, 90, 100)
    cosine, even = seen.cosine, luma / light.over(seen)
    grazed, faced = (_mean(even, which & known) for which in (cosine < GRAZED, cosine > FACED))
    moving = np.where(known, seen.detail, np.nan)
    moving = moving - np.nanmean(moving, axis=0)
    strongest = seen.colour.max(axis=2)
    saturation = (strongest - seen.colour.min(axis=2)) / np.maximum(strongest, DARK)
    saturation = np.where(known, saturation, np.nan)
    columns = [
        np.log(high - middle + FAINT),
        np.log(most - middle + FAINT),
        np.log(middle - low + FAINT),
        np.log(middle + DARK),
        np.clip(grazed - faced, -0.5, 0.5),
        np.log(np.nanmean(np.abs(moving), axis=0) + 0.002),
        np.log(np.nanmax(np.abs(moving), axis=0) + 0.002),
        np.nanmean(moving**3, axis=0) / (np.nanstd(moving, axis=0) ** 3 + 1e-6),
        np.nanmedian(saturation, axis=0),
        correlation(saturation, luma * white, 1e-3),
    ]
    return np.nan_to_num(np.stack(columns, axis=1))


def _mean(values: Views, which: Bool[np.ndarray, "v n"]) -> Float[np.ndarray, " n"]:
    count = which.sum(axis=0)
    return np.where(count > 0, np.where(which, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def reflected(seen: Observations) -> Float[np.ndarray, "v n 3"]:
    """Return the unit directions, in the set, to which the views of points are reflected."""
    toward = seen.centres[:, None] - seen.points
    toward /= np.linalg.norm(toward, axis=2, keepdims=True)
    reflected = 2 * (toward * seen.normals).sum(axis=2, keepdims=True) * seen.normals - toward
    return np.stack([turned(each, angle) for each, angle in zip(reflected, seen.azimuth, strict=True)])


def _agreement(seen: Views, foretold: Views) -> list[Float[np.ndarray, " n"]]:
    both, own, given = ((a * b).sum(axis=0) for a, b in ((seen, foretold), (seen, seen), (foretold, foretold)))
    slope = both / (given + 0.02 * given.mean() + 1e-9)
    return [both / np.sqrt((own + QUIET) * (given + QUIET)), np.clip(slope, -STEEPEST, STEEPEST)]


@cache
def _sphere() -> tuple[Any, list[Float[np.ndarray, "d d"]]]:
    """Return a search tree of evenly spread directions (a Fibonacci lattice), and the weights of each blur."""
    from scipy.spatial import cKDTree

    step: Int[np.ndarray, " d"] = np.arange(DIRECTIONS)
    height, angle = 1 - (2 * step + 1) / DIRECTIONS, np.pi * (1 + 5**0.5) * step
    radius = np.sqrt(1 - height * height)
    directions = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)
    apart = 2 - 2 * np.clip(directions @ directions.T, -1, 1)
    widths = np.radians(WIDTHS)
    return cKDTree(directions), [np.exp(-apart / (2 * w * w)) * (apart < 9 * w * w) for w in widths]
