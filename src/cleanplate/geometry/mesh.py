"""The one triangle mesh, its file, and what can be told of it without a camera."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from cleanplate.errors import MeshError
from cleanplate.files import write_bytes
from cleanplate.types import Faces, Points


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh.

    Attributes:
        vertices: world coordinates, metres.
        faces: corner indices, counter-clockwise seen from outside.
    """

    vertices: Points
    faces: Faces

    @classmethod
    def of(cls, mesh: Any) -> "Mesh":
        """Return what has `vertices` and `faces`, such as trimesh's, as a mesh."""
        return cls(np.asarray(mesh.vertices, float), np.asarray(mesh.faces, np.int64))

    @property
    def is_watertight(self) -> bool:
        """Whether every edge has exactly two triangles, which run along it in opposite directions."""
        tails = self.faces.astype(np.int64).ravel()
        heads = np.roll(self.faces, -1, axis=1).astype(np.int64).ravel()
        if len(tails) == 0 or (tails == heads).any():
            return False
        count = int(tails.max()) + 1
        along, back = np.sort(tails * count + heads), np.sort(heads * count + tails)
        return bool((np.diff(along) > 0).all() and np.array_equal(along, back))

    @property
    def volume(self) -> float:
        """Cubic metres, if the mesh is watertight (divergence theorem)."""
        return float(self.volumes.sum())

    @property
    def volumes(self) -> Float[np.ndarray, " m"]:
        """Cubic metres between each triangle and the origin, negative where it looks there; they sum up to volumes."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return np.einsum("nk,nk->n", a, np.cross(b, c)) / 6

    @property
    def areas(self) -> Float[np.ndarray, " m"]:
        """Square metres of each triangle."""
        return np.linalg.norm(self._crosses, axis=1) / 2

    @property
    def normals(self) -> Points:
        """Unit outward normals of the vertices: the mean of the adjacent triangles' weighted by area.

        A vertex whose triangles cancel out gets +z.
        """
        cross, around = self._crosses.repeat(3, axis=0), self.faces.ravel()
        total = np.stack([np.bincount(around, cross[:, k], len(self.vertices)) for k in range(3)], axis=1)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        return np.where(length > 0, total / np.maximum(length, 1e-300), [0.0, 0.0, 1.0])

    @property
    def _crosses(self) -> Float[np.ndarray, "m 3"]:
        """Outward normals of the triangles, twice as long as their area."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return np.cross(b - a, c - a)


def read_mesh(path: Path) -> Mesh:
    """Read a triangle mesh (PLY, OBJ, STL, GLB), in metres.

    Raises:
        MeshError: not there, not a mesh, or empty.
    """
    import trimesh

    if not path.is_file():
        raise MeshError(f"{path}: not found; reconstruct the hull first")
    try:
        mesh = Mesh.of(trimesh.load_mesh(path, process=False))
    except Exception as error:  # trimesh's readers raise many kinds on damaged files
        raise MeshError(f"{path}: not a mesh that can be read ({error}); reconstruct the hull again") from error
    if len(mesh.faces) == 0 or not np.isfinite(mesh.vertices).all():
        raise MeshError(
            f"{path}: {len(mesh.faces)} triangles, or vertices that are no numbers; reconstruct the hull again"
        )
    return mesh


def write_mesh(path: Path, mesh: Mesh) -> None:
    """Write a mesh as binary PLY, atomically; vertices become float32."""
    import trimesh
    from trimesh.exchange.ply import export_ply

    write_bytes(path, export_ply(trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)))
