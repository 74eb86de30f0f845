"""The refiner: a small U-Net at half size over one view's logit, pictures and what the other views say of it."""

from functools import partial
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.hull.channels import AGREED, COVERED, DENIED, NEEDED
from cleanplate.hull.refiner import SURE

MULTIPLE = 16
"""Height and width must be multiples of it."""

GAIN = 4.0
"""Of the last layer's output: what overrules a sure logit needs no large weights."""

_WINDOW = 15
"""Pixels along the side of the square of a local mean."""

WIDTHS = (24, 32, 48, 64)


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def _blur(x: Tensor) -> Tensor:
    x = functional.avg_pool2d(x, (1, _WINDOW), 1, (0, _WINDOW // 2), count_include_pad=False)
    return functional.avg_pool2d(x, (_WINDOW, 1), 1, (_WINDOW // 2, 0), count_include_pad=False)


def allowed(logit: Float[Tensor, "b 1 h w"], others: Float[Tensor, "b c i j"]) -> tuple[Tensor, Tensor]:
    """Return how far the logit may be raised and lowered, 0 to 1, whatever the network has learned.

    Where a view is sure, only contradiction lets it change: it may be raised where foreground of other views is not
    explained without it, and lowered where no point of the hull explains it. Nothing is raised that most others deny.
    Deep inside of what all others show, a little doubt is enough. So masks without doubt that agree stay as they are.
    """
    doubtful, little = (((most - logit.abs()) / 1.5).clamp(0, 1) for most in (3.0, 5.5))
    agreed, covered, denied, needed = (others[:, n : n + 1] for n in (AGREED, COVERED, DENIED, NEEDED))
    agreed = ((agreed - 0.25) / 0.15).clamp(0, 1)
    needed = (functional.max_pool2d(needed, 5, 1, 2) / 0.06).clamp(0, 1)
    uncovered = ((functional.max_pool2d(-covered, 3, 1, 1) - 0.1) / 0.1).clamp(0, 1)
    possible = ((0.6 - denied) / 0.2).clamp(0, 1)
    grow = partial(functional.interpolate, scale_factor=2.0, mode="bilinear")
    reasons = torch.maximum(torch.maximum(grow(needed), doubtful), grow(agreed) * little)
    return reasons * grow(possible), torch.maximum(grow(uncovered), doubtful)


class Refiner(nn.Module):
    """Logit, image, plate (RGB in 0..1) at full size and the other views' channels at half size -> the new logit.

    It starts as the identity.
    """

    multiple = MULTIPLE

    def __init__(self, channels: int = 10) -> None:
        super().__init__()
        w, self.channels = WIDTHS, channels
        self.stem = nn.Sequential(_conv(4 * 7 + channels, w[0], kernel=1), _conv(w[0], w[0]))
        self.down = nn.ModuleList(nn.Sequential(_conv(a, b, 2), _conv(b, b)) for a, b in pairwise(w))
        self.lateral = nn.ModuleList(_conv(b, a, kernel=1) for a, b in pairwise(w))
        self.up = nn.ModuleList(_conv(a, a) for a in w[:-1])
        self.last = nn.Conv2d(w[0], 4, 3, 1, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(
        self,
        logit: Float[Tensor, "b 1 h w"],
        image: Float[Tensor, "b 3 h w"],
        plate: Float[Tensor, "b 3 h w"],
        others: Float[Tensor, "b c i j"],
    ) -> Float[Tensor, "b 1 h w"]:
        """Return the logit after the other views were heard."""
        logit = logit.clamp(-SURE, SURE)
        # Edges, not tones: a few dozen rigs and products teach nothing of which tones are whose.
        raw = torch.cat([logit / 3, 2 * (image - _blur(image)), 2 * (image - plate)], 1)
        maps = [self.stem(torch.cat([functional.pixel_unshuffle(raw, 2), others], 1))]
        for down in self.down:
            maps.append(down(maps[-1]))
        x = maps.pop()
        for lateral, up in zip(reversed(self.lateral), reversed(self.up), strict=True):
            x = up(maps.pop() + functional.interpolate(lateral(x), scale_factor=2.0, mode="bilinear"))
        change = GAIN * functional.pixel_shuffle(self.last(x), 2)
        fill, remove = allowed(logit, others)
        return logit + torch.where(change > 0, change * fill, change * remove)
