"""Atrous spatial pyramid pooling (Chen et al. 2017), with the paper's eight atrous convolutions."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cleanplate.segment.deeplab.config import DeepLabConfig
from cleanplate.segment.deeplab.layers import convolution, pointwise


class PooledBatchNorm(nn.BatchNorm2d):
    """Batch normalisation of 1x1 maps; a batch of one has no statistics, so the running ones serve it."""

    def forward(self, x: Float[Tensor, "b c 1 1"]) -> Float[Tensor, "b c 1 1"]:
        """Return the normalised maps."""
        if self.training and x.shape[0] == 1:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(x)


class ASPP(nn.Module):
    """A 1x1 convolution, 3x3 convolutions at several rates and image-level pooling -> concatenated, projected by 1x1.

    Parameters at 2048 inputs and the paper's seven rates, BN's two per channel included:
    1x1: 2048*256; 3x3: 7 * 9*2048*256; pooling: 2048*256; projection: 9*256*256; BN: 10 * 512
    = 524,288 + 33,030,144 + 524,288 + 589,824 + 5,120 = 34,673,664.
    """

    def __init__(self, inputs: int, config: DeepLabConfig) -> None:
        super().__init__()
        width = config.width
        self.branches = nn.ModuleList(
            [pointwise(inputs, width), *(convolution(inputs, width, config, rate) for rate in config.rates)]
        )
        self.pool = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(inputs, width, 1, bias=False),
            PooledBatchNorm(width),
            nn.ReLU(inplace=True),
        )
        self.project = pointwise(width * (len(self.branches) + 1), width)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """Return the pyramid's projection at the same size."""
        pooled = self.pool(x).expand(-1, -1, *x.shape[-2:])
        return self.project(torch.cat([*(branch(x) for branch in self.branches), pooled], 1))
