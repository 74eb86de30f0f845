"""Making a closed surface a manifold one where it touches itself."""

import numpy as np
from jaxtyping import Float, Int

from cleanplate.types import Faces, Points


def split_touching(
    vertices: Points, faces: Faces, gap: float
) -> tuple[Float[np.ndarray, "_ 3"], Int[np.ndarray, "_ 3"]]:
    """Give every sheet that passes through a vertex its own copy of it, and pull the copies apart by `gap`.

    Where two sheets of a closed surface touch along an edge, that edge has four triangles. Around each of its ends the
    triangles of one sheet still hang together by their other edges, so those groups (umbrellas) are the sheets: one
    copy of the vertex for each (Gueziec et al. 2001, "Cutting and stitching", section 4).

    Args:
        gap: how far a copy moves into its sheet, in the vertices' unit.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    corner = np.arange(faces.size).reshape(-1, 3)
    tails, heads = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((high, low))
    starts = np.flatnonzero(np.r_[True, np.diff(low[order]) | np.diff(high[order]), True])
    first = order[starts[:-1][np.diff(starts) == 2]]
    second = order[starts[:-1][np.diff(starts) == 2] + 1]
    # Half edge i leaves corner i and ends at the next corner of its triangle; two neighbours run opposite ways.
    following = np.roll(corner, -1, axis=1).ravel()
    opposite = tails[first] == heads[second]
    first, second = first[opposite], second[opposite]
    a, b = np.concatenate([first, following[first]]), np.concatenate([following[second], second])
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(faces.size, faces.size))
    count, sheet = connected_components(graph, directed=False)
    source = np.empty(count, np.int64)
    source[sheet] = tails
    points = vertices[source]
    copies = np.bincount(source, minlength=len(vertices))[source] > 1
    centres = vertices[faces].mean(axis=1).repeat(3, axis=0)
    middle = np.stack([np.bincount(sheet, centres[:, axis], count) for axis in range(3)], axis=1)
    inward = middle / np.bincount(sheet, minlength=count)[:, None] - points
    inward /= np.linalg.norm(inward, axis=1, keepdims=True) + 1e-30
    points[copies] += gap * inward[copies]
    return points, sheet.reshape(-1, 3)
