"""What a surface is made of, from how it changes with the view: matt, gloss, metal or glass, and how rough.

The weights are a multinomial logistic regression for the class and a ridge regression for the roughness, on the
`evidence` of a point, of its product's median and of their spread; `benchmarks/material_fit.py` fits them to
rendered captures whose materials are known. They are few, so that they hold on strangers.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.asset.mirrored import highlights, mirrored
from cleanplate.asset.model import ROUGHNESS, Glass
from cleanplate.asset.observe import FEWEST_VIEWS, LUMA, SEEN, Light, Observations, features
from cleanplate.geometry import Mesh
from cleanplate.types import Points

CLASSES = ("matt", "gloss", "metal", "glass")
MATT, GLOSS, METAL, GLASS = range(4)
WEIGHTS = Path(__file__).parent / "materials.npz"
PULL = 0.5
"""Share of the whole product's evidence in each point's class."""
NEIGHBOURS = 24
"""Points whose evidence is averaged, so that classes form regions."""
SURE = 0.8
"""Metal needs this much confidence: taken wrongly it disturbs more than it pleases."""
NEVER = -30.0
FEWEST_POINTS = 30
FEATURES = 35
CLIP = 4.0
"""Standard deviations beyond which a feature says no more."""
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


def estimate(vertices: Points, seen: Observations, light: Light, transparent: bool = False) -> Materials:
    """Judge the material of each vertex from observations of some; those that no view knows follow the nearest.

    Metal that is not sure becomes the likelier dielectric.

    Args:
        transparent: the product is known to hold glass: the estimate then says where. Without that nothing is taken
            for glass: too much that is none would be.
    """
    from scipy.spatial import cKDTree

    table = evidence(seen, light)
    known = np.isfinite(table).all(axis=1)
    if known.sum() < FEWEST_POINTS:
        return unknown(len(vertices))
    scores, roughness = _judge(table[known])
    if not transparent:
        scores[:, GLASS] = NEVER
    tree = cKDTree(seen.points[known])
    around = tree.query(seen.points[known], k=min(NEIGHBOURS, int(known.sum())))[1]
    scores = (1 - PULL) * scores[around].mean(axis=1) + PULL * scores.mean(axis=0)
    probability = np.exp(scores - scores.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    roughness = np.clip(roughness[around].mean(axis=1), CALMEST, ROUGHEST)
    kind = probability.argmax(axis=1)
    doubtful = (kind == METAL) & (probability.max(axis=1) < SURE)
    kind[doubtful] = np.where(probability[doubtful, MATT] >= probability[doubtful, GLOSS], MATT, GLOSS)
    confidence = probability[np.arange(len(kind)), kind]
    near = tree.query(vertices)[1]
    return Materials(kind[near], confidence[near], roughness[near])


def evidence(seen: Observations, light: Light) -> Float[np.ndarray, "n f"]:
    """Return what tells the materials of points apart; NaN where too few views see one."""
    white = float(np.percentile(seen.plate @ LUMA, 90))
    known = (seen.weight > SEEN).sum(axis=0) >= FEWEST_VIEWS
    maps = mirrored(seen, light, white)
    found = np.full((len(known), FEATURES), np.nan)
    if known.any():
        well = seen.at(known)
        found[known] = np.column_stack([features(well, light), maps[known], highlights(well, light, white)])
    return found


def design(table: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n g"]:
    """Return each point's features with its product's median and spread."""
    shape = table.shape
    around = (np.broadcast_to(np.median(table, axis=0), shape), np.broadcast_to(table.std(axis=0), shape))
    return np.concatenate([table, *around], axis=1)


@cache
def _weights() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return dict(stored)


def _judge(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log-probabilities of the classes and the roughness."""
    weights = _weights()
    x = np.clip((design(table) - weights["mean"]) / weights["deviation"], -CLIP, CLIP)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    scores = x @ weights["classes"]
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return np.maximum(scores, np.log(1e-3)), np.clip(x @ weights["roughness"], 0.0, 1.0)


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
