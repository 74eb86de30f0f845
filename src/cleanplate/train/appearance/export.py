"""Weights -> the ONNX file that `asset.appearance` runs, weights at 8 bits."""

from pathlib import Path

import onnx
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from cleanplate.asset.appearance import SIDE
from cleanplate.files import atomic_path
from cleanplate.train.appearance.network import CLASSES, AppearanceNetwork
from cleanplate.train.export import compress, trace


class Served(nn.Module):
    """Bytes, pixels last -> log-probabilities of the classes and the roughness, pixels last."""

    def __init__(self, network: AppearanceNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, image: UInt8[Tensor, "b h w 3"], plate: UInt8[Tensor, "b h w 3"], mask: UInt8[Tensor, "b h w"]
    ) -> Float[Tensor, "b i j 5"]:
        """Return the map."""
        x = torch.cat([image, plate, mask[..., None]], 3).permute(0, 3, 1, 2).float() / 127.5 - 1
        y = self.network(x)
        classes, rough = y[:, :CLASSES].log_softmax(1), y[:, CLASSES : CLASSES + 1].sigmoid()
        return torch.cat([classes, rough], 1).permute(0, 2, 3, 1)


def export(network: AppearanceNetwork, target: Path) -> Path:
    """Write a network as ONNX and return its path."""
    picture = torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8)
    example = {"image": picture, "plate": picture.clone(), "mask": picture[..., 0].clone()}
    axes = {name: {0: "batch"} for name in (*example, "appearance")}
    model = trace(Served(network).eval(), example, "appearance", axes)
    compress(model, 8)
    with atomic_path(target) as temporary:
        onnx.save(model, temporary)
    return target
