"""The finished model, in the axes of the files we write."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from cleanplate.types import Image, Points

FRONT_DEG = -90.0
"""The front of a product faces the world's -y, unless said otherwise."""


ROUGHNESS = 0.7
"""Of a dielectric surface of which nothing is known."""


@dataclass(frozen=True)
class Glass:
    """The transparent part of a model, as one material.

    Attributes:
        faces: which triangles it takes.
        tint: linear light, 0..1, that comes through `thickness` of it, RGB.
        thickness: of the body, metres; a wall's for a vessel.
        ior: index of refraction.
        opacity: 0..1, for viewers that blend instead of refracting.
    """

    faces: Bool[np.ndarray, " f"]
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    opacity: float = 0.3
    thickness: float = 0.003
    ior: float = 1.5


@dataclass(frozen=True)
class Model:
    """A coloured triangle mesh: metres, y up, base at y = 0, pivot at the base's centre, front towards +z.

    Attributes:
        vertices: positions; those on a texture seam occur more than once.
        normals: unit, outward.
        faces: counter-clockwise seen from outside.
        colours: sRGB of each vertex, where there is no texture.
        uv: texture coordinates, 0..1, v up (row 0 of the texture is at v = 1).
        texture: base colour, sRGB.
        surface: occlusion, roughness and metalness in red, green and blue, linear; of the texture's size.
        relief: tangent-space normals, (n + 1) / 2, green up (OpenGL); of the texture's size.
        glass: its transparent part; the rest is opaque.
    """

    vertices: Points
    normals: Points
    faces: Int[np.ndarray, "f 3"]
    colours: UInt8[np.ndarray, "n 3"] | None = None
    uv: Float[np.ndarray, "n 2"] | None = None
    texture: Image | None = None
    surface: Image | None = None
    relief: Image | None = None
    glass: Glass | None = None

    @property
    def parts(self) -> "list[tuple[Model, Glass | None]]":
        """The opaque and the transparent part, each with its own vertices; those that are not empty."""
        if self.glass is None or not self.glass.faces.any():
            return [(self, None)]
        kinds = ((~self.glass.faces, None), (self.glass.faces, self.glass))
        return [(self._part(faces), glass) for faces, glass in kinds if faces.any()]

    def _part(self, which: Bool[np.ndarray, " f"]) -> "Model":
        used, inverse = np.unique(self.faces[which], return_inverse=True)
        return replace(self.with_vertices(used), faces=inverse.reshape(-1, 3), glass=None)

    def with_vertices(self, source: Int[np.ndarray, " n"]) -> "Model":
        """Return the model with these of its vertices, in this order; its faces have to be put right."""
        colours = None if self.colours is None else self.colours[source]
        uv = None if self.uv is None else self.uv[source]
        return replace(self, vertices=self.vertices[source], normals=self.normals[source], colours=colours, uv=uv)

    @property
    def tangents(self) -> Float[np.ndarray, "n 4"]:
        """Unit tangents towards +u, orthogonal to the normals, and the bitangent's sign (glTF 2.0, section 3.7.2.1).

        The triangles' own tangents, weighted by area; textures are not mirrored, so the sign is +1.
        """
        if self.uv is None:
            raise ValueError("a model without texture coordinates has no tangents")
        corners, places = self.vertices[self.faces], self.uv[self.faces]
        first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        (du1, dv1), (du2, dv2) = (places[:, 1] - places[:, 0]).T, (places[:, 2] - places[:, 0]).T
        determinant = du1 * dv2 - du2 * dv1
        along = (first * dv2[:, None] - second * dv1[:, None]) * np.sign(determinant)[:, None]
        area = np.linalg.norm(np.cross(first, second), axis=1, keepdims=True)
        along *= area / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-30)
        around, spread = self.faces.ravel(), along.repeat(3, axis=0)
        total = np.stack([np.bincount(around, spread[:, k], len(self.vertices)) for k in range(3)], axis=1)
        total -= self.normals * (total * self.normals).sum(axis=1, keepdims=True)
        short = np.linalg.norm(total, axis=1) < 1e-12
        total[short] = _any_orthogonal(self.normals[short])
        unit = total / np.linalg.norm(total, axis=1, keepdims=True)
        return np.column_stack([unit, np.ones(len(total))])

    def upright(self, front_deg: float = FRONT_DEG) -> "Model":
        """Turn a model in the capture's world (z up) into the files' axes.

        Args:
            front_deg: azimuth in the world, counter-clockwise from +x seen from above, that becomes +z.
        """
        turn = np.radians(-90.0 - front_deg)
        c, s = np.round([np.cos(turn), np.sin(turn)], 15)
        to_front = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        to_y_up = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
        R = to_y_up @ to_front
        vertices = self.vertices @ R.T
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        pivot = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
        return replace(self, vertices=vertices - pivot, normals=self.normals @ R.T)


def _any_orthogonal(normals: Points) -> Points:
    other = np.where(np.abs(normals[:, :1]) < 0.7, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    return np.cross(normals, other)
