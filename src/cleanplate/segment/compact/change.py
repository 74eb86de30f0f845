"""What can be seen of a change without learning: the raw pair, its difference, and what of it no light explains."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

CHANNELS = 12
_WINDOW = 9
"""Pixels along the side of the square of a local mean."""
_NOISE = 0.03
"""Added to a plate's local deviation, so that flat regions do not turn sensor noise into change."""


def change_features(image: Float[Tensor, "b 3 h w"], plate: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 12 h w"]:
    """Return image, plate, signed difference and locally normalised difference, for values in 0..1.

    The last is the difference of both pictures' departures from their local means, over the plate's local deviation:
    a change of exposure or a soft shadow hardly moves it, a faint edge of white on white does.
    """
    difference = image - plate
    mean, deviation = _local(plate)
    departure = difference - _blur(difference)
    normalised = departure / (deviation + _NOISE) * (0.5 + mean)
    return torch.cat([image - 0.5, plate - 0.5, 2 * difference, normalised.clamp(-3, 3)], 1)


def _blur(x: Tensor) -> Tensor:
    # Rows, then columns: two ninths of one square window's work.
    x = functional.avg_pool2d(x, (1, _WINDOW), 1, (0, _WINDOW // 2), count_include_pad=False)
    return functional.avg_pool2d(x, (_WINDOW, 1), 1, (_WINDOW // 2, 0), count_include_pad=False)


def _local(x: Tensor) -> tuple[Tensor, Tensor]:
    mean = _blur(x)
    variance = _blur(x * x) - mean * mean
    return mean, (variance.clamp(min=0) + 1e-6).sqrt()
