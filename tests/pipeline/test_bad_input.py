"""Everything that can be wrong with a capture: named, with its file and remedy, and the neighbours unharmed."""

import errno
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pipeline_support import contents, edit

from cleanplate.batch import run_batch
from cleanplate.capture import read_capture
from cleanplate.errors import CaptureError, ImageError, MeshError
from cleanplate.hull import write_hull
from cleanplate.image import read_image, read_mask, write_image, write_mask
from cleanplate.settings import MASKS, Settings

SETTINGS = Settings(model="classical", resolution=48)
HULL = replace(SETTINGS, stages=(*MASKS, "carve", "report"))
"""For what models do not tell: they take most of the time."""
FIRST = "images/cam00_000.png"


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def _blank(folder: Path) -> None:
    shutil.copy(folder / "plates/cam00.png", folder / FIRST)


VIEW_DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "image missing": (lambda f: (f / FIRST).unlink(), "cam00_000.png"),
    "image truncated": (lambda f: _truncate(f / FIRST), "cam00_000.png"),
    "not a picture": (lambda f: (f / FIRST).write_text("hello"), "not a picture"),
    "image of another size": (lambda f: write_image(f / FIRST, np.zeros((8, 9, 3), np.uint8)), "9x8"),
    "out of frame": (_blank, "empty"),
}


@pytest.mark.parametrize("name", VIEW_DAMAGE)
def test_a_bad_view_is_named_and_the_rest_goes_on(folder: Path, tmp_path: Path, name: str) -> None:
    damage, expected = VIEW_DAMAGE[name]
    damage(folder)
    batch = run_batch([folder], tmp_path / "out", HULL)
    product = batch.products[0]
    assert (product.status, batch.exit_code) == ("partial", 3)
    assert len(product.problems) == 1
    assert "cam00_000" in product.problems[0]
    assert expected in product.problems[0]
    assert (tmp_path / "out/B00000BALL/hull.ply").is_file()
    assert "cam00_000" in (tmp_path / "out/B00000BALL/report.html").read_text()


CAPTURE_DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "plate missing": (lambda f: (f / "plates/cam00.png").unlink(), "plates/cam00.png"),
    "plate of another size": (lambda f: write_image(f / "plates/cam00.png", np.zeros((8, 9, 3), np.uint8)), "9x8"),
    "asin": (lambda f: edit(f, lambda d: d.update(asin="../../etc")), "asin"),
    "escape": (lambda f: edit(f, lambda d: d["views"][0].update(image="../x.png")), "leads out of"),
    "future": (lambda f: edit(f, lambda d: d.update(format="cleanplate-capture/9")), "newer"),
    "type": (lambda f: edit(f, lambda d: d.update(views={})), "views"),
    "singular K": (lambda f: edit(f, lambda d: d["cameras"]["cam00"].update(K=[[0, 0, 0]] * 3)), "K"),
    "no views": (lambda f: edit(f, lambda d: d.update(views=[])), "views"),
    "no poses": (lambda f: edit(f, lambda d: [view.pop(k) for view in d["views"] for k in "Rt"]), "no pose"),
    "no json": (lambda f: (f / "capture.json").write_text("{"), "JSON"),
}


def test_bad_captures_are_named_and_their_neighbour_unharmed(sound: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "in" / f"B{n:09}" for n in range(len(CAPTURE_DAMAGE) + 1)]
    for folder in folders:
        shutil.copytree(sound, folder)
        edit(folder, lambda d, asin=folder.name: d.update(asin=asin))
    for folder, (damage, _) in zip(folders, CAPTURE_DAMAGE.values(), strict=False):
        damage(folder)
    batch = run_batch(folders, tmp_path / "out", HULL)
    *bad, good = batch.products
    assert (good.status, batch.exit_code) == ("ok", 3)
    for folder, product, (name, (_, expected)) in zip(folders, bad, CAPTURE_DAMAGE.items(), strict=False):
        assert product.status == "failed", name
        assert any(expected in problem for problem in product.problems), (name, product.problems)
        assert any(str(folder) in problem for problem in product.problems), name


def test_two_captures_of_one_asin_do_not_mix(folder: Path, sound: Path, tmp_path: Path) -> None:
    batch = run_batch([folder, sound], tmp_path / "out", HULL)
    assert [product.status for product in batch.products] == ["ok", "failed"]
    assert "also that of" in batch.products[1].problems[0]


def test_a_full_disk_is_named_and_a_rerun_finishes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if "cam00_108" in self.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    batch = run_batch([folder], tmp_path / "out", HULL)
    assert batch.exit_code == 1
    assert "No space left on device" in batch.products[0].problems[0]
    told = json.loads((tmp_path / "out/B00000BALL/result.json").read_text())
    assert told["status"] == "failed" and "No space left on device" in told["problems"][0]
    monkeypatch.undo()
    assert run_batch([folder], tmp_path / "out", HULL).exit_code == 0
    run_batch([folder], tmp_path / "again", HULL)
    ours, undisturbed = (contents(tmp_path / name / "B00000BALL") for name in ("out", "again"))
    del ours["result.json"], undisturbed["result.json"]  # holds the output folder's name
    assert ours == undisturbed


def test_a_result_never_says_ok_after_a_failure(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = tmp_path / "out/B00000BALL/result.json"
    settings = replace(SETTINGS, stages=(*MASKS, "carve"))
    run_batch([folder], tmp_path / "out", settings)
    assert json.loads(result.read_text())["status"] == "ok"

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "hull.ply")

    monkeypatch.setattr("cleanplate.hull.write_hull", refused)
    batch = run_batch([folder], tmp_path / "out", replace(settings, resolution=40))
    assert batch.exit_code == 1
    told = json.loads(result.read_text())
    assert told["status"] == "failed" and "hull.ply: Permission denied" in told["problems"][0]


def test_an_output_that_cannot_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    batch = run_batch([folder], tmp_path / "file", SETTINGS)
    assert batch.exit_code == 1
    assert str(tmp_path / "file") in batch.products[0].problems[0]


def test_a_bug_in_one_product_is_named_and_stops_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("cleanplate.batch.one.run_product", broken)
    batch = run_batch([folder], tmp_path / "out", SETTINGS)
    assert batch.exit_code == 1
    assert "internal error (ZeroDivisionError: a bug" in batch.products[0].problems[0]


MASK_DAMAGE: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "empty": (lambda mask: mask & False, "empty"),
    "full": (lambda mask: mask | True, "whole picture"),
}


@pytest.mark.parametrize("name", MASK_DAMAGE)
def test_a_useless_mask_is_left_out_of_the_hull(folder: Path, tmp_path: Path, name: str) -> None:
    change, expected = MASK_DAMAGE[name]
    path = folder / "masks/cam00_000.png"
    write_mask(path, change(read_mask(path)))
    write_hull(read_capture(folder), folder / "masks", tmp_path / "hull.ply", SETTINGS.resolution)
    assert expected in json.loads((tmp_path / "hull.json").read_text())["unused"]["cam00_000"]


def test_a_mask_of_another_size_is_refused(folder: Path, tmp_path: Path) -> None:
    write_mask(folder / "masks/cam00_000.png", np.ones((5, 6), bool))
    with pytest.raises(ImageError, match=r"cam00_000\.png: mask is 6x5"):
        write_hull(read_capture(folder), folder / "masks", tmp_path / "hull.ply", SETTINGS.resolution)


def test_two_views_make_no_hull(folder: Path, tmp_path: Path) -> None:
    edit(folder, lambda d: d.update(views=d["views"][:2]))
    with pytest.raises(MeshError, match="needs 3 or more"):
        write_hull(read_capture(folder), folder / "masks", tmp_path / "hull.ply", SETTINGS.resolution)


def test_an_object_at_the_border_still_gives_a_closed_hull(folder: Path, tmp_path: Path) -> None:
    """A picture cropped through the product says nothing of what lies beyond it."""
    import trimesh

    def crop(document: dict) -> None:
        camera = dict(document["cameras"]["cam00"], width=70)
        document["cameras"]["crop"] = camera
        document["views"][0].update(camera="crop", plate="plates/crop.png")

    edit(folder, crop)
    for name in (FIRST, "plates/crop.png"):
        source = folder / FIRST if name == FIRST else folder / "plates/cam00.png"
        write_image(folder / name, np.ascontiguousarray(read_image(source)[:, :70]))
    mask = folder / "masks/cam00_000.png"
    write_mask(mask, np.ascontiguousarray(read_mask(mask)[:, :70]))
    write_hull(read_capture(folder), folder / "masks", tmp_path / "hull.ply", SETTINGS.resolution)
    mesh = trimesh.load_mesh(tmp_path / "hull.ply")
    assert mesh.is_watertight
    assert mesh.extents[0] == pytest.approx(0.1, rel=0.1)


def test_a_capture_without_poses_is_still_segmented(folder: Path, tmp_path: Path) -> None:
    edit(folder, lambda d: [view.pop(k) for view in d["views"] for k in "Rt"])
    batch = run_batch([folder], tmp_path / "out", Settings(model="classical", stages=(*MASKS, "report")))
    assert batch.exit_code == 0
    assert len(list((tmp_path / "out/B00000BALL/masks").iterdir())) == 10
    with pytest.raises(CaptureError, match="no pose"):
        read_capture(folder).poses()
