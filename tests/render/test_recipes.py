"""The compositions: the paper's counts, and a test side that training has never seen."""

from collections import Counter
from pathlib import Path

import pytest
from balance import balanced

from cleanplate.render import RECIPES, TEST_MESHES
from cleanplate.render.presets import make_rig
from cleanplate.render.products import TEST_FAMILIES, TRAIN_FAMILIES
from cleanplate.render.recipes import Source, make_jobs


@pytest.mark.parametrize(
    ("name", "views"), [("segmentation-10k", Counter({38: 238, 190: 5})), ("kitchen-5k", Counter({70: 78}))]
)
def test_the_papers_compositions(name: str, views: Counter[int]) -> None:
    rig = make_rig("marvin", 0)
    jobs = RECIPES[name].jobs(None, 1.0)
    assert Counter(len(job.shots(rig)) for job in jobs) == views
    assert len({job.asin for job in jobs}) == len(jobs)
    assert all(len(job.asin) == 10 for job in jobs)


def test_kitchen_views_are_denser_at_some_latitudes() -> None:
    job = RECIPES["kitchen-5k"].jobs(None, 0.02)[0]
    counts = Counter(shot.camera for shot in job.shots(make_rig("marvin", 0)))
    assert max(counts.values()) >= 2 * min(counts.values())


def test_scale_scales_products() -> None:
    assert len(RECIPES["segmentation-10k"].jobs(None, 0.05)) == 12 + 1  # of 238 and of 5


def test_training_and_test_are_disjoint(tmp_path: Path) -> None:
    for stem in (*TEST_MESHES, "yellow_cup", "glue_1"):
        (tmp_path / f"{stem}.glb").touch()
    sources = {
        name: [_source(job) for job in RECIPES[name].jobs(tmp_path, 1.0)] for name in ("train-small", "test-145")
    }
    train, test = sources["train-small"], sources["test-145"]
    assert len(train) >= 400 and len(test) == 145
    assert {s.family for s in train if s.mesh is None} <= set(TRAIN_FAMILIES)
    assert {s.family for s in test if s.mesh is None} <= set(TEST_FAMILIES)
    assert not {s.mesh for s in train if s.mesh} & {s.mesh for s in test if s.mesh}
    assert len(set(test)) == 145


def test_no_training_recipe_shows_a_test_family_and_the_refiner_learns_of_strangers() -> None:
    drawn = ("train-small", "train-hard", "train-thin", "train-open", "train-more", "train-abstract")
    drawn += ("train-wires", "train-solids", "train-slots", "train-arms", "train-heaps", "train-panels", "train-mixed")
    sources = {name: [_source(job) for job in RECIPES[name].jobs(None, 1.0)] for name in drawn}
    assert not {each.family for found in sources.values() for each in found} & set(TEST_FAMILIES)
    bodies = {name: {(each.family, each.seed) for each in found} for name, found in sources.items()}
    strangers = bodies.pop("train-wires") | bodies.pop("train-solids")
    assert not strangers & set().union(*bodies.values())


def test_yield_reconstructs_test_products(tmp_path: Path) -> None:
    for stem in TEST_MESHES:
        (tmp_path / f"{stem}.glb").touch()
    jobs, test = (RECIPES[name].jobs(tmp_path, 1.0) for name in ("yield-30", "test-145"))
    assert [_source(job) for job in jobs] == [_source(job) for job in test[:30]]
    assert {len(job.shots(make_rig("marvin", 0))) for job in jobs} == {38}


def _source(job: object) -> Source:
    return job.make.__self__  # type: ignore[attr-defined,no-any-return]


def test_balance_prefers_rare_tags() -> None:
    sources = [Source(f"family{i % 7}", i) for i in range(60)]
    tags = {s: ("thin",) if s.seed % 10 else ("white", "holes") for s in sources}
    chosen = balanced(sources, tags.get, 12, per_family=4)
    counts = Counter(tag for s in chosen for tag in tags[s])
    assert counts["white"] >= 5
    assert max(Counter(s.family for s in chosen).values()) <= 4


def test_jobs_are_made_late() -> None:
    jobs = make_jobs([Source("no such family", 0)], "X", [1], (make_rig("marvin", 0),), seed=0)
    assert jobs[0].asin == "X000000000"
