"""Pairs -> augmented training examples, each a function of (seed, epoch, place in the epoch) alone."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from torch.utils.data import Dataset

from cleanplate.train.augment import augment
from cleanplate.train.pairs import StoredPair
from cleanplate.train.recipes import Recipe


class Examples(Dataset):
    """An epoch's training examples, of 8 bits: image and plate (h, w, 3), mask (h, w; 0 or 1), the pair's index."""

    def __init__(self, pairs: list[StoredPair], recipe: Recipe, epoch: int) -> None:
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
        return to_bytes(image), to_bytes(plate), mask.astype(np.uint8), index


def to_bytes(picture: Float[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Return a picture in 0..1 as cameras store it."""
    return cv2.convertScaleAbs(picture, alpha=255)


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
