"""A ball, and how little is spent on its pictures."""

import trimesh

from cleanplate.render import Quality
from cleanplate.render.products import Material, Part, Product

QUALITY = Quality(samples=4, plate_samples=4, bake_samples=32)
WIDTH, HEIGHT = 96, 80


def ball(kind: str = "paint", colour: tuple[float, float, float] = (0.05, 0.05, 0.05), radius: float = 0.05) -> Product:
    """A ball on the platen: its silhouette is known exactly."""
    mesh = trimesh.creation.icosphere(subdivisions=5, radius=radius)
    mesh.apply_translation((0, 0, radius))
    return Product("ball", "ball", 0, (Part(mesh, Material(kind, colour, 0.5)),), ())  # type: ignore[arg-type]
