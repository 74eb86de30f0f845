"""Checkpoint -> the ONNX file that `hull.refiner` runs, weights at 16 bits."""

from pathlib import Path

import onnx
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from cleanplate.files import atomic_path
from cleanplate.train.export import compress, trace
from cleanplate.train.refiner.network import MULTIPLE, Refiner


class Served(nn.Module):
    """Logit, RGB bytes and channels, pixels last -> the new logit."""

    def __init__(self, network: Refiner, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(
        self,
        logit: Float[Tensor, "b h w"],
        image: UInt8[Tensor, "b h w 3"],
        plate: UInt8[Tensor, "b h w 3"],
        others: Float[Tensor, "b i j c"],
    ) -> Float[Tensor, "b h w"]:
        """Return logits of foreground."""
        pair = [each.permute(0, 3, 1, 2).float() / 255 for each in (image, plate)]
        return self.network(logit[:, None], *pair, others.permute(0, 3, 1, 2))[:, 0] / self.temperature


def export(network: Refiner, target: Path, temperature: float = 1.0, longest: int = 640) -> Path:
    """Write a refiner as ONNX and return its path.

    Args:
        temperature: by which the new logits are divided, so that they are calibrated (Guo et al. 2017, section 4.2).
        longest: the longer side that larger pictures are scaled down to, in pixels.
    """
    channels = network.channels
    size, half = {1: "height", 2: "width"}, {1: "half_height", 2: "half_width"}
    batch = {0: "batch"}
    example = {
        "logit": torch.zeros(1, 64, 96),
        "image": torch.zeros(1, 64, 96, 3, dtype=torch.uint8),
        "plate": torch.zeros(1, 64, 96, 3, dtype=torch.uint8),
        "others": torch.zeros(1, 32, 48, channels),
    }
    axes = dict.fromkeys(("logit", "image", "plate", "refined"), batch | size) | {"others": batch | half}
    model = trace(Served(network, temperature).eval(), example, "refined", axes)
    compress(model, 16)
    onnx.helper.set_model_props(model, {"multiple": str(MULTIPLE), "longest": str(longest)})
    with atomic_path(target) as temporary:
        onnx.save(model, temporary)
    return target
