"""What a corrected mask changes elsewhere is shown before it is saved; the grid begins with what costs most."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from playwright.sync_api import Browser, expect

from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.geometry import Camera, Mesh, look_at, rotation_z
from cleanplate.geometry.raster import silhouette
from cleanplate.image import read_mask, write_image, write_mask, write_probability
from cleanplate.report.products import find_products
from cleanplate.state import State, exclusive
from cleanplate.web.bits import pack
from cleanplate.web.changes import changes
from web.conftest import Page, reviewing
from web.test_review_page import tab

ASIN, COUNT, PATCHED = "B00000BALL", 12, "cam00_03"
CAMERA = Camera(128, 104, np.array([[260.0, 0, 64], [0, 260, 52], [0, 0, 1]]))
PATCH = np.s_[4:20, 4:20]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A capture of a ball, and a run's folder in which one mask has a patch that the others deny."""
    capture, run = tmp_path_factory.mktemp("capture") / ASIN, tmp_path_factory.mktemp("out") / ASIN
    ball = trimesh.creation.icosphere(subdivisions=4, radius=0.04)
    ball.apply_translation([0, 0, 0.04])
    rng, views = np.random.default_rng(0), []
    plate = rng.integers(195, 205, (CAMERA.height, CAMERA.width, 3)).astype(np.uint8)
    write_image(capture / "plate.png", plate)
    for n in range(COUNT):
        eye = rotation_z(360 / COUNT * n) @ np.array([0.4, 0, 0.05 + 0.06 * (n % 4)])
        pose, name = look_at(eye, np.array([0, 0, 0.04])), f"cam00_{n:02d}"
        truth = silhouette(Mesh.of(ball), CAMERA, pose)
        write_image(capture / f"images/{name}.png", np.where(truth[..., None], np.uint8([90, 60, 50]), plate))
        views.append(View(name, "cam00", f"images/{name}.png", "plate.png", pose=pose))
        mask = truth.copy()
        mask[PATCH] |= name == PATCHED
        write_mask(run / f"masks/{name}.png", mask)
        write_probability(run / f"probabilities/{name}.png", mask.astype(np.float32))
    write_capture(Capture(capture, ASIN, {"cam00": CAMERA}, tuple(views)))
    stakes = {view.id: 1e-8 * n for n, view in enumerate(views)}
    facts = {"agreement": dict.fromkeys(stakes, 0.99), "at_stake": stakes, "unused": {"cam00_05": "out of place"}}
    (run / "hull.json").write_text(json.dumps(facts | {"doubtful": {}}))
    (run / "result.json").write_text(json.dumps({"capture": str(capture)}))
    outputs = [run / f"masks/{view.id}.png" for view in views]
    with exclusive(run), State(run).making("key", *outputs) as room:
        for view in views:
            (room / f"masks/{view.id}.png").write_bytes((run / f"masks/{view.id}.png").read_bytes())
    return capture, run


@pytest.fixture
def page(ran: tuple[Path, Path]) -> Iterator[Page]:
    with reviewing(*ran) as page:
        yield page


def test_a_mask_as_it_should_be_says_what_it_changes_elsewhere(ran: tuple[Path, Path]) -> None:
    capture, run = read_capture(ran[0]), ran[1]
    (product,) = find_products([*ran])
    view = capture.views[0]
    (change,) = changes(product, view, read_mask(run / f"masks/{view.id}.png"))
    assert change.view == PATCHED
    assert change.filled < 20 < 200 < change.removed
    assert change.picture.startswith("data:image/jpeg;base64,")
    patched = next(each for each in capture.views if each.id == PATCHED)
    mask = read_mask(run / f"masks/{PATCHED}.png")
    mask[PATCH] = False
    assert changes(product, patched, mask) == [], "its own mask is a person's then, and the others agree with it"


def test_the_grid_begins_with_contradictions_and_then_with_what_is_at_stake(page: Page) -> None:
    while not (answer := page.client().get("/api/views").json())["ranked"]:
        time.sleep(0.1)
    views = {view["id"]: view for view in answer["views"]}
    assert views["cam00_05"]["contradicts"]
    assert views["cam00_11"]["stake"] == pytest.approx(0.11)
    assert "0.11 ml at stake" in views["cam00_11"]["reason"]


def test_only_runs_with_poses_tell_changes(page: Page, capture: Path) -> None:
    answer = page.client().request("POST", "/api/views/0-cam00_00/changes", pack(np.ones((104, 128), bool)))
    assert answer.status == 200
    assert all(each["key"] == f"0-{each['view']}" for each in answer.json()["views"])
    with reviewing(capture) as plain:
        answer = plain.client().request("POST", "/api/views/0-cam00_000/changes", pack(np.ones((117, 150), bool)))
        assert answer.status == 422
        assert "cleanplate run" in answer.json()["error"]


def test_a_person_sees_them_before_saving(browser: Browser, page: Page) -> None:
    with tab(browser, page, key="") as view:
        expect(view.locator("#tiles strong").first).to_have_text("cam00_05")
        expect(view.locator("#tiles strong").nth(1)).to_have_text("cam00_11")
        view.goto(page.url + "#0-cam00_00")
        view.wait_for_selector("#stage[aria-busy=false]")
        view.keyboard.press("w")
        expect(view.locator("#changes li")).to_have_count(1)
        expect(view.locator("#changes li")).to_contain_text(f"{PATCHED}: ")
        view.locator("#changes button").click()
        expect(view.locator("#name")).to_have_text(f"{ASIN} / {PATCHED}")
        expect(view.locator("#changes li")).to_have_count(0)
