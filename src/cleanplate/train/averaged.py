"""What the small networks' training loops share: a falling rate, averaged weights, and a file to go on from."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cleanplate.files import atomic_path

CHECKPOINT = "last.pt"
LEAST = 1e-5
"""The learning rate at the end."""


def rate(lr: float, warmup: int, steps: int, step: int) -> float:
    """Return the learning rate of a step: a linear rise, then half a cosine down."""
    warm = min(1.0, (step + 1) / warmup)
    return float(lr * warm * (0.5 + 0.5 * np.cos(np.pi * step / steps)) + LEAST)


def descend(
    loss: Tensor,
    network: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    clip: float,
    decay: float,
) -> None:
    """Take a step down a loss, the gradient's length at most `clip`, and move the averaged weights after it."""
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
    optimiser.step()
    average(averaged, network, decay)


@torch.no_grad()
def average(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the averaged weights towards the trained ones."""
    for mean, value in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.mul_(decay).add_(value, alpha=1 - decay)
        else:
            mean.copy_(value)


def save(run: Path, network: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    """Write `run`/last.pt."""
    state = {"network": network.state_dict(), "averaged": averaged.state_dict(), "step": step}
    with atomic_path(run / CHECKPOINT) as temporary:
        torch.save(state | {"optimiser": optimiser.state_dict()}, temporary)


def resume(run: Path, network: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Load what `save` wrote, if it is there, in place; return the step to go on at."""
    if not (run / CHECKPOINT).is_file():
        return 0
    state = torch.load(run / CHECKPOINT, weights_only=True)
    network.load_state_dict(state["network"])
    averaged.load_state_dict(state["averaged"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])
