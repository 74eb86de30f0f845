"""What a surface is made of: matt, gloss, metal or glass, and how rough.

What each photograph by itself says of a point (`appearance`) is averaged over the photographs, as logarithms of
probabilities: views whose errors are their own outvote each other. `benchmarks/material_bars.py` judges it on rendered
captures whose materials are known.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.asset.model import ROUGHNESS, Glass
from cleanplate.asset.observe import LUMA, Observations
from cleanplate.geometry import Mesh
from cleanplate.types import Points

CLASSES = ("matt", "gloss", "metal", "glass")
MATT, GLOSS, METAL, GLASS = range(4)
PULL = 0.5
"""Share of the whole product's evidence in each point's class."""
NEIGHBOURS = 24
"""Points whose evidence is averaged, so that classes form regions."""
NEVER = -30.0
FEWEST_POINTS = 30
CALMEST, ROUGHEST = 0.05, 1.0


@dataclass(frozen=True)
class Materials:
    """At the vertices of a mesh.

    Attributes:
        kind: index into CLASSES.
        confidence: of it, 0..1; 0 where nothing was seen and the default stands.
        roughness: 0 mirror .. 1 matt, as glTF has it.
    """

    kind: Int[np.ndarray, " n"]
    confidence: Float[np.ndarray, " n"]
    roughness: Float[np.ndarray, " n"]

    @property
    def shares(self) -> dict[str, float]:
        """Part of the vertices in each class."""
        return {name: float((self.kind == number).mean()) for number, name in enumerate(CLASSES)}


def unknown(count: int) -> Materials:
    """Return the default: a matt dielectric."""
    return Materials(np.zeros(count, np.int64), np.zeros(count), np.full(count, ROUGHNESS))


def estimate(vertices: Points, seen: Observations, transparent: bool = False) -> Materials:
    """Judge the material of each vertex from observations of some; those that no photograph knows follow the nearest.

    Args:
        transparent: the product is known to hold glass: the estimate then says where. Without that nothing is taken
            for glass: too much that is none would be.
    """
    from scipy.spatial import cKDTree

    table = evidence(seen)
    known = np.isfinite(table).all(axis=1)
    if known.sum() < FEWEST_POINTS:
        return unknown(len(vertices))
    scores, roughness = table[known, :-1], table[known, -1]
    if not transparent:
        scores[:, GLASS] = NEVER
    tree = cKDTree(seen.points[known])
    around = tree.query(seen.points[known], k=min(NEIGHBOURS, int(known.sum())))[1]
    scores = (1 - PULL) * scores[around].mean(axis=1) + PULL * scores.mean(axis=0)
    probability = np.exp(scores - scores.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    roughness = np.clip(roughness[around].mean(axis=1), CALMEST, ROUGHEST)
    near = tree.query(vertices)[1]
    return Materials(probability.argmax(axis=1)[near], probability.max(axis=1)[near], roughness[near])


def evidence(seen: Observations) -> Float[np.ndarray, "n 5"]:
    """Return the mean over the photographs of what they say of each point; NaN where none says anything."""
    said = np.isfinite(seen.looks)
    count = said.sum(axis=0)
    total = np.where(said, seen.looks, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def glass_of(mesh: Mesh, materials: Materials, seen: Observations, which: Int[np.ndarray, " n"]) -> Glass | None:
    """Describe the transparent part, if there is one.

    Its tint is what comes through of the plate behind, over the body's mean thickness: twice the volume over the
    surface. The hull is solid; a hollow vessel is thinner than that.

    Args:
        which: the observed points' vertices.
    """
    clear = materials.kind == GLASS
    faces = clear[mesh.faces].all(axis=1)
    if not faces.any():
        return None
    tint, opacity = _tint(seen, clear[which])
    return Glass(faces, tint, opacity, _thickness(mesh))


def _tint(seen: Observations, clear: Bool[np.ndarray, " n"]) -> tuple[tuple[float, float, float], float]:
    """Return the tint and how opaque the glass is to be drawn where it is blended."""
    ratio = np.where(seen.weight[..., None] > 0, seen.colour, np.nan) / np.maximum(seen.plate, 0.02)
    ratio = ratio[:, clear].reshape(-1, 3)
    ratio = ratio[np.isfinite(ratio).all(axis=1)]
    found = np.clip(np.median(ratio, axis=0), 0.1, 1.0) if len(ratio) else np.ones(3)
    opacity = float(np.clip(1.0 - found @ LUMA, 0.2, 0.7))
    return (float(found[0]), float(found[1]), float(found[2])), opacity


def _thickness(mesh: Mesh) -> float:
    return max(2 * abs(mesh.volume) / max(float(mesh.areas.sum()), 1e-12), 1e-4)
