"""Each face of a hull under which the product may be hollow: what the share in hull.json is measured beside."""

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.geometry import Mesh
from cleanplate.hull.concavity import UNKNOWN


def unknown_faces(mesh: Mesh, slack: Float[np.ndarray, " n"]) -> tuple[Bool[np.ndarray, " m"], float]:
    """Tell where the product may be hollow under its hull, for all that silhouettes show.

    The mouth of a mug is among these faces; so is the flat top of a closed box, which looks no different.

    Args:
        mesh: the hull.
        slack: from `surface_slack`.

    Returns:
        The faces whose corners all have more slack than `UNKNOWN` of the largest side, and their share of the area.
    """
    unknown = (slack > UNKNOWN * np.ptp(mesh.vertices, axis=0).max())[mesh.faces].all(axis=1)
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return unknown, float(area[unknown].sum() / area.sum())
