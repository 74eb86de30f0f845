"""The compact network: a pretrained encoder shared by image and plate, and a light U-Net over both at full detail.

Free in design, beside the paper's network. The encoder sees both pictures at half size and says what is there and what
is new (features f, b and |f - b|); it may stay frozen, which makes training affordable on a CPU. The U-Net sees the raw
pair and its difference at full size and says exactly where. A plate batch of one serves every image of its camera.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.segment.compact.change import CHANNELS, change_features
from cleanplate.segment.compact.context import Context
from cleanplate.segment.compact.lite0 import WIDTHS as ENCODER_WIDTHS
from cleanplate.segment.compact.lite0 import Lite0, autocast_of_encoder

MULTIPLE = 64
"""Height and width must be multiples of it: the encoder's stride 32 at half size."""
_CONTEXT = (3, 4)
"""The levels, of strides 16 and 32, at which the whole picture is looked over."""


@dataclass(frozen=True)
class CompactConfig:
    """The compact network's numbers.

    Attributes:
        widths: channels of the U-Net at strides 2, 4, 8, 16, 32, 64.
        depth: residual blocks on the way up at each of them, beyond the first.
        head: channels at full size.
        context: (blocks, channels) of attention over the whole picture at strides 16 and 32.
        detail: channels of the second head at full size.
    """

    widths: tuple[int, ...] = (24, 48, 64, 96, 128, 128)
    depth: tuple[int, ...] = (1, 1, 2, 3, 3, 2)
    head: int = 8
    context: tuple[tuple[int, int], ...] = ((1, 96), (5, 192))
    detail: int = 16


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Return convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """x + two 3x3 convolutions of x."""

    def __init__(self, width: int) -> None:
        super().__init__()
        last = nn.BatchNorm2d(width)
        nn.init.zeros_(last.weight)  # starts as the identity (Goyal et al. 2017, section 5.1)
        self.body = nn.Sequential(conv(width, width), nn.Conv2d(width, width, 3, 1, 1, bias=False), last)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the block's output."""
        return functional.relu(x + self.body(x))


class Fuse(nn.Module):
    """Encoder features of image and plate -> [f, b, |f - b|] -> `outputs` channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        # The encoder's maps are not normalised among each other: without this the deep ones drown the rest.
        self.norm = nn.BatchNorm2d(3 * inputs)
        self.project = conv(3 * inputs, outputs, 1)

    def forward(self, image: Float[Tensor, "b c h w"], plate: Float[Tensor, "p c h w"]) -> Float[Tensor, "b d h w"]:
        """Return the fused map."""
        plate = plate.expand_as(image)
        return self.project(self.norm(torch.cat([image, plate, (image - plate).abs()], 1)))


class Detail(nn.Module):
    """A second head at full size, for what is as thin as a pixel: it adds nothing before it is trained."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.mix = conv(inputs, width)
        self.last = nn.Conv2d(width, 1, 3, 1, 1)
        for each in self.last.parameters():
            nn.init.zeros_(each)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 1 h w"]:
        """Return what is added to the logit."""
        return self.last(self.mix(x))


class Compact(nn.Module):
    """Image and plate, RGB in 0..1 -> the logit of foreground at full size."""

    multiple = MULTIPLE

    def __init__(self, config: CompactConfig = CompactConfig()) -> None:
        super().__init__()
        w = config.widths
        self.encoder = Lite0()
        self.stem = nn.Sequential(conv(4 * CHANNELS, w[0], 1), conv(w[0], w[0]))
        self.down = nn.ModuleList(
            nn.Sequential(conv(a, b, 3, 2), Residual(b) if i else nn.Identity()) for i, (a, b) in enumerate(pairwise(w))
        )
        self.fuse = nn.ModuleList(Fuse(c, b) for c, b in zip(ENCODER_WIDTHS, w[1:], strict=True))
        self.lateral = nn.ModuleList(conv(b, a, 1) for a, b in pairwise(w))
        self.up = nn.ModuleList(Residual(a) for a in w[:-1])
        self.deeper = nn.ModuleList(
            nn.Sequential(*(Residual(a) for _ in range(n))) for a, n in zip(w, config.depth, strict=True)
        )
        self.context = nn.ModuleList(
            Context(a, channels, n) for a, (n, channels) in zip(w[3:5], config.context, strict=True)
        )
        self.auxiliary = nn.ModuleList(nn.Conv2d(a, 1, 1) for a in w[2:5])
        self.grow = conv(w[0], 4 * config.head)
        self.head = nn.Sequential(conv(config.head + CHANNELS, config.head), nn.Conv2d(config.head, 1, 1))
        self.detail = Detail(config.head + CHANNELS, config.detail)

    def forward(self, image: Float[Tensor, "b 3 h w"], plate: Float[Tensor, "p 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Return logits; `plate` has the image's batch size, or 1."""
        return self.with_auxiliary(image, plate)[0]

    def with_auxiliary(self, image: Tensor, plate: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the logits at full size, and those at strides 8, 16 and 32 for deep supervision."""
        with torch.autocast(image.device.type, enabled=False):  # faint differences need all their digits
            raw = change_features(image, plate.expand_as(image))
        maps = [self.halve(raw)]
        features = zip(self.encode(image), self.encode(plate), strict=True)
        for down, fuse, (f, b) in zip(self.down, self.fuse, features, strict=True):
            maps.append(down(maps[-1]) + fuse(f, b))
            if (level := len(maps) - 1) in _CONTEXT:
                maps[-1] = self.context[_CONTEXT.index(level)](maps[-1])
        x = self.deeper[-1](maps.pop())
        coarse = {}
        for level in reversed(range(len(maps))):
            grown = functional.interpolate(self.lateral[level](x), scale_factor=2.0, mode="bilinear")
            x = coarse[level] = self.deeper[level](self.up[level](maps[level] + grown))
        fine = torch.cat([functional.pixel_shuffle(self.grow(x), 2), raw], 1)
        logit = self.head(fine) + self.detail(fine)
        return logit, [head(coarse[level]) for head, level in zip(self.auxiliary, (2, 3, 4), strict=True)]

    def halve(self, raw: Float[Tensor, "b 12 h w"]) -> Float[Tensor, "b d i j"]:
        """Return the finest map, at half size, of what needs no learning."""
        # the 1x1 convolution of the four pixels' channels, without bringing these together first
        mix: Any = self.stem[0]
        x = functional.conv2d(raw, mix[0].weight.view(-1, CHANNELS, 2, 2), stride=2)
        return self.stem[1](mix[1:](x))

    def encode(self, x: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        """Return the encoder's maps of one picture at half size."""
        with autocast_of_encoder(x):
            return self.encoder(functional.avg_pool2d(x * 2 - 1, 2))

    def freeze_encoder(self) -> None:
        """Keep the encoder's weights and statistics as they are."""
        self.encoder.requires_grad_(False)
        self.encoder.eval()

    def train(self, mode: bool = True) -> "Compact":
        """Set training mode; a frozen encoder keeps its statistics."""
        super().train(mode)
        if not next(self.encoder.parameters()).requires_grad:
            self.encoder.eval()
        return self
