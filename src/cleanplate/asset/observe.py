"""How the same points of a surface look from every view: what light and material are judged by."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.image.colour import to_linear
from cleanplate.types import Points

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
FEWEST_VIEWS = 4
"""A point seen by fewer says nothing of its material."""
DARK = 0.02
"""Linear light below which ratios are noise."""
SEEN = 1e-4
"""Weight from which on a view counts."""

WHITE = 1.0
"""Linear light of the set where there is no plate."""

Views = Float[np.ndarray, "v n"]


@dataclass(frozen=True)
class Observations:
    """n points of a surface under v views.

    Attributes:
        points, normals: in the world, metres; unit.
        colour: as photographed, linear light, RGB, exposure levelled.
        detail: what the picture's high band adds to it, -1..1, gamma-encoded.
        plate: the plate's colour at the same pixel, linear light, RGB; WHITE without a plate.
        weight: how well the view sees the point; 0 is not at all.
        azimuth: of each camera about the world's z, radians: the platen's turn.
        centres: of the cameras, in the world.
    """

    points: Points
    normals: Points
    colour: Float[np.ndarray, "v n 3"]
    detail: Views
    plate: Float[np.ndarray, "v n 3"]
    weight: Views
    azimuth: Float[np.ndarray, " v"]
    centres: Float[np.ndarray, "v 3"]

    def at(self, which: Bool[np.ndarray, " n"]) -> "Observations":
        """Return those of some of the points."""
        return Observations(
            self.points[which], self.normals[which], self.colour[:, which], self.detail[:, which],
            self.plate[:, which], self.weight[:, which], self.azimuth, self.centres,
        )  # fmt: skip

    @property
    def luma(self) -> Views:
        """Linear luminance; NaN where unseen."""
        return np.where(self.weight > SEEN, self.colour @ LUMA, np.nan)

    @property
    def cosine(self) -> Views:
        """Between each point's normal and the direction to the camera."""
        toward = self.centres[:, None] - self.points
        return (toward * self.normals).sum(axis=2) / np.linalg.norm(toward, axis=2)


def harmonics(normals: Points, azimuth: float) -> Float[np.ndarray, "n 6"]:
    """Return those real spherical harmonics of orders 1 and 2 that a turn about z changes, unnormalised, of normals.

    The normals are turned with the platen, so that the set's light stands still (Ramamoorthi and Hanrahan 2001: nine
    coefficients hold the light that a matt surface receives). What is the same from every
    side, such as more light from above, a turntable cannot tell from the surface's own colour.
    """
    x, y, z = turned(normals, azimuth).T
    return np.stack([x, y, x * y, y * z, z * x, x * x - y * y], axis=1)


def turned(directions: Points, azimuth: float) -> Points:
    """Return directions in the world as the set sees them: the set turns with the camera."""
    c, s = np.cos(azimuth), np.sin(azimuth)
    x, y, z = directions.T
    return np.stack([c * x + s * y, c * y - s * x, z], axis=1)


@dataclass(frozen=True)
class Light:
    """The logarithm of the light that a surface receives, over its normal's direction, about its mean."""

    coefficients: Float[np.ndarray, "6"]

    def shading(self, normals: Points, azimuth: float) -> Float[np.ndarray, " n"]:
        """Return the factor by which the light on surfaces departs from the mean."""
        return np.exp(np.clip(harmonics(normals, azimuth) @ self.coefficients, -1.5, 1.5))

    def over(self, seen: Observations) -> Views:
        """Return the shading of each point in each view."""
        return np.stack([self.shading(seen.normals, angle) for angle in seen.azimuth])


def fit_light(seen: Observations) -> Light:
    """Estimate the set's light from how points darken and brighten as the platen turns them.

    Least squares in the logarithm of light, each point's own colour eliminated by its mean over the views, with
    residuals beyond a fifth counted less.
    """
    logs = np.log(np.maximum(seen.luma, DARK))
    enough = np.isfinite(logs).sum(axis=0) >= FEWEST_VIEWS
    logs = logs[:, enough]
    basis = np.stack([harmonics(seen.normals[enough], angle) for angle in seen.azimuth])
    known = np.isfinite(logs)
    robust = known.astype(float)
    coefficients = np.zeros(6)
    for _ in range(3):
        total = np.maximum(robust.sum(axis=0), 1e-9)
        mean = (robust * np.nan_to_num(logs)).sum(axis=0) / total
        mean_basis = np.einsum("vn,vnk->nk", robust, basis) / total[:, None]
        y = np.where(known, logs - mean, 0.0)
        A = basis - mean_basis
        normal = np.einsum("vn,vnk,vnl->kl", robust, A, A)
        ridge = 1e-2 * np.trace(normal) / 6 + 1e-6
        coefficients = np.linalg.solve(normal + ridge * np.eye(6), np.einsum("vn,vnk,vn->k", robust, A, y))
        residual = np.abs(y - A @ coefficients)
        robust = known * np.minimum(1.0, 0.2 / np.maximum(residual, 1e-9))
    return Light(coefficients)


def features(seen: Observations, light: Light) -> Float[np.ndarray, "n f"]:
    """Return for each point, FEWEST_VIEWS of which see it, what tells materials apart.

    Spread and highlights over the views before and after the set's light is taken away, change of hue, detail that
    stays and detail that moves, brightening at grazing angles, and likeness to the plate behind.
    """
    luma = seen.luma
    known = np.isfinite(luma)
    logs = np.log(np.maximum(luma, DARK))
    even = logs - np.log(light.over(seen))
    low, middle, high = percentiles(luma, 10, 50, 90)
    low_even, middle_even, high_even = percentiles(even, 10, 50, 90)
    colour = np.where(known[..., None], seen.colour, np.nan)
    mean = np.nanmean(colour, axis=0)
    hue = colour / np.maximum(colour.sum(axis=2, keepdims=True), DARK)
    fresnel = (1 - np.clip(seen.cosine, 0, 1)) ** 5
    behind = np.log(np.maximum(seen.plate @ LUMA, DARK))
    ratio = np.where(known, logs - behind, np.nan)
    tint = np.log(np.maximum(seen.colour, DARK)) - np.log(np.maximum(seen.plate, DARK))
    tint = np.where(known[..., None], tint, np.nan)
    columns = [
        np.log(np.maximum(middle, DARK)),
        np.log(np.maximum(high, DARK) / np.maximum(middle, DARK)),
        np.log(np.maximum(middle, DARK) / np.maximum(low, DARK)),
        np.nanstd(logs, axis=0),
        np.nanstd(even, axis=0),
        high_even - middle_even,
        middle_even - low_even,
        (mean.max(axis=1) - mean.min(axis=1)) / np.maximum(mean.max(axis=1), DARK),
        np.nanstd(hue[..., 0], axis=0) + np.nanstd(hue[..., 2], axis=0),
        np.nanstd(np.where(known, seen.detail, np.nan), axis=0),
        np.abs(np.nanmean(np.where(known, seen.detail, np.nan), axis=0)),
        _slope(even, np.where(known, fresnel, np.nan)),
        correlation(logs, np.where(known, behind, np.nan)),
        np.nanmean(np.abs(ratio), axis=0),
        np.nanmean(ratio, axis=0),
        np.nanstd(ratio, axis=0),
        np.nanstd(tint, axis=0).mean(axis=1),
    ]
    return np.nan_to_num(np.stack(columns, axis=1))


def percentiles(values: Views, *wanted: float) -> Float[np.ndarray, "p n"]:
    """Do `np.nanpercentile` over the views, all points at once: numpy goes through them one by one."""
    ordered = np.sort(values, axis=0)  # NaN last
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    found = []
    for each in wanted:
        place = last * (each / 100)
        below = place.astype(np.int64)
        t, around = place - below, np.stack([below, np.minimum(below + 1, last)])
        a, b = np.take_along_axis(ordered, around, axis=0)
        found.append(np.where(t < 0.5, a + (b - a) * t, b - (b - a) * (1 - t)))
    return np.stack(found)


def _slope(y: Views, x: Views) -> Float[np.ndarray, " n"]:
    dx = x - np.nanmean(x, axis=0)
    return np.nansum(dx * (y - np.nanmean(y, axis=0)), axis=0) / (np.nansum(dx * dx, axis=0) + 0.02)


def correlation(y: Views, x: Views, quiet: float = 0.02) -> Float[np.ndarray, " n"]:
    """Return each point's correlation over the views, NaN left out; less where both hardly change, as `quiet` says."""
    dx, dy = x - np.nanmean(x, axis=0), y - np.nanmean(y, axis=0)
    scale = np.sqrt(np.nansum(dx * dx, axis=0) * np.nansum(dy * dy, axis=0))
    return np.nansum(dx * dy, axis=0) / (scale + quiet)


def linear(colours: np.ndarray) -> np.ndarray:
    """Return the linear light of colours 0..255, float32."""
    return to_linear(np.clip(colours, 0, 255) / 255.0).astype(np.float32)
