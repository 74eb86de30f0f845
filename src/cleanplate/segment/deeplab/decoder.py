"""DeepLabv3+'s decoder (Chen et al. 2018, section 3.1), upsampling by transposed convolution as in the paper."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cleanplate.segment.deeplab.config import DeepLabConfig
from cleanplate.segment.deeplab.layers import Upsample, convolution, pointwise

CLASSES = 2


class Decoder(nn.Module):
    """ASPP's map at stride 16 and the encoder's at stride 4 -> logits of background and foreground at full size.

    Parameters with 256 low-level channels, all switches as in the paper: reduction 256*48 + 96; first upsampling
    64*256*256; two 3x3: 9*304*256 + 9*256*256 + 1,024; classifier 256*2 + 2; last upsampling 64*2*2
    = 12,384 + 4,194,304 + 1,291,264 + 514 + 256 = 5,498,722.
    """

    def __init__(self, low_level: int, config: DeepLabConfig) -> None:
        super().__init__()
        self.reduce = pointwise(low_level, config.low_level)
        self.first = Upsample(config.width, config)
        self.refine = nn.Sequential(
            convolution(config.width + config.low_level, config.width, config),
            convolution(config.width, config.width, config),
        )
        self.classify = nn.Conv2d(config.width, CLASSES, 1)
        self.last = Upsample(CLASSES, config)

    def forward(
        self, deep: Float[Tensor, "b c h w"], low: Float[Tensor, "b d i j"], size: tuple[int, int]
    ) -> Float[Tensor, "b 2 y x"]:
        """Return logits at `size`."""
        low = self.reduce(low)
        deep = self.first(deep, (low.shape[-2], low.shape[-1]))
        return self.last(self.classify(self.refine(torch.cat([deep, low], 1))), size)
