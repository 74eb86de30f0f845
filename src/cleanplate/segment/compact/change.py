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
    """Return the mean over the part of the window that lies inside the picture."""
    half = _WINDOW // 2
    if torch.onnx.is_in_onnx_export():  # ONNX Runtime pools fast; PyTorch takes six times as long as with sums
        rows = functional.avg_pool2d(x, (1, _WINDOW), 1, (0, half), count_include_pad=False)
        return functional.avg_pool2d(rows, (_WINDOW, 1), 1, (half, 0), count_include_pad=False)
    total = _sums(_sums(functional.pad(x, (half,) * 4), -1), -2)
    row, column = torch.ones_like(x[:1, :1, :1]), torch.ones_like(x[:1, :1, :, :1])
    wide, high = _sums(functional.pad(row, (half, half)), -1), _sums(functional.pad(column, (0, 0, half, half)), -2)
    return total / (wide * high)


def _sums(x: Tensor, axis: int) -> Tensor:
    """Return the sums of _WINDOW neighbours, of 2, 4 and 8 by doubling and one more; the axis gets as much shorter."""
    eight = _pairs(_pairs(_pairs(x, 1, axis), 2, axis), 4, axis)
    length = x.shape[axis] - _WINDOW + 1
    return eight.narrow(axis, 0, length) + x.narrow(axis, _WINDOW - 1, length)


def _pairs(x: Tensor, apart: int, axis: int) -> Tensor:
    length = x.shape[axis] - apart
    return x.narrow(axis, 0, length) + x.narrow(axis, apart, length)


def _local(x: Tensor) -> tuple[Tensor, Tensor]:
    mean = _blur(x)
    variance = _blur(x * x) - mean * mean
    return mean, (variance.clamp(min=0) + 1e-6).sqrt()
