import hashlib
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import trimesh

from cleanplate.asset import PROFILES, write_asset
from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.errors import CaptureError, CleanplateError, ImageError, MeshError
from cleanplate.geometry import write_mesh
from cleanplate.image import read_mask, write_image, write_mask
from cleanplate.settings import ProfileName

from .reading import read_document

SMALL = replace(PROFILES["default"], max_triangles=4000, max_texture=256, min_texture=64)


@pytest.fixture(scope="module")
def capture(tmp_path_factory, photos) -> Capture:
    folder = tmp_path_factory.mktemp("capture")
    views = []
    for index, photo in enumerate(photos):
        write_image(folder / f"images/v{index}.png", photo.image)
        write_mask(folder / f"masks/v{index}.png", photo.mask)
        views.append(View(f"v{index}", "cam", f"images/v{index}.png", pose=photo.pose))
    write_capture(Capture(folder, "B000000001", {"cam": photos[0].camera}, tuple(views)))
    return read_capture(folder)


@pytest.fixture(scope="module")
def hull_mesh(tmp_path_factory, torus) -> Path:
    path = tmp_path_factory.mktemp("hull") / "hull.ply"
    write_mesh(path, torus)
    return path


def test_from_files_to_a_valid_watertight_asset(capture, hull_mesh, torus, tmp_path, validate):
    report = write_asset(hull_mesh, capture, capture.folder / "masks", tmp_path / "a.glb", SMALL)
    assert report.triangles <= 4000
    assert report.size_bytes == (tmp_path / "a.glb").stat().st_size
    assert report.extent == pytest.approx(np.ptp(torus.vertices, axis=0)[[0, 2, 1]], rel=0.005)
    assert 0.8 < report.seen <= 1.0
    unseen = read_mask(tmp_path / "a.unseen.png")
    assert unseen.any() and unseen.mean() < 1 - report.seen  # of all texels, not of the painted ones alone
    issues = validate(tmp_path / "a.glb")
    assert not any(issues[f"num{level}"] for level in ("Errors", "Warnings", "Infos", "Hints")), issues
    mesh = trimesh.load_mesh(tmp_path / "a.glb")
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    assert mesh.is_watertight
    assert mesh.euler_number == 0
    assert mesh.volume == pytest.approx(torus.volume, rel=0.01)
    assert mesh.bounds[0][1] == pytest.approx(0, abs=1e-6)
    assert mesh.bounds.mean(axis=0)[[0, 2]] == pytest.approx([0, 0], abs=1e-6)


def test_a_rerun_gives_the_same_bytes(capture, hull_mesh, tmp_path):
    for name in ("a.glb", "b.glb"):
        write_asset(hull_mesh, capture, capture.folder / "masks", tmp_path / name, SMALL)
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()


@pytest.mark.parametrize("name", ["default", "amazon"])
def test_a_model_says_what_it_was_made_from_where_the_shop_reads_it(name, capture, hull_mesh, tmp_path, validate):
    small, masks = replace(PROFILES[name], triangles=1500), capture.folder / "masks"
    made_by = {"network": "default", "networkDigest": "ab12"}
    write_asset(hull_mesh, capture, masks, tmp_path / "a.glb", small, made_by=made_by)
    document, issues = read_document(tmp_path / "a.glb"), validate(tmp_path / "a.glb")
    assert issues["numErrors"] == issues["numWarnings"] == 0, issues
    if name == "amazon":
        assert "KHR_xmp_json_ld" not in document.get("extensionsUsed", [])
        return
    packet = document["extensions"]["KHR_xmp_json_ld"]["packets"][
        document["asset"]["extensions"]["KHR_xmp_json_ld"]["packet"]
    ]
    assert {key.split(":")[0] for key in packet if key != "@context"} <= packet["@context"].keys()
    assert packet["dc:identifier"] == capture.asin and packet["cleanplate:networkDigest"] == "ab12"
    assert packet["cleanplate:hull"] == hashlib.sha256(hull_mesh.read_bytes()).hexdigest()
    lines = subprocess.run(
        ["sha256sum", *sorted(view.image for view in capture.views)],
        cwd=capture.folder,
        capture_output=True,
        check=True,
    )
    assert packet["cleanplate:photographs"] == hashlib.sha256(lines.stdout).hexdigest()


def test_the_product_s_name_is_in_the_file(capture, hull_mesh, tmp_path):
    write_asset(hull_mesh, replace(capture, title="Kettle, 1 l"), capture.folder / "masks", tmp_path / "a.glb", SMALL)
    assert read_document(tmp_path / "a.glb")["nodes"][0]["name"] == "Kettle, 1 l"


def test_seams_beyond_the_vertex_limit_cost_triangles(capture, hull_mesh, tmp_path):
    tight = replace(SMALL, max_vertices=1500)
    report = write_asset(hull_mesh, capture, capture.folder / "masks", tmp_path / "a.glb", tight)
    assert report.vertices <= 1500
    assert report.triangles > 1000


def test_a_file_beyond_the_limits_is_not_written(capture, hull_mesh, tmp_path):
    with pytest.raises(MeshError, match=r"bytes where the profile 'default' allows 1000$"):
        write_asset(hull_mesh, capture, capture.folder / "masks", tmp_path / "a.glb", replace(SMALL, max_bytes=1000))
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_named(capture, hull_mesh, tmp_path):
    masks = capture.folder / "masks"
    with pytest.raises(CleanplateError, match="unknown profile 'tiktok'; use one of default"):
        write_asset(hull_mesh, capture, masks, tmp_path / "a.glb", "tiktok")
    with pytest.raises(MeshError, match=r"none.ply: not found"):
        write_asset(tmp_path / "none.ply", capture, masks, tmp_path / "a.glb", SMALL)
    (tmp_path / "bad.ply").write_bytes(b"ply\nformat ascii 1.0\nelement vertex 9\n")
    with pytest.raises(MeshError, match=r"bad.ply"):
        write_asset(tmp_path / "bad.ply", capture, masks, tmp_path / "a.glb", SMALL)
    with pytest.raises(ImageError, match=r"v0.png"):
        write_asset(hull_mesh, capture, tmp_path, tmp_path / "a.glb", SMALL)
    poseless = replace(capture, views=tuple(replace(view, pose=None) for view in capture.views))
    with pytest.raises(CaptureError, match="no pose"):
        write_asset(hull_mesh, poseless, masks, tmp_path / "a.glb", SMALL)


def test_a_mask_of_another_size_is_named(capture, hull_mesh, tmp_path):
    for view in capture.views:
        write_mask(tmp_path / f"masks/{view.id}.png", np.ones((10, 20), bool))
    with pytest.raises(ImageError, match=r"v0.png: 20x10 pixels, but camera 'cam' has 320x256"):
        write_asset(hull_mesh, capture, tmp_path / "masks", tmp_path / "a.glb", SMALL)


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_keep_the_targets_documented_limits(name):
    profile = PROFILES[name]
    assert profile.name == name
    assert profile.max_texture in (1024, 2048, 4096)
    if name in ("default", "google"):
        assert profile.max_vertices <= 30_000
        assert profile.max_bytes <= 10_000_000
    assert profile.compression == {"web": "meshopt", "web-draco": "draco"}.get(name)


@pytest.mark.parametrize("name", PROFILES)
def test_each_profile_gives_what_its_shop_asks_for(name, capture, hull_mesh, tmp_path, validate):
    if compression := PROFILES[name].compression:
        pytest.importorskip(
            {"draco": "DracoPy"}.get(compression, compression),
            reason="needs the extra: pip install 'cleanplate[web-asset]'",
        )
    small = replace(PROFILES[name], triangles=3000)
    report = write_asset(hull_mesh, capture, capture.folder / "masks", tmp_path / "a.glb", small)
    issues = validate(tmp_path / "a.glb")
    assert issues["numErrors"] == issues["numWarnings"] == 0, issues
    document = read_document(tmp_path / "a.glb")
    surface = document["materials"][0]["pbrMetallicRoughness"]
    assert surface["metallicRoughnessTexture"] == document["materials"][0]["occlusionTexture"]
    assert report.texture in (512, 1024, 2048) and small.min_texture <= report.texture <= small.max_texture
    assert set(document.get("extensionsUsed", [])) <= set(small.extensions)


def test_profiles_say_where_their_limits_are_from():
    assert set(get_args(ProfileName)) == set(PROFILES)
    for profile in PROFILES.values():
        assert len(profile.source) > 20 and date.fromisoformat(profile.as_of)


def test_a_small_limit_costs_quality_before_triangles(capture, hull_mesh, tmp_path):
    masks = capture.folder / "masks"
    large = write_asset(hull_mesh, capture, masks, tmp_path / "a.glb", SMALL)
    tight = replace(SMALL, max_bytes=large.size_bytes - 5000)
    less = write_asset(hull_mesh, capture, masks, tmp_path / "b.glb", tight)
    assert less.size_bytes <= tight.max_bytes and less.triangles == large.triangles


def test_a_normal_map_s_tangents_are_counted_before_the_file_is_written(capture, hull_mesh, tmp_path):
    masks = capture.folder / "masks"
    full = write_asset(hull_mesh, capture, masks, tmp_path / "a.glb", replace(SMALL, normals=True))
    tight = replace(SMALL, normals=True, max_bytes=int(0.55 * full.size_bytes))
    less = write_asset(hull_mesh, capture, masks, tmp_path / "b.glb", tight)
    assert less.size_bytes <= tight.max_bytes
