"""Xception in DeepLabv3+'s form (Chen et al. 2018, figure 4), output stride 16: the encoder that the paper replaced."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.segment.deeplab.config import DeepLabConfig

MIDDLE_BLOCKS = 16


def _separable(inputs: int, outputs: int, stride: int = 1, rate: int = 1) -> nn.Sequential:
    """Return depthwise 3x3 and pointwise convolutions, each normalised and rectified."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, rate, rate, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Block(nn.Module):
    """Three separable convolutions, the last strided, beside a shortcut."""

    def __init__(self, inputs: int, widths: tuple[int, int, int], stride: int, shortcut: bool, rate: int = 1) -> None:
        super().__init__()
        a, b, c = widths
        self.first = nn.Sequential(_separable(inputs, a, 1, rate), _separable(a, b, 1, rate))
        self.last = _separable(b, c, stride, rate)
        self.shortcut = (
            nn.Sequential(nn.Conv2d(inputs, c, 1, stride, bias=False), nn.BatchNorm2d(c)) if shortcut else None
        )
        self.identity = not shortcut and inputs == c and stride == 1

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Tensor, Tensor]:
        """Return the block's output, and what it had before the stride."""
        early = self.first(x)
        y = self.last(early)
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        elif self.identity:
            y = y + x
        return y, early


class Xception(nn.Module):
    """Pictures -> maps at strides 4 (256 channels) and 16 (2048)."""

    low_level, deep = 256, 2048

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(config.channels, 32, 3, 2, 1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, 1, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
        )
        self.entry = nn.ModuleList(
            [
                Block(64, (128, 128, 128), 2, True),
                Block(128, (256, 256, 256), 2, True),
                Block(256, (728, 728, 728), 2, True),
            ]
        )
        self.middle = nn.ModuleList(Block(728, (728, 728, 728), 1, False) for _ in range(MIDDLE_BLOCKS))
        self.exit = nn.ModuleList(
            [Block(728, (728, 1024, 1024), 1, True), Block(1024, (1536, 1536, 2048), 1, False, rate=2)]
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Tensor, Tensor]:
        """Return the maps at strides 4 and 16."""
        x = functional.relu(self.entry[0](self.stem(x))[0])
        x, low = self.entry[1](x)
        for block in (self.entry[2], *self.middle, *self.exit):
            x = block(functional.relu(x))[0]
        return low, functional.relu(x)
