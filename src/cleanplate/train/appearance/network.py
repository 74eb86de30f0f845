"""The appearance network: a pretrained encoder over photograph, plate and mask at once, and a feature pyramid."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.asset import materials
from cleanplate.segment.compact.lite0 import STEM, WIDTHS, Lite0

STRIDE = 4
"""Pixels of the picture for one of the map."""
COARSEST = 32
"""The same of the encoder's last map; sides of pictures are multiples of it."""
INPUTS = 7
"""Photograph, plate, mask."""
WIDTH = 64
CLASSES = len(materials.CLASSES)
"""The network's first channels, in their order."""


def _smooth(*, dropout: float = 0.0) -> nn.Sequential:
    layers = (nn.Conv2d(WIDTH, WIDTH, 3, 1, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU(), nn.Dropout2d(dropout))
    return nn.Sequential(*layers)


class AppearanceNetwork(nn.Module):
    """Photograph, plate and mask, each -1..1 -> for every fourth pixel what it may be made of.

    A feature pyramid (Lin et al. 2017) over the maps at strides 4 to 32; the coarsest one also hears the mean over
    the whole product, since most products are of few materials.
    """

    def __init__(self, kinds: int) -> None:
        """Make it with fresh weights.

        Args:
            kinds: finer than the classes, which training tells apart beside them.
        """
        super().__init__()
        self.encoder = Lite0(channels=INPUTS)
        self.lateral = nn.ModuleList(nn.Conv2d(channels, WIDTH, 1) for channels in WIDTHS[1:])
        self.whole = nn.Linear(WIDTHS[-1], WIDTH)
        self.smooth = nn.ModuleList(_smooth() for _ in WIDTHS[1:])
        self.head = nn.Sequential(_smooth(dropout=0.1), nn.Conv2d(WIDTH, CLASSES + 1 + kinds, 1))

    def start(self, encoder: Lite0) -> None:
        """Take over an encoder of photographs; it sees nothing of plate and mask before it is trained."""
        stem = encoder._conv_stem.weight
        wide = torch.zeros(STEM, INPUTS, *stem.shape[2:])
        wide[:, :3] = stem.detach()
        self.encoder.load_state_dict(encoder.state_dict() | {"_conv_stem.weight": wide})

    def forward(self, x: Float[Tensor, "b 7 h w"]) -> Float[Tensor, "b c i j"]:
        """Return logits of the classes, of the roughness, and of the kinds."""
        maps = self.encoder(x)[1:]
        inside = functional.avg_pool2d((x[:, INPUTS - 1 :] + 1) / 2, COARSEST) + 1e-3
        mean = (maps[-1] * inside).sum((2, 3)) / inside.sum((2, 3))
        y = self.whole(mean)[:, :, None, None]
        for lateral, smooth, found in zip(self.lateral[::-1], self.smooth[::-1], maps[::-1], strict=True):
            finer = y if y.shape[-1] == 1 else functional.interpolate(y, scale_factor=2.0, mode="bilinear")
            y = smooth(lateral(found) + finer)
        return self.head(y)
