"""A network on held-out pairs, with the project's own metrics."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn
from torch.nn import functional

from cleanplate.evaluate.metrics import evaluate_mask
from cleanplate.train.pairs import StoredPair
from cleanplate.types import Image

THRESHOLDS = (0.3, 0.4, 0.5)
"""Never above a half: what is missed on unseen products costs a hull more than what is added."""
_TIE = 0.002
BATCH = 8
"""Pictures of which batch norm takes common statistics."""


@torch.no_grad()
def predict(network: nn.Module, image: Image, plate: Image, longest: int | None = None) -> Float[np.ndarray, "h w"]:
    """Return the probability of foreground, at the image's own size; the border is repeated up to the multiple.

    Args:
        longest: the longer side at which the network sees the pictures, if they are larger.
    """
    seen = [_shrunk(picture, longest) for picture in (image, plate)]
    height, width = seen[0].shape[:2]
    multiple = getattr(network, "multiple", 1)
    pad = (0, -width % multiple, 0, -height % multiple)
    device = next(network.parameters()).device
    pair = [functional.pad(_batch([each], device), pad, "replicate") for each in seen]
    logit = network(*(each.contiguous(memory_format=torch.channels_last) for each in pair))
    found = logit[0, 0, :height, :width].sigmoid().float().cpu().numpy()
    return cv2.resize(found, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)  # a copy where sizes are equal


def _shrunk(picture: UInt8[np.ndarray, "y x 3"], longest: int | None) -> UInt8[np.ndarray, "rows columns 3"]:
    height, width = picture.shape[:2]
    if longest is None or max(height, width) <= longest:
        return picture
    scale = longest / max(height, width)
    return cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)


def batch_norms(network: nn.Module) -> list[nn.modules.batchnorm._BatchNorm]:
    """Return a network's layers of batch norm."""
    return [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]


@torch.no_grad()
def recalibrate(network: nn.Module, pairs: Sequence[StoredPair], views: int, longest: int | None = None) -> None:
    """Take batch norm's statistics anew: each batch's mean and variance, averaged over views spread evenly.

    What training keeps is a running mean over the last batches, of weights that have changed since.
    Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima", section 3.2, do it for averaged weights.
    """
    norms = batch_norms(network)
    before, mode = [norm.momentum for norm in norms], network.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # of all batches alike
    network.train()
    device = next(network.parameters()).device
    by_size: dict[tuple[int, ...], list[tuple[np.ndarray, np.ndarray]]] = {}
    for file in _spread(pairs, views):
        pair = file.read()
        seen = _shrunk(pair.image, longest), _shrunk(pair.plate, longest)
        same = by_size.setdefault(seen[0].shape, [])
        same.append(seen)
        if len(same) == BATCH:
            network(*(_batch(pictures, device) for pictures in zip(*same, strict=True)))
            same.clear()
    network.train(mode)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum


def _batch(pictures: Sequence[np.ndarray], device: torch.device) -> Float[torch.Tensor, "b 3 h w"]:
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    return stacked.to(device, memory_format=torch.channels_last)


def _spread(pairs: Sequence[StoredPair], count: int) -> list[StoredPair]:
    return [pairs[i] for i in np.unique(np.linspace(0, len(pairs) - 1, min(count, len(pairs))).astype(int))]


def validate(
    network: nn.Module, pairs: Sequence[StoredPair], views: int, longest: int | None = None
) -> dict[str, float]:
    """Return the mean metrics at a threshold of `THRESHOLDS` over at most `views` pairs, spread evenly.

    It is the lowest whose mIoU is within 0.002 of the best one's.
    Beside the metrics: `threshold`, and `views`, how many were measured.
    """
    chosen = _spread(pairs, views)
    mode = network.training
    network.eval()
    scores: dict[float, list[dict[str, float]]] = {threshold: [] for threshold in THRESHOLDS}
    for file in chosen:
        pair = file.read()
        probability = predict(network, pair.image, pair.plate, longest)
        for threshold, rows in scores.items():
            rows.append(evaluate_mask(probability > threshold, pair.mask).to_dict())
    network.train(mode)
    means = {
        threshold: {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        for threshold, rows in scores.items()
    }
    best = max(each["miou"] for each in means.values())
    threshold = min(key for key, each in means.items() if each["miou"] >= best - _TIE)
    return {**means[threshold], "threshold": threshold, "views": len(chosen)}
