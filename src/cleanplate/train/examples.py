"""Pairs -> augmented training examples, each a function of (seed, epoch, place in the epoch) alone."""

import numpy as np
from torch.utils.data import Dataset

from cleanplate.train.augment import augment
from cleanplate.train.pairs import PairFile
from cleanplate.train.recipes import Recipe


class Examples(Dataset):
    """The training examples of one epoch: float32 image and plate (h, w, 3) in 0..1, mask (h, w), the pair's index."""

    def __init__(self, pairs: list[PairFile], recipe: Recipe, epoch: int) -> None:
        self.pairs = pairs
        self.recipe = recipe
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        """Return an example; places beyond the number of pairs go round again, augmented anew."""
        rng = np.random.default_rng([self.recipe.seed, self.epoch, place])
        index = place % len(self.pairs)
        image, plate, mask = augment(
            self.pairs[index].read(),
            lambda: self.pairs[int(rng.integers(len(self.pairs)))].read(),
            self.recipe.size,
            self.recipe.augment,
            rng,
        )
        return image, plate, mask, index


def batches(count: int, recipe: Recipe, epoch: int) -> list[list[int]]:
    """Return an epoch's batches of places, in random order; the last incomplete one is dropped, unless it is alone.

    Every pair comes once, or as many times as `recipe.min_batches` asks for.
    """
    size = recipe.batch
    rounds = max(1, -(-recipe.min_batches * size // count))
    order = np.random.default_rng([recipe.seed, epoch, 1 << 20]).permutation(count * rounds).tolist()
    if len(order) < size:
        return [order]
    return [order[i : i + size] for i in range(0, len(order) - size + 1, size)]
