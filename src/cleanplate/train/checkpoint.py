"""A run's state <-> one safetensors file: weights, averaged weights, optimiser, and where the run stands."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from cleanplate.errors import ModelError
from cleanplate.files import atomic_path
from cleanplate.train.networks import load_weights
from cleanplate.train.recipes import Recipe


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        epoch, batch: the next batch to train on.
        step: batches done.
        best: the best validation mIoU so far, on `held_out` views: with others it starts anew.
        metrics: the last validation's.
        products: the capture folders' names of this epoch, which a resumed epoch must keep.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best: float = 0.0
    held_out: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    products: list[str] = field(default_factory=list)


def save_last(
    path: Path, recipe: Recipe, network: nn.Module, average: dict[str, Tensor], optimiser: Any, progress: Progress
) -> None:
    """Write everything that a resumed run needs."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.items()}
    for i, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{i}.{name}": torch.as_tensor(value) for name, value in state.items()}
    facts = {"progress": json.dumps(asdict(progress)), "metrics": json.dumps(progress.metrics)}
    _write(path, tensors, recipe, facts)


def save_best(path: Path, recipe: Recipe, weights: dict[str, Tensor], metrics: dict[str, float]) -> None:
    """Write weights alone, with their validation metrics and threshold."""
    _write(
        path, {f"network.{name}": value for name, value in weights.items()}, recipe, {"metrics": json.dumps(metrics)}
    )


def _write(path: Path, tensors: dict[str, Tensor], recipe: Recipe, metadata: dict[str, str]) -> None:
    metadata = {"architecture": recipe.architecture, "recipe": json.dumps(asdict(recipe)), **metadata}
    with atomic_path(path) as temporary:
        save_file({name: value.detach().contiguous() for name, value in tensors.items()}, temporary, metadata)


def resume(path: Path, recipe: Recipe, network: nn.Module, average: dict[str, Tensor], optimiser: Any) -> Progress:
    """Load what `save_last` wrote into network, average and optimiser.

    Raises:
        ModelError: the file is of another architecture, or damaged.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    try:
        with safe_open(path, "pt") as stream:
            metadata = stream.metadata() or {}
        tensors = load_file(path)
    except SafetensorError as error:
        raise ModelError(f"{path}: damaged ({error}); delete it to start the run anew") from error
    if metadata.get("architecture") != recipe.architecture:
        raise ModelError(
            f"{path}: a run of {metadata.get('architecture')!r}, the recipe trains {recipe.architecture!r}; "
            f"choose another folder for this run"
        )
    groups: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimiser": {}}
    for name, value in tensors.items():
        group, _, rest = name.partition(".")
        groups[group][rest] = value
    load_weights(network, groups["network"], str(path))
    for name in average:
        average[name].copy_(groups["average"][name])
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in groups["optimiser"].items():
        index, _, slot = name.partition(".")
        state.setdefault(int(index), {})[slot] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return Progress(**json.loads(metadata["progress"]))
