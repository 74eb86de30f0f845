"""Laws that every family keeps, whatever the seed."""

import hashlib

import numpy as np
import pytest

from cleanplate.render.products import (
    ABSTRACT_FAMILIES,
    FAMILIES,
    MATERIAL_KINDS,
    MORE_FAMILIES,
    TAGS,
    TEST_FAMILIES,
    TRAIN_FAMILIES,
    Product,
    make_product,
)
from cleanplate.render.products.dressing import TRANSPARENT, is_closed

SEEDS = (0, 1)
EVERY = (*FAMILIES, *MORE_FAMILIES, *ABSTRACT_FAMILIES)


@pytest.fixture(scope="module")
def products() -> dict[str, list[Product]]:
    return {family: [make_product(family, seed) for seed in SEEDS] for family in EVERY}


def bounds(product: Product) -> np.ndarray:
    corners = np.array([part.mesh.bounds for part in product.parts])
    return np.stack([corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)])


def digest(product: Product) -> str:
    state = hashlib.sha256(repr([(p.material, product.tags) for p in product.parts]).encode())
    for part in product.parts:
        state.update(part.mesh.vertices.tobytes() + part.mesh.faces.tobytes())
        state.update(b"" if part.texture is None else part.texture.tobytes())
    return state.hexdigest()


def test_enough_families_and_none_on_both_sides() -> None:
    assert len(EVERY) == len(set(EVERY)) >= 32 + len(ABSTRACT_FAMILIES)
    assert not {*TRAIN_FAMILIES, *MORE_FAMILIES} & set(TEST_FAMILIES)
    assert len(TRAIN_FAMILIES) >= 20
    assert len(TEST_FAMILIES) >= 10


@pytest.mark.parametrize("family", EVERY)
def test_parts_are_closed_solids_wound_outwards(products: dict[str, list[Product]], family: str) -> None:
    for product in products[family]:
        for part in product.parts:
            assert np.isfinite(part.mesh.vertices).all()
            assert is_closed(part), product.name
            merged = part.mesh.copy()
            merged.merge_vertices(merge_tex=True, merge_norm=True)
            mesh = part.mesh if part.mesh.is_watertight else merged
            assert mesh.is_winding_consistent, product.name
            assert mesh.volume > 0, product.name


@pytest.mark.parametrize("family", EVERY)
def test_stands_on_the_platen_in_the_middle_at_a_household_size(
    products: dict[str, list[Product]], family: str
) -> None:
    for product in products[family]:
        low, high = bounds(product)
        assert abs(low[2]) < 1e-6
        assert np.abs(low[:2] + high[:2]).max() < 1e-6
        assert 0.04 <= (high - low).max() <= 0.42
        assert 100 <= sum(len(part.mesh.faces) for part in product.parts) <= 120_000


@pytest.mark.parametrize("family", EVERY)
def test_materials_and_textures_are_in_range(products: dict[str, list[Product]], family: str) -> None:
    for product in products[family]:
        assert set(product.tags) <= set(TAGS)
        for part in product.parts:
            assert part.material.kind in MATERIAL_KINDS
            assert all(0 <= c < 1 for c in part.material.colour)
            assert 0 <= part.material.roughness <= 1
            if part.texture is not None:
                uv = np.asarray(part.mesh.visual.uv)
                assert uv.shape == (len(part.mesh.vertices), 2)
                assert uv.min() > -1e-9
                assert uv.max() < 1 + 1e-9
                assert part.material.kind not in TRANSPARENT


@pytest.mark.parametrize("family", FAMILIES[::7])
def test_a_seed_gives_the_same_bytes_and_another_seed_others(family: str) -> None:
    assert digest(make_product(family, 5)) == digest(make_product(family, 5))
    assert digest(make_product(family, 5)) != digest(make_product(family, 6))


def test_one_transparent_material_is_one_solid(products: dict[str, list[Product]]) -> None:
    for product in [p for several in products.values() for p in several]:
        plain = [p.material for p in product.parts if p.material.kind in TRANSPARENT]
        assert len(plain) == len(set(plain)), product.name


def test_both_sides_show_every_tag_and_every_material_is_drawn(products: dict[str, list[Product]]) -> None:
    for side in (TRAIN_FAMILIES, TEST_FAMILIES):
        assert {tag for family in side for product in products[family] for tag in product.tags} == set(TAGS)
    kinds = {part.material.kind for several in products.values() for product in several for part in product.parts}
    assert len(kinds) >= 14


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(ValueError, match="unknown product family 'sofa'"):
        make_product("sofa", 0)
