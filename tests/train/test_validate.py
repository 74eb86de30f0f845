"""Validation: at which size, and with which batch-norm statistics."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from cleanplate.train.pairs import Pair
from cleanplate.train.validate import BATCH, predict, recalibrate, validate


class Contrast(nn.Module):
    """Batch norm over image minus plate: zero is the mean over all pictures that it was calibrated on."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.seen = nn.BatchNorm2d(3), set[tuple[int, ...]]()

    def forward(self, image: torch.Tensor, plate: torch.Tensor) -> torch.Tensor:
        self.seen.add(tuple(image.shape[-2:]))
        return self.norm(image - plate).mean(1, keepdim=True)


@dataclass(frozen=True)
class Stored:
    seed: int
    name: str = ""
    split: str = "train"

    def read(self) -> Pair:
        rng = np.random.default_rng(self.seed)
        image, plate = rng.integers(0, 256, (2, 40, 64, 3), np.uint8)
        image[10:30, 20:50] = 255
        mask = np.zeros((40, 64), bool)
        mask[10:30, 20:50] = True
        return Pair(image, plate, mask)


def test_statistics_become_those_of_the_pictures_whatever_they_were() -> None:
    pairs = [Stored(seed) for seed in range(3 * BATCH)]
    network = Contrast().eval()
    network.norm.running_mean.fill_(7)
    recalibrate(network, pairs, 3 * BATCH)
    read = [pair.read() for pair in pairs]
    differences = np.stack([(pair.image.astype(float) - pair.plate) / 255 for pair in read])
    np.testing.assert_allclose(network.norm.running_mean, differences.mean((0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(network.norm.running_var, differences.var((0, 1, 2)), rtol=1e-2)
    assert not network.training
    assert network.norm.momentum == 0.1


def test_pictures_are_seen_at_the_size_that_is_asked_for_and_come_back_at_their_own() -> None:
    network, pair = Contrast().eval(), Stored(0).read()
    assert predict(network, pair.image, pair.plate, 32).shape == (40, 64)
    assert predict(network, pair.image, pair.plate, 640).shape == (40, 64)
    assert network.seen == {(20, 32), (40, 64)}


def test_validation_at_half_size_sees_what_is_there() -> None:
    metrics = validate(Contrast().eval(), [Stored(0), Stored(1)], 2, 32)
    assert metrics["views"] == 2
    assert metrics["foreground_recall"] > 0.9
