"""The training objective as one module, so that DDP wraps network and loss together."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Loss:
    """Weights of the objective's terms; the defaults are plain cross-entropy.

    Attributes:
        iou: 1 - soft IoU of each image.
        boundary: extra cross-entropy of pixels within 2 of the true contour.
        auxiliary: cross-entropy of the network's coarse outputs, where it has some, with the share of each cell that
            is foreground: what is solid must be known where whole products are seen.
    """

    iou: float = 0.0
    boundary: float = 0.0
    auxiliary: float = 0.0


class Objective(nn.Module):
    """Network + loss: (image, plate, mask) -> scalar.

    Two-class cross-entropy equals binary cross-entropy of the difference of both logits, so one form serves all.
    """

    def __init__(self, network: Any, loss: Loss) -> None:
        super().__init__()
        self.network: Any = network
        self.loss = loss

    def forward(
        self, image: Float[Tensor, "b 3 h w"], plate: Float[Tensor, "b 3 h w"], mask: Float[Tensor, "b h w"]
    ) -> Float[Tensor, ""]:
        """Return the mean loss; pictures in 0..1, the mask 0 or 1."""
        mask = mask[:, None]
        coarse: list[Tensor] = []
        if self.loss.auxiliary and hasattr(self.network, "with_auxiliary"):
            logit, coarse = self.network.with_auxiliary(image, plate)
        else:
            logit = self.network(image, plate)
        logit = logit.float()
        entropy = functional.binary_cross_entropy_with_logits(logit, mask, reduction="none")
        total = (entropy * (1 + self.loss.boundary * _band(mask))).mean()
        if self.loss.iou:
            total = total + self.loss.iou * soft_iou_loss(logit.sigmoid(), mask)
        for each in coarse:
            small = functional.adaptive_avg_pool2d(mask, (each.shape[-2], each.shape[-1]))
            entropy = functional.binary_cross_entropy_with_logits(each.float(), small)
            total = total + self.loss.auxiliary / len(coarse) * entropy
        return total


def soft_iou_loss(probability: Float[Tensor, "b 1 h w"], mask: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    """Return 1 - the soft foreground IoU, averaged over images; a few pixels of slack tame empty masks."""
    slack = 16.0
    both = (probability * mask).sum((1, 2, 3))
    either = (probability + mask - probability * mask).sum((1, 2, 3))
    return (1 - (both + slack) / (either + slack)).mean()


def _band(mask: Tensor) -> Tensor:
    """Return 1 within two pixels of the contour, else 0."""
    with torch.no_grad():
        grown = functional.max_pool2d(mask, 5, 1, 2)
        shrunk = -functional.max_pool2d(-mask, 5, 1, 2)
        return grown - shrunk
