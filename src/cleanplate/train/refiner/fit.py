"""Variants -> a trained refiner, resumable."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.train.averaged import descend, rate, resume, save
from cleanplate.train.losses import soft_iou_loss
from cleanplate.train.refiner.crops import batch
from cleanplate.train.refiner.examples import Variant
from cleanplate.train.refiner.network import Refiner


@dataclass(frozen=True)
class Fit:
    """Numbers of a training run: Adam with a cosine schedule, and averaged weights."""

    steps: int = 1500
    batch: int = 16
    lr: float = 3e-3
    warmup: int = 50
    weight_decay: float = 1e-4
    average: float = 0.99
    iou: float = 0.5
    save_every: int = 100


def objective(logit: Tensor, truth: Tensor, iou: float) -> Tensor:
    """Return cross-entropy, doubled within two pixels of the true outline, plus 1 - soft IoU times `iou`."""
    band = functional.max_pool2d(truth, 5, 1, 2) + functional.max_pool2d(-truth, 5, 1, 2)
    entropy = functional.binary_cross_entropy_with_logits(logit, truth, reduction="none")
    return (entropy * (1 + band)).mean() + iou * soft_iou_loss(logit.sigmoid(), truth)


def fit(
    variants: Sequence[Variant],
    run: Path,
    settings: Fit = Fit(),
    minutes: float = float("inf"),
    say: Callable[[str], None] = print,
) -> Refiner:
    """Train, or go on, and return the network of averaged weights; `run`/last.pt keeps what a resumed run needs."""
    deadline = time.monotonic() + 60 * minutes
    torch.manual_seed(0)
    network, averaged = Refiner(), Refiner()
    averaged.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    step = resume(run, network, averaged, optimiser)
    before, after = [], []
    while step < settings.steps and time.monotonic() < deadline:
        for group in optimiser.param_groups:
            group["lr"] = rate(settings.lr, settings.warmup, settings.steps, step)
        # The step is the seed, so that a resumed run sees what one that never stopped would have.
        *given, truth = batch(variants, settings.batch, np.random.default_rng(step))
        network.train()
        loss = objective(network(*given), truth, settings.iou)
        step += 1
        descend(loss, network, averaged, optimiser, 1.0, min(settings.average, step / (step + 10)))
        after.append(loss.item())
        before.append(objective(given[0], truth, settings.iou).item())
        if step % settings.save_every == 0 or step == settings.steps:
            save(run, network, averaged, optimiser, step)
            say(f"step {step}: loss {np.mean(after):.4f}, of the first masks {np.mean(before):.4f}")
            before, after = [], []
    return averaged.eval()
