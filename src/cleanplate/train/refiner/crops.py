"""Variants -> training crops: mostly where the first mask errs or the views disagree."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cleanplate.hull.refiner import GREY, SURE
from cleanplate.train.refiner.examples import CHANNEL_UNIT, LOGIT_UNIT, Variant
from cleanplate.train.refiner.faults import region
from cleanplate.train.refiner.network import COVERED, DENIED

SIDE = 112
"""Pixels; even."""

SHARES = {"first": 0.3, "soft": 0.32, "hard": 0.32, "exact": 0.06}
"""Of the crops, by the kinds of variants."""

FEW_ERRORS = 60
"""Wrong pixels of a view below which another one is tried."""

P_ERROR, P_CONTRADICTION = 0.5, 0.2
"""Chances that a crop is laid about a wrong pixel, and about one where views disagree; else about the product."""

P_DECEIVED = 0.25
"""Chance that a crop's photograph itself deceives."""

P_NO_PLATE, P_NO_PICTURE, P_NEGATIVE = 0.1, 0.2, 0.15


def batch(variants: Sequence[Variant], count: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
    """Return logit, image, plate, others and truth, channels first, of `count` crops."""
    kinds = [kind for kind in SHARES if any(each.kind == kind for each in variants)]
    shares = np.array([SHARES[kind] for kind in kinds])
    crops = []
    for kind in rng.choice(kinds, count, p=shares / shares.sum()):
        of_kind = [each for each in variants if each.kind == kind]
        crops.append(_crop(of_kind[rng.integers(len(of_kind))], rng))
    return tuple(torch.from_numpy(np.stack(parts)) for parts in zip(*crops, strict=True))


def _crop(variant: Variant, rng: np.random.Generator) -> list[np.ndarray]:
    for _ in range(3):
        n = int(rng.integers(len(variant.views)))
        if variant.wrong(n).sum() > FEW_ERRORS:
            break
    whole = variant.truth(n)
    height, width = whole.shape
    rows, columns = np.nonzero(_pool(variant, n, rng))
    pick = int(rng.integers(len(rows))) if len(rows) else -1
    middle = (rows[pick], columns[pick]) if len(rows) else (height // 2, width // 2)
    corner = [
        int(np.clip(at - rng.integers(SIDE // 4, 3 * SIDE // 4), 0, size - SIDE)) // 2
        for at, size in zip(middle, (height, width), strict=True)
    ]
    half = tuple(slice(c, c + SIDE // 2) for c in corner)
    full = tuple(slice(2 * c, 2 * c + SIDE) for c in corner)
    logit = variant.logit[n][full].astype(np.float32) * LOGIT_UNIT
    if variant.kind != "exact" and rng.random() < 0.5:  # other networks are surer, or less
        other = logit * rng.uniform(0.6, 1.6) + rng.normal(0, 0.3)
        logit = np.where(np.abs(logit) < SURE - 0.1, other, logit)
    image, plate = _lit(variant.image(n)[full], variant.plate(n)[full], rng)
    others = (variant.others[n][half] * np.float32(CHANNEL_UNIT)).transpose(2, 0, 1)
    truth = whole[full]
    if rng.random() < P_DECEIVED:
        image = image.copy()
        _deceive(logit, image, plate, others, truth, rng)
    parts = [logit[None], image, plate, others, truth[None]]
    turn = -1 if rng.random() < 0.5 else 1
    return [np.ascontiguousarray(part[..., ::turn], np.float32) for part in parts]


def _deceive(
    logit: np.ndarray,
    image: np.ndarray,
    plate: np.ndarray,
    others: np.ndarray,
    truth: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Show, in place, a thing that is not the product, or the plate's tone on the product, and let the mask believe it.

    One photograph cannot tell; all others deny the one and show the other, as their channels say.
    """
    intruder = rng.random() < 0.5
    denied, agreed = (others[k].repeat(2, 0).repeat(2, 1) for k in (DENIED, 0))
    rows, columns = np.nonzero(~truth & (denied > 0.9) if intruder else truth & (agreed > 0.3))
    if not len(rows):
        return
    pick, size = int(rng.integers(len(rows))), rng.uniform(3, 24)
    hit = region(truth.shape, float(columns[pick]), float(rows[pick]), size, rng) & (truth != intruder)
    if intruder:
        tone = rng.uniform(0, 1, (3, 1)) + rng.normal(0, rng.uniform(0, 0.2), (3, int(hit.sum())))
        image[:, hit] = np.clip(tone, 0, 1)
        logit[hit] = rng.uniform(1, SURE)
    else:
        image[:, hit] = plate[:, hit]
        logit[hit] = -rng.uniform(0.5, SURE - 1)


def _lit(image: np.ndarray, plate: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a pair, channels first, in other light and other colours, or without plate, or grey."""
    chance = rng.random()
    if chance < P_NO_PICTURE:
        image = plate = np.full_like(image, GREY)
    elif chance < P_NO_PICTURE + P_NO_PLATE:
        plate = image
    gain, gamma, order = rng.uniform(0.6, 1.3, 3), rng.uniform(0.6, 1.6), rng.permutation(3)
    negative = rng.random() < P_NEGATIVE

    def one(picture: np.ndarray) -> np.ndarray:
        lit = np.clip(picture[..., order] / np.float32(255) * gain, 0, 1) ** gamma
        return (1 - lit if negative else lit).transpose(2, 0, 1)

    return one(image), one(plate)


def _pool(variant: Variant, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the pixels of which one is to be in the crop."""
    wrong, truth = variant.wrong(n), variant.truth(n)
    chance = rng.random()
    if chance < P_ERROR and wrong.any():
        return wrong
    if chance < P_ERROR + P_CONTRADICTION:
        others = variant.others[n].astype(np.float32) * CHANNEL_UNIT
        uncovered = (others[..., COVERED] < -0.15) & (variant.logit[n][::2, ::2] > 0)
        disagreeing = (np.abs(others[..., 0]) < 0.3) | uncovered
        return disagreeing.repeat(2, 0).repeat(2, 1)[: truth.shape[0], : truth.shape[1]]
    return truth
