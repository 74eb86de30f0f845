"""Procedural household products, and users' own meshes, as closed solids with materials.

    make_product("mug", seed=3)      one of `FAMILIES`, the same bytes for the same seed
    load_user_mesh("chair.glb")      checked, based on z = 0, centred
    redress(product, seed=1)         other materials

Nothing here needs the renderer.
"""

from cleanplate.render.products.families import (
    ABSTRACT_FAMILIES,
    FAMILIES,
    MORE_FAMILIES,
    TEST_FAMILIES,
    TRAIN_FAMILIES,
    make_product,
)
from cleanplate.render.products.types import MATERIAL_KINDS, TAGS, Material, Part, Product
from cleanplate.render.products.user import Axis, load_user_mesh, redress

__all__ = [
    "ABSTRACT_FAMILIES",
    "FAMILIES",
    "MATERIAL_KINDS",
    "MORE_FAMILIES",
    "TAGS",
    "TEST_FAMILIES",
    "TRAIN_FAMILIES",
    "Axis",
    "Material",
    "Part",
    "Product",
    "load_user_mesh",
    "make_product",
    "redress",
]
