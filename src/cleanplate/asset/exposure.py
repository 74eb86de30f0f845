"""Levelling of exposure between views."""

import numpy as np
from jaxtyping import Float

from cleanplate.image.colour import to_linear, to_srgb
from cleanplate.types import Image

PRIOR = 0.1
"""Weight of "no gain" against the samples' average agreement; it settles what they leave open."""
ROUNDS = 5
"""Reweighted least-squares rounds."""
SPREAD = 0.1
"""Log residuals beyond this count less: highlights and shadows that move with the view, not exposure."""


def apply_gain(image: Image, gain: float) -> Float[np.ndarray, "h w 3"]:
    """Return the image with its linear light times `gain`: 0..255, gamma-encoded, float32, not clipped."""
    table = (255.0 * to_srgb(gain * to_linear(np.arange(256) / 255.0))).astype(np.float32)
    return table[image]


def level_exposure(colours: Float[np.ndarray, "v n 3"], weights: Float[np.ndarray, "v n"]) -> Float[np.ndarray, " v"]:
    """Return the gains, in linear light, that make views agree where they see the same points.

    Least squares in the logarithm of light over gains and the points' true brightness, the latter eliminated
    (as in Brown and Lowe 2007, section 6, with a robust weight), with the mean gain held at 1. One gain for all
    channels: gains of each channel mistook gloss, which pales with the angle, for white balance.

    Args:
        colours: what each view saw of each point, 0..255, gamma-encoded.
        weights: how well, 0 where not at all.
    """
    weights = weights * ((colours > 4) & (colours < 250)).all(axis=2)
    logs = np.log(to_linear(np.maximum(colours, 1) / 255.0)).mean(axis=2)
    gains = np.zeros(len(logs))
    robust = weights
    for _ in range(ROUNDS):
        total = robust.sum(axis=0)
        share = robust / np.maximum(total, 1e-12)
        mean = (share * logs).sum(axis=0)
        # Normal equations with each point's brightness eliminated: a graph Laplacian over the views.
        matrix = np.diag(robust.sum(axis=1)) - share @ robust.T
        right = -(robust * (logs - mean)).sum(axis=1)
        scale = max(np.diag(matrix).mean(), 1e-12)
        gains = np.linalg.solve(matrix + PRIOR * scale * np.eye(len(logs)), right)
        gains -= gains.mean()
        levelled = logs + gains[:, None]
        residual = np.abs(levelled - (share * levelled).sum(axis=0))
        robust = weights * np.minimum(1.0, SPREAD / np.maximum(residual, 1e-12))
    return np.exp(gains)
