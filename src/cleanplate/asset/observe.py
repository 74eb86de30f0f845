"""How the same points of a surface look from every view: what the set's light is judged by, and the material."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.image.colour import to_linear
from cleanplate.types import Points

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
FEWEST_VIEWS = 4
"""A point seen by fewer says nothing of the light."""
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
        plate: the plate's colour at the same pixel, linear light, RGB; WHITE without a plate.
        weight: how well the view sees the point; 0 is not at all.
        azimuth: of each camera about the world's z, radians: the platen's turn.
        centres: of the cameras, in the world.
        looks: what the photograph by itself says of the material (`appearance`); NaN where it was not asked.
    """

    points: Points
    normals: Points
    colour: Float[np.ndarray, "v n 3"]
    plate: Float[np.ndarray, "v n 3"]
    weight: Views
    azimuth: Float[np.ndarray, " v"]
    centres: Float[np.ndarray, "v 3"]
    looks: Float[np.ndarray, "v n 5"]

    @property
    def luma(self) -> Views:
        """Linear luminance; NaN where unseen."""
        return np.where(self.weight > SEEN, self.colour @ LUMA, np.nan)


def harmonics(normals: Points, azimuth: float) -> Float[np.ndarray, "n 6"]:
    """Return those real spherical harmonics of orders 1 and 2 that a turn about z changes, unnormalised, of normals.

    The normals are turned with the platen, so that the set's light stands still (Ramamoorthi and Hanrahan 2001: nine
    coefficients hold the light that a matt surface receives). What is the same from every
    side, such as more light from above, a turntable cannot tell from the surface's own colour.
    """
    c, s = np.cos(azimuth), np.sin(azimuth)
    x, y, z = normals.T
    x, y = c * x + s * y, c * y - s * x
    return np.stack([x, y, x * y, y * z, z * x, x * x - y * y], axis=1)


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


def linear(colours: np.ndarray) -> np.ndarray:
    """Return the linear light of colours 0..255, float32."""
    return to_linear(np.clip(colours, 0, 255) / 255.0).astype(np.float32)
