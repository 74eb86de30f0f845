"""The capture format: round trips, every way to break it, and old files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanplate.capture import Capture, View, find_captures, read_capture, validate_capture, write_capture
from cleanplate.capture.schema import json_schema
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, look_at, rotation_z

Edit = Callable[[Callable[[dict[str, Any]], Any]], None]
ROOT = Path(__file__).parents[2]


def test_what_is_written_is_read_back(folder: Path, tmp_path: Path) -> None:
    capture = read_capture(folder)
    copy = Capture(tmp_path / "copy", capture.asin, capture.cameras, capture.views, capture.tags)
    write_capture(copy)
    assert (tmp_path / "copy/capture.json").read_bytes() == (folder / "capture.json").read_bytes()
    assert capture.views[2].platen_deg == 20.0
    assert capture.tags == ("white",)
    assert validate_capture(folder) == []


finite = st.floats(-1e6, 1e6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.from_regex("[A-Z0-9]{10}", fullmatch=True),
    st.floats(1000, 1e5),
    st.lists(st.floats(-0.1, 0.1), min_size=5, max_size=5),
    st.floats(-360, 360),
    st.lists(st.text(max_size=8), max_size=3),
)
def test_any_capture_survives_a_round_trip(
    tmp_path: Path, asin: str, focal: float, distortion: list[float], angle: float, tags: list[str]
) -> None:
    camera = Camera(640, 512, np.array([[focal, 0.1, 320.0], [0, focal, 256.0], [0, 0, 1]]), np.array(distortion))
    pose = look_at(rotation_z(angle) @ np.array([0.5, 0.1, 0.3]), np.zeros(3))
    view = View("a.b-c_1", "cam", "images/a.jpg", platen_deg=angle, pose=pose)
    write_capture(Capture(tmp_path, asin, {"cam": camera}, (view,), tuple(tags)))
    back = read_capture(tmp_path)
    assert back.asin == asin
    assert back.tags == tuple(tags)
    np.testing.assert_array_equal(back.cameras["cam"].K, camera.K)
    np.testing.assert_array_equal(back.cameras["cam"].distortion, camera.distortion)
    assert back.views[0].pose is not None
    np.testing.assert_array_equal(back.views[0].pose.R, pose.R)
    assert back.views[0].platen_deg == angle


def test_lengths_become_metres(folder: Path, edit: Edit) -> None:
    before = read_capture(folder).poses()[0].t
    edit(lambda document: document.update(length_unit="mm"))
    np.testing.assert_allclose(read_capture(folder).poses()[0].t, before / 1000)


BREAKAGES = {
    "asin": (lambda d: d.update(asin="b0-bad"), "asin"),
    "future version": (lambda d: d.update(format="cleanplate-capture/2"), "newer than this cleanplate"),
    "no version": (lambda d: d.pop("format"), '"format" is None'),
    "wrong type": (lambda d: d["cameras"]["cam0"].update(width="32"), "cameras.cam0.width"),
    "infinite": (lambda d: d["views"][0].update(t=[0, 0, float("nan")]), "t.2"),
    "singular K": (lambda d: d["cameras"]["cam0"].update(K=[[0, 0, 1], [0, 1, 1], [0, 0, 1]]), "singular"),
    "K's last row": (lambda d: d["cameras"]["cam0"].update(K=[[9, 0, 1], [0, 9, 1], [0, 0, 2]]), "form"),
    "no views": (lambda d: d.update(views=[]), "views"),
    "R alone": (lambda d: d["views"][0].pop("t"), "R and t come together"),
    "not a rotation": (lambda d: d["views"][0].update(R=[[1, 0, 0], [0, 1, 0], [0, 0, -1]]), "rotation"),
    "unknown camera": (lambda d: d["views"][1].update(camera="cam9"), "'cam9'"),
    "double id": (lambda d: d["views"][1].update(id="v0"), "'v0' occurs 2 times"),
    "id with a slash": (lambda d: d["views"][1].update(id="../v0"), "views.1.id"),
    "out of the folder": (lambda d: d["views"][0].update(image="../../etc/passwd"), "leads out of"),
    "absolute": (lambda d: d["views"][0].update(plate="/etc/passwd"), "leads out of"),
    "backslash": (lambda d: d["views"][0].update(mask="..\\x.png"), "leads out of"),
    "unit": (lambda d: d.update(length_unit="furlong"), "length_unit"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_file_is_named_with_its_place(folder: Path, edit: Edit, name: str) -> None:
    change, expected = BREAKAGES[name]
    edit(change)
    with pytest.raises(CaptureError) as caught:
        read_capture(folder)
    assert expected in str(caught.value)
    assert "capture.json" in str(caught.value)
    assert caught.value.problems == validate_capture(folder)


def test_every_problem_is_named_at_once(folder: Path, edit: Edit) -> None:
    edit(lambda d: (d.update(asin="x"), d["cameras"]["cam0"].update(width=-1), d["views"][0].update(image=7)))
    assert len(validate_capture(folder)) == 3


@pytest.mark.parametrize("text", ["", "[1", "[]", "\ufeff{}", "[" * 100_000])
def test_what_is_no_json_object_is_refused(folder: Path, text: str) -> None:
    (folder / "capture.json").write_text(text)
    with pytest.raises(CaptureError, match=r"capture\.json"):
        read_capture(folder)


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"x")
    (folder / "images/v0.jpg").unlink()
    (folder / "images/v0.jpg").symlink_to(secret)
    with pytest.raises(CaptureError, match="leads out of"):
        read_capture(folder)


def test_poses_may_be_missing_until_a_hull_needs_them(folder: Path, edit: Edit) -> None:
    edit(lambda d: [view.pop(key) for view in d["views"][:2] for key in ("R", "t")])
    capture = read_capture(folder)
    with pytest.raises(CaptureError, match=r"no pose .* for 2 of 3 views"):
        capture.poses()


def test_unknown_fields_are_ignored(folder: Path, edit: Edit) -> None:
    edit(lambda d: d.update(photographer="Ada"))
    assert validate_capture(folder) == []


def test_a_collection_is_found_and_anything_else_named(folder: Path, tmp_path: Path) -> None:
    assert find_captures([tmp_path, folder]) == [folder]
    with pytest.raises(CaptureError, match="neither a capture"):
        find_captures([folder / "images"])


def test_the_published_schema_is_current_and_accepts_our_files(folder: Path) -> None:
    published = json.loads((ROOT / "docs/capture.schema.json").read_text())
    assert published == json.loads(json.dumps(json_schema())), "run: cleanplate schema > docs/capture.schema.json"
    jsonschema.validate(json.loads((folder / "capture.json").read_text()), published)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"format": "cleanplate-capture/2"}, published)


def test_a_capture_of_version_1_still_loads() -> None:
    archived = ROOT / "tests/data/captures/version-1"
    assert validate_capture(archived) == []
    capture = read_capture(archived)
    assert (capture.asin, len(capture.views), capture.cameras["cam00"].distortion.tolist()) == (
        "B0ARCHIVE1",
        2,
        [0.1, -0.02, 0.001, -0.001, 0.0],
    )


def test_the_shared_captures_are_sound(shared_dir: Path) -> None:
    for capture in find_captures([shared_dir / "captures"]):
        assert validate_capture(capture) == []
