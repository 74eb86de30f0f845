"""Stored squares -> a trained appearance network, resumable."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.nn import functional

from cleanplate.train.appearance.examples import KINDS, NOTHING, example
from cleanplate.train.appearance.network import CLASSES, AppearanceNetwork
from cleanplate.train.averaged import descend, rate, resume, save
from cleanplate.train.fit import has_bfloat16
from cleanplate.train.networks import build, initialise

Squares = Sequence[UInt8[np.ndarray, "v s s 10"]]


@dataclass(frozen=True)
class Fit:
    """Numbers of a training run: Adam with a cosine schedule, and averaged weights.

    Attributes:
        slower: the encoder's learning rate, in that of the rest.
        kinds, roughness: weights of these losses beside that of the classes.
        shares: weights of matt, gloss, metal and glass in it.
    """

    steps: int = 5000
    batch: int = 16
    lr: float = 1e-3
    slower: float = 0.5
    warmup: int = 100
    weight_decay: float = 0.02
    average: float = 0.998
    kinds: float = 0.4
    roughness: float = 2.0
    shares: tuple[float, ...] = (1.0, 1.0, 1.6, 1.3)
    save_every: int = 250


def fit(
    captures: Squares,
    run: Path,
    init: str,
    settings: Fit = Fit(),
    minutes: float = float("inf"),
    say: Callable[[str], None] = print,
) -> AppearanceNetwork:
    """Train, or go on, and return the network of averaged weights; `run`/last.pt keeps what a resumed run needs.

    Args:
        captures: one array of stored squares each; captures count alike.
        init: a compact network, as `initialise` takes it, whose encoder this one starts from.

    Raises:
        ModelError: `init` is none.
    """
    deadline = time.monotonic() + 60 * minutes
    compact = build("compact")
    initialise(compact, "compact", init)
    torch.manual_seed(0)
    network, averaged = AppearanceNetwork(KINDS), AppearanceNetwork(KINDS)
    network.start(compact.encoder)
    averaged.load_state_dict(network.state_dict())
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(_groups(network, settings), settings.lr, weight_decay=settings.weight_decay)
    step, losses = resume(run, network, averaged, optimiser), []
    while step < settings.steps and time.monotonic() < deadline:
        for group in optimiser.param_groups:
            group["lr"] = group["share"] * rate(settings.lr, settings.warmup, settings.steps, step)
        # The step is the seed, so that a resumed run sees what one that never stopped would have.
        torch.manual_seed(step)
        pictures, kind, material, roughness = _batch(captures, settings.batch, np.random.default_rng(step))
        network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16(torch.device("cpu"))):
            found = network(pictures.to(memory_format=torch.channels_last))
        loss = objective(found.float(), kind, material, roughness, settings)
        step += 1
        descend(loss, network, averaged, optimiser, 2.0, min(settings.average, step / (step + 10)))
        losses.append(loss.item())
        if step % settings.save_every == 0 or step == settings.steps:
            save(run, network, averaged, optimiser, step)
            say(f"step {step}: loss {np.mean(losses):.4f}")
            losses = []
    return averaged.eval()


def objective(found: Tensor, kind: Tensor, material: Tensor, roughness: Tensor, settings: Fit) -> Tensor:
    """Return the loss: cross-entropies of classes and kinds, and the mean error of roughness; pictures count alike."""
    valid = (kind != NOTHING).float()
    share = valid / valid.sum((1, 2), keepdim=True).clamp(min=1)
    weight = share * torch.tensor(settings.shares)[kind.clamp(max=CLASSES - 1)]
    classes, rough, kinds = found.split([CLASSES, 1, found.shape[1] - CLASSES - 1], 1)
    of_class = functional.cross_entropy(classes, kind.clamp(max=CLASSES - 1), reduction="none")
    of_kind = functional.cross_entropy(kinds, material.clamp(max=KINDS - 1), reduction="none")
    error = (rough[:, 0].sigmoid() - roughness).abs()
    total = share.sum().clamp(min=1)
    return (
        (of_class * weight).sum() / weight.sum().clamp(min=1e-6)
        + settings.kinds * (of_kind * share).sum() / total
        + settings.roughness * (error * share).sum() / total
    )


def _batch(captures: Squares, count: int, rng: np.random.Generator) -> list[Tensor]:
    """Return pictures, classes, kinds and roughness of examples drawn from captures drawn at random."""
    drawn = []
    for _ in range(count):
        squares = captures[int(rng.integers(len(captures)))]
        drawn.append(example(np.array(squares[rng.integers(len(squares))]), rng))
    columns = ([each.picture, each.kind, each.material, each.roughness] for each in drawn)
    return [torch.from_numpy(np.stack(parts)) for parts in zip(*columns, strict=True)]


def _groups(network: AppearanceNetwork, settings: Fit) -> list[dict[str, object]]:
    encoder = list(network.encoder.parameters())
    known = set(map(id, encoder))
    rest = [each for each in network.parameters() if id(each) not in known]
    return [{"params": encoder, "share": settings.slower}, {"params": rest, "share": 1.0}]
