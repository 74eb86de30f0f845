"""Batches: one bad product stops nothing, finished ones are skipped, a kill or a full disk leaves no half capture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from cleanplate.capture import Capture
from cleanplate.errors import CleanplateError
from cleanplate.render import BatchReport, Job, Rig, Shot, make, make_dataset, render_batch, render_collection
from cleanplate.render import capture as shooting
from cleanplate.render.products import Material, Part, Product
from render.small import HEIGHT, QUALITY, WIDTH, ball


def _empty() -> Product:
    mesh = trimesh.Trimesh([[0, 0, 0]], np.empty((0, 3), int), process=False)
    return Product("empty", "ball", 0, (Part(mesh, Material("paint", (0.5, 0.5, 0.5), 0.5)),), ())


def _job(asin: str, make: Callable[[], Product], rig: Rig) -> Job:
    return Job(asin, make, lambda _: rig.config, lambda _: (Shot(4, 200.0),), seed=1)


def test_a_bad_product_is_named_and_the_rest_goes_on(rig: Rig, cache: Path, tmp_path: Path) -> None:
    said: list[str] = []
    jobs = [_job("B000000001", _empty, rig), _job("B000000002", ball, rig)]
    report = render_batch(jobs, tmp_path, WIDTH, HEIGHT, QUALITY, cache, said.append)
    assert report.made == ("B000000002",)
    assert "empty, part 0 (paint): the mesh has no faces" in report.failed["B000000001"]
    assert len(said) == 2 and "FAILED" in said[0] and "left" in said[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["B000000002"]
    again = render_batch(jobs, tmp_path, WIDTH, HEIGHT, QUALITY, cache, said.append)
    assert again.skipped == ("B000000002",) and again.made == ()


@pytest.mark.parametrize("blow", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_kill_or_a_full_disk_leaves_nothing_half_done(
    blow: BaseException, rig: Rig, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise blow

    monkeypatch.setattr(shooting, "write_mask", fail)
    with pytest.raises(type(blow)):
        render_batch([_job("B000000001", ball, rig)], tmp_path, WIDTH, HEIGHT, QUALITY, cache, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_rendered_is_said_before_work_starts(tmp_path: Path) -> None:
    with pytest.raises(CleanplateError, match="no product family 'spoonbill'"):
        render_collection(tmp_path, families=["spoonbill"])
    with pytest.raises(CleanplateError, match="nothing to render"):
        render_collection(tmp_path)
    with pytest.raises(CleanplateError, match="no rig preset 'garage'"):
        render_collection(tmp_path, families=["mug"], preset="garage")
    with pytest.raises(CleanplateError, match="no data set recipe 'all'"):
        make_dataset("all", tmp_path)


def test_a_capture_says_what_it_shows(ball_capture: Capture) -> None:
    assert {p.name for p in ball_capture.folder.iterdir()} == {"capture.json", "images", "plates", "masks", "truth.ply"}


def test_meshes_come_in_any_unit_and_either_axis_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slab of 100 x 200 x 300 mm with y up stands 0.2 m high in the rig's world."""
    trimesh.creation.box((100, 200, 300)).export(tmp_path / "slab.ply")
    jobs: list[Job] = []
    monkeypatch.setattr(make, "render_batch", lambda given, *_, **__: jobs.extend(given) or BatchReport((), (), {}))
    render_collection(tmp_path / "out", meshes=tmp_path / "slab.ply", scale=0.001, up="y")
    (part,) = jobs[0].make().parts
    assert np.allclose(np.ptp(part.mesh.vertices, axis=0), (0.1, 0.3, 0.2))
    assert part.mesh.vertices[:, 2].min() == pytest.approx(0)
