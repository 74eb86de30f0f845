"""Plausible colours where no photograph saw anything."""

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.types import Faces, Image

SMOOTHING = 1e-3
"""Pull of the neighbours against a vertex's own colour seen face-on once."""


def fill_unseen(
    colours: Float[np.ndarray, "n 3"], weight: Float[np.ndarray, " n"], faces: Faces
) -> Float[np.ndarray, "n 3"]:
    """Spread vertex colours over the mesh: seen ones stay, unseen ones become smooth averages of what surrounds them.

    A screened Laplace equation on the mesh's edges. Where nothing at all was seen, the mean colour (grey without any).
    """
    import scipy.sparse as sparse
    from scipy.sparse.linalg import splu

    count = len(colours)
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    ones = np.full(len(edges), SMOOTHING)
    link = sparse.coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(count, count))
    link = link + link.T
    known = np.minimum(weight, 1.0).astype(float)
    seen = known.sum()
    mean = (known[:, None] * colours).sum(axis=0) / seen if seen > 0 else np.full(3, 128.0)
    anchor = 1e-7
    matrix = sparse.diags_array(known + anchor + np.asarray(link.sum(axis=1)).ravel()) - link
    return splu(matrix.tocsc()).solve(known[:, None] * colours.astype(float) + anchor * mean)


def fill_gutters(image: Image, painted: Bool[np.ndarray, "h w"]) -> Image:
    """Fill the unpainted texels of an atlas by push-pull, so that no filter or mip level meets a foreign colour.

    Gortler et al. 1996, "The Lumigraph", section 3.4: averages of painted texels at ever coarser levels, handed down.
    """
    import cv2

    coverage = painted.astype(np.float32)
    colour = image.astype(np.float32)
    colour[~painted] = 0
    levels: list[tuple[np.ndarray, ...]] = [(colour, coverage)]
    while max(levels[-1][1].shape) > 1:
        size = tuple(max(1, (n + 1) // 2) for n in levels[-1][1].shape[::-1])
        levels.append(tuple(cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in levels[-1]))
    known = levels[-1][0] / max(float(levels[-1][1].max()), 1e-12)
    for colour, coverage in reversed(levels[1:-1]):
        coarse = _doubled(known, coverage.shape)
        share = np.minimum(coverage, 1.0)[..., None]
        own = colour / np.maximum(coverage, 1e-12)[..., None]
        known = np.where(share > 0, share * own + (1 - share) * coarse, coarse)
    filled = image.copy()  # the finest level: a texel is all painted, or not at all
    filled[~painted] = np.clip(np.rint(_doubled(known, painted.shape)[~painted]), 0, 255)
    return filled


def _doubled(known: np.ndarray, shape: tuple[int, int]) -> Float[np.ndarray, "h w 3"]:
    import cv2

    return cv2.resize(known.reshape(*known.shape[:2], 3), shape[::-1], interpolation=cv2.INTER_LINEAR)
