"""Other people's shapes, dressed."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from cleanplate.errors import CleanplateError
from cleanplate.render import RECIPES
from cleanplate.render.products.prints import box_mapped, dressed_shape
from cleanplate.render.products.tags import material_tags
from cleanplate.render.products.types import Material, Part


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    for i in range(20):
        (folder / f"set{i % 2}").mkdir(exist_ok=True)
        trimesh.creation.box((0.1, 0.05 + 0.01 * i, 0.08)).export(folder / f"set{i % 2}/box{i}.glb")
    return folder


def test_a_print_repeats_after_its_period_on_every_side() -> None:
    mesh = box_mapped(trimesh.creation.box((0.2, 0.2, 0.2)), 0.1, np.random.default_rng(0))
    uv = np.asarray(mesh.visual.uv)[mesh.faces]
    assert np.allclose(np.ptp(uv, axis=1), 2.0)  # each side of 0.2 m shows it twice, both ways


def test_a_seed_dresses_a_shape_always_alike_and_seeds_differ(shapes: Path) -> None:
    path = sorted(shapes.rglob("*.glb"))[0]
    looks = set()
    for seed in range(12):
        one, two = dressed_shape(path, seed), dressed_shape(path, seed)
        assert [p.material for p in one.parts] == [p.material for p in two.parts]
        looks.add((one.parts[0].material.kind, one.parts[0].texture is not None))
    assert len(looks) > 3
    assert any(textured for _, textured in looks)


def test_training_shapes_and_training_views_share_no_shape(shapes: Path) -> None:
    names = {
        name: {job.make.__self__.mesh for job in RECIPES[name].jobs(shapes, 1.0)}  # type: ignore[attr-defined]
        for name in _OF_SHAPES
    }
    assert {name: len(found) for name, found in names.items()} == {"train-shapes": 17, "train-views": 3}
    assert not set.intersection(*names.values())
    ids = [job.asin for name in _OF_SHAPES for job in RECIPES[name].jobs(shapes, 1.0)]
    assert len(set(ids)) == 20 and all(len(each) == 10 for each in ids)


def test_scaled_by_more_than_one_shapes_come_again_in_other_dress(shapes: Path) -> None:
    jobs = RECIPES["train-views"].jobs(shapes, 2.0)
    worn = {(job.make.__self__.mesh, job.make.__self__.seed) for job in jobs}  # type: ignore[attr-defined]
    assert len({job.asin for job in jobs}) == len(worn) == 6
    assert len({mesh for mesh, _ in worn}) == 3


def test_shapes_must_be_given() -> None:
    with pytest.raises(CleanplateError, match="--meshes"):
        RECIPES["train-shapes"].jobs(None, 1.0)


def test_material_tags_name_what_is_seen() -> None:
    def part(size: float, kind: str, x: float) -> Part:
        mesh = trimesh.creation.box((size,) * 3)
        mesh.apply_translation((x, 0, size / 2))
        return Part(mesh, Material(kind, (0.5, 0.5, 0.5), 0.5))  # type: ignore[arg-type]

    assert material_tags([part(0.1, "chrome", 0), part(0.01, "rubber", 0.2)]) == ("chrome",)
    assert material_tags([part(0.1, "chrome", 0), part(0.1, "rubber", 0.2)]) == ("chrome", "rubber")


_OF_SHAPES = ("train-shapes", "train-views")
