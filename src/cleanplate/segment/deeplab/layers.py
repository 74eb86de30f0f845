"""Convolutions and upsampling that the parts share."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.segment.deeplab.config import DeepLabConfig


def convolution(inputs: int, outputs: int, config: DeepLabConfig, rate: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution, normalised and rectified: standard, or depthwise then pointwise (Chen et al. 2018)."""
    if config.convolution == "standard":
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 1, rate, rate, bias=False), *_normalised(outputs))
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, 1, rate, rate, groups=inputs, bias=False),
        *_normalised(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        *_normalised(outputs),
    )


def pointwise(inputs: int, outputs: int) -> nn.Sequential:
    """Return a 1x1 convolution, normalised and rectified."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), *_normalised(outputs))


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU(inplace=True)


class Upsample(nn.Module):
    """Four times larger, then cut to the wanted size.

    A transposed convolution with kernel 8 and stride 4 starts as bilinear interpolation (Long et al. 2015, section
    3.3), so that training begins where DeepLabv3+ stands.
    """

    def __init__(self, channels: int, config: DeepLabConfig) -> None:
        super().__init__()
        self.transposed = config.upsampling == "transposed"
        if self.transposed:
            self.grow = nn.ConvTranspose2d(channels, channels, 8, 4, 2, bias=False)
            with torch.no_grad():
                self.grow.weight.copy_(bilinear_kernel(channels, 4))

    def forward(self, x: Float[Tensor, "b c h w"], size: tuple[int, int]) -> Float[Tensor, "b c i j"]:
        """Return `x` at `size` (height, width), at most four times its own."""
        if self.transposed:
            return self.grow(x)[..., : size[0], : size[1]]
        grown = functional.interpolate(x, scale_factor=4.0, mode="bilinear", align_corners=False)
        return grown[..., : size[0], : size[1]]


def bilinear_kernel(channels: int, factor: int) -> Float[Tensor, "c c k k"]:
    """Return the transposed convolution's weights that interpolate each channel bilinearly."""
    distance = (torch.arange(2 * factor) + 0.5 - factor).abs() / factor
    line = 1 - distance
    return torch.eye(channels)[:, :, None, None] * line[:, None] * line
