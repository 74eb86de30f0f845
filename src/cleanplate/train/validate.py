"""A network on held-out pairs, with the project's own metrics."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from cleanplate.evaluate.metrics import evaluate_mask
from cleanplate.train.pairs import StoredPair
from cleanplate.types import Image

THRESHOLDS = (0.3, 0.4, 0.5)
"""Never above a half: what is missed on unseen products costs a hull more than what is added."""
_TIE = 0.002


@torch.no_grad()
def predict(network: nn.Module, image: Image, plate: Image) -> Float[np.ndarray, "h w"]:
    """Return the probability of foreground, at the image's own size; the border is repeated up to the multiple."""
    height, width = image.shape[:2]
    multiple = getattr(network, "multiple", 1)
    pad = (0, -width % multiple, 0, -height % multiple)
    pair = [
        functional.pad(
            torch.from_numpy(np.ascontiguousarray(array)).permute(2, 0, 1)[None].float() / 255, pad, "replicate"
        )
        for array in (image, plate)
    ]
    device = next(network.parameters()).device
    logit = network(*(array.to(device, memory_format=torch.channels_last) for array in pair))
    return logit[0, 0, :height, :width].sigmoid().float().cpu().numpy()


def validate(network: nn.Module, pairs: Sequence[StoredPair], views: int) -> dict[str, float]:
    """Return the mean metrics at a threshold of `THRESHOLDS` over at most `views` pairs, spread evenly.

    It is the lowest whose mIoU is within 0.002 of the best one's.
    Beside the metrics: `threshold`, and `views`, how many were measured.
    """
    chosen = [pairs[i] for i in np.unique(np.linspace(0, len(pairs) - 1, min(views, len(pairs))).astype(int))]
    mode = network.training
    network.eval()
    scores: dict[float, list[dict[str, float]]] = {threshold: [] for threshold in THRESHOLDS}
    for file in chosen:
        pair = file.read()
        probability = predict(network, pair.image, pair.plate)
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
