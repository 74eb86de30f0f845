"""The pictures of a listing: the right views, upright, on white, without a trace of the set; and its description."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from cleanplate.asset import PROFILES, write_asset
from cleanplate.asset.cutout import Cutout
from cleanplate.asset.listing import write_listing
from cleanplate.asset.listing.frames import FILL, Sight, aim, front, ring, seen_by, widest_gap
from cleanplate.asset.listing.shadow import shade_seen, shaded_floor
from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.errors import MeshError
from cleanplate.geometry import project, write_mesh
from cleanplate.image import read_image, write_image, write_mask

from .conftest import photograph

angles = st.floats(-180, 180)


@given(st.lists(st.tuples(angles, st.floats(-20, 80)), min_size=1, max_size=40), angles)
def test_a_spin_goes_around_once_at_one_height(sights, front_deg):
    views = [Sight(*each) for each in sights]
    chosen = ring(views, front_deg)
    assert len(set(chosen)) == len(chosen) >= 1
    turned = [(views[n].azimuth - front_deg - 5) % 360 for n in chosen]
    assert turned == sorted(turned)
    heights = [views[n].elevation for n in chosen]
    assert max(heights) - min(heights) <= 16.0 + 1e-9


def test_the_row_with_most_views_turns_and_the_front_is_seen_from_a_usual_height():
    low, high = [Sight(a, 12) for a in range(-180, 180, 15)], [Sight(a, 55) for a in range(-180, 180, 45)]
    views = [*high, *low]
    chosen = ring(views, -90)
    assert {views[n].elevation for n in chosen} == {12} and len(chosen) == 24
    assert views[front(views, -90)] == Sight(-90, 12)
    assert widest_gap([views[n].azimuth for n in chosen]) == pytest.approx(15)
    assert widest_gap([0, 90]) == pytest.approx(270)


def test_all_pictures_of_a_spin_show_the_product_at_one_scale_in_one_place(torus):
    photos = [photograph(torus, azimuth, 15) for azimuth in range(0, 360, 40)]
    side, aimed = aim([p.camera for p in photos], [p.pose for p in photos], torus.vertices, 4096)
    assert side < 320  # nothing is enlarged
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for photo, (virtual, turned) in zip(photos, aimed, strict=True):
        assert np.allclose(turned.centre, photo.pose.centre)
        pixels = project(virtual, turned, torus.vertices)[0]
        low, high = np.minimum(low, pixels.min(axis=0)), np.maximum(high, pixels.max(axis=0))
        plain = Cutout(np.ones((*photo.mask.shape, 3), np.float32), photo.mask.astype(np.float32))
        seen = seen_by(plain, photo.camera, photo.pose, virtual, turned).share > 0.5
        rows, columns = np.nonzero(seen)
        assert pixels.min(axis=0) == pytest.approx([columns.min(), rows.min()], abs=2)
        assert pixels.max(axis=0) == pytest.approx([columns.max(), rows.max()], abs=2)
    assert (high - low).max() == pytest.approx(FILL * side, abs=1)
    assert (high + low) / 2 == pytest.approx([side / 2, side / 2], abs=1)


def test_the_shadow_lies_under_the_product_and_fades_before_the_floor_ends(torus):
    floor = shaded_floor(torus)
    assert floor.low[2] == torus.vertices[:, 2].min()
    middle = floor.shade.shape[0] // 2
    assert floor.shade[middle, middle] > 0.3
    assert max(floor.shade[0].max(), floor.shade[-1].max(), floor.shade[:, 0].max(), floor.shade[:, -1].max()) < 0.01
    above, below = photograph(torus, 20, 30), photograph(torus, 20, -30)
    assert shade_seen(floor, above.camera, above.pose).min() < 0.8
    assert (shade_seen(floor, below.camera, below.pose) == 1).all()


@pytest.fixture(scope="module")
def result(tmp_path_factory, torus) -> tuple[Path, Capture]:
    """What a run leaves of a torus seen from all sides, on a blue set with its plate."""
    folder = tmp_path_factory.mktemp("in") / "B000000001"
    photos = [photograph(torus, azimuth, 15) for azimuth in range(0, 360, 36)]
    views = []
    write_image(folder / "plates/cam.png", np.tile(np.array([0, 0, 255], np.uint8), (256, 320, 1)))
    for index, photo in enumerate(photos):
        write_image(folder / f"images/v{index}.png", photo.image)
        views.append(View(f"v{index}", "cam", f"images/v{index}.png", "plates/cam.png", pose=photo.pose))
    write_capture(Capture(folder, "B000000001", {"cam": photos[0].camera}, tuple(views), title="A <ring>"))
    out = tmp_path_factory.mktemp("out") / "B000000001"
    for index, photo in enumerate(photos):
        write_mask(out / f"masks/v{index}.png", photo.mask)
    write_mesh(out / "hull.ply", torus)
    capture = read_capture(folder)
    write_asset(out / "hull.ply", capture, out / "masks", out / "B000000001.glb", PROFILES["khronos-planner"])
    (out / "result.json").write_text(json.dumps({"capture": str(folder)}))
    return out, capture


def test_a_listing_is_whole(result, tmp_path):
    folder, capture = result
    write_image(tmp_path / "a/spin/010.jpg", np.zeros((8, 8, 3), np.uint8))  # of an earlier, longer spin
    found = write_listing(folder, capture, tmp_path / "a", url="https://shop.example/models")
    assert len(list((tmp_path / "a/spin").iterdir())) == 10
    assert found.frames == 10 and found.models == ("B000000001.glb",)
    for name in ("poster.jpg", *(f"spin/{n:03d}.jpg" for n in range(10))):
        picture = read_image(tmp_path / "a" / name).astype(int)
        assert picture.shape[0] == picture.shape[1] <= found.side
        border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert border.min() >= 245 and border.mean() > 254  # JPEG rings a little
        assert (picture[..., 2] - picture[..., :2].max(axis=2)).max() < 25, "the set's blue shows"
        assert (picture.min(axis=2) < 100).mean() > 0.1
    with Pillow.open(tmp_path / "a/spin.webp") as moving:
        assert getattr(moving, "n_frames", 1) == 10
    with Pillow.open(tmp_path / "a/cutout.png") as cutout:
        assert cutout.mode == "RGBA" and cutout.getextrema()[3] == (0, 255)
    assert (tmp_path / "a/B000000001.glb").read_bytes() == (folder / "B000000001.glb").read_bytes()
    linked = json.loads((tmp_path / "a/product.jsonld").read_text())
    assert linked["@type"] == "Product" and linked["subjectOf"]["@type"] == "3DModel"
    (encoding,) = linked["subjectOf"]["encoding"]
    assert encoding["contentUrl"] == "https://shop.example/models/B000000001.glb"
    assert encoding["encodingFormat"] == "model/gltf-binary"
    assert linked["width"] == {"@type": "QuantitativeValue", "value": pytest.approx(100, abs=1), "unitCode": "MMT"}
    page = (tmp_path / "a/index.html").read_text()
    assert "A &lt;ring&gt;" in page and "<ring>" not in page
    assert json.loads(page.split('ld+json">')[1].split("</script>")[0]) == linked


def test_the_command_names_what_has_no_model_and_replaces_nothing(result, tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "cleanplate", "listing", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    folder, capture = result
    done = run(str(folder), "--out", "a", "--side", "100", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["side"] == 100
    again = run(str(folder), "--out", "a")
    assert again.returncode == 1 and "--overwrite" in again.stderr
    bare = tmp_path / "runs/B000000001"
    (bare / "masks").mkdir(parents=True)
    missing = run("runs", str(capture.folder), "--out", "b")
    assert missing.returncode == 1 and "there is no model" in missing.stderr
    with pytest.raises(MeshError, match="there is no model"):
        write_listing(bare, capture, tmp_path / "c")
