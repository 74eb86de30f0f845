"""The overlays' colours, and the report in a real browser."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from playwright.sync_api import Browser

from cleanplate.asset import Model, write_glb
from cleanplate.asset.profiles import Compression
from cleanplate.geometry import Mesh
from cleanplate.report import disagreement, overlay, view_panel, write_report


def test_disagreement_shows_each_kind_in_its_colour() -> None:
    mask = np.array([[True, True, False, False]])
    seen = np.array([[True, False, True, False]])
    both, mask_alone, hull_alone, neither = disagreement(mask, seen)[0].tolist()
    assert min(both) > 200
    assert mask_alone[0] > 2 * max(mask_alone[1:])
    assert hull_alone[2] > 2 * max(hull_alone[:2])
    assert max(neither) < 50


def test_an_overlay_keeps_the_product_and_dims_the_rest() -> None:
    image = np.full((40, 40, 3), 240, np.uint8)
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    drawn = overlay(image, mask)
    assert (drawn[15:25, 15:25] == 240).all()
    assert (drawn[:5] < 150).all()


def test_a_view_that_others_changed_is_noted_by_its_share_of_the_mask(tmp_path: Path) -> None:
    from cleanplate.capture import View
    from cleanplate.image import write_probability
    from cleanplate.report.stage import _refined_note

    def note(size: int, hole: int) -> str:
        before = np.zeros((200, 200), np.float32)
        before[10 : 10 + size, 10 : 10 + size] = 1.0
        after = before.copy()
        after[12 : 12 + hole, 12 : 12 + hole] = 0.0
        for kind, each in (("probabilities", before), ("refined", after)):
            write_probability(tmp_path / kind / "v.png", each)
        return _refined_note(tmp_path, View("v", "cam00", "v.png"))

    assert note(150, 0) == note(150, 10) == ""
    assert "0 px filled in, 400 removed, 2% of it" in note(150, 20)
    assert "100 removed, 33% of it" in note(20, 10)


def box_of(path: Path, colour: tuple[int, int, int], compression: Compression | None = None) -> None:
    box = Mesh.of(trimesh.creation.box((0.1, 0.1, 0.1)))
    colours = np.tile(np.array(colour, np.uint8), (len(box.vertices), 1))
    write_glb(path, Model(box.vertices, box.normals, box.faces, colours=colours), compression=compression)


@pytest.fixture(scope="module", params=["plain", "web"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of plain models, and of ones compressed as `web` and `web-draco` do."""
    if request.param == "web":
        pytest.importorskip("meshopt", reason="needs the extra: pip install 'cleanplate[web-asset]'")
    folder = tmp_path_factory.mktemp("report")
    box_of(folder / "box.glb", (200, 30, 30), "meshopt" if request.param == "web" else None)
    box_of(folder / "box.amazon.glb", (30, 30, 200), "draco" if request.param == "web" else None)
    image = np.full((64, 80, 3), 200, np.uint8)
    mask = np.zeros((64, 80), bool)
    mask[20:40, 20:60] = True
    panels = [
        view_panel("good", image, image, mask, mask),
        view_panel("bad", image, image, mask, ~mask),
        view_panel("noted", image, None, mask, mask, "the mask is <empty>"),
    ]
    path = folder / "report.html"
    write_report(
        path,
        "B0 <b>",
        {"size": "1 & 2"},
        ["<script>alert(1)</script>"],
        panels,
        [folder / "box.glb", folder / "box.amazon.glb"],
        ["glass", "<i>thin"],
    )
    return path


def test_the_page_works_alone_and_draws_the_model(page: Path, browser: Browser) -> None:
    import cv2

    asked: list[str] = []
    tab = browser.new_page(viewport={"width": 1000, "height": 900})
    tab.set_default_timeout(120_000)
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: pytest.fail(f"text became script: {dialog.message}"))
    tab.goto(page.as_uri())
    tab.wait_for_function("document.querySelector('#model').loaded")
    tab.wait_for_timeout(500)
    shot = cv2.imdecode(np.frombuffer(tab.locator("#model").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    tab.get_by_label("Made for").select_option("amazon")
    tab.wait_for_function("document.querySelector('#model').loaded")
    tab.wait_for_timeout(500)
    other = cv2.imdecode(np.frombuffer(tab.locator("#model").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    order = tab.locator(".view h3").all_inner_texts()
    problem = tab.locator(".problems li").inner_text()
    named, tags = tab.title(), tab.locator("h1 .tag").all_inner_texts()
    broken = tab.evaluate("[...document.images].filter(image => image.complete && !image.naturalWidth).length")
    tab.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    blue, _, red = (shot[shot.shape[0] // 2, shot.shape[1] // 2]).astype(int)
    assert red > blue + 60, "the red box is not drawn in the middle of the viewer"
    assert (named, tags) == ("B0 <b> - cleanplate", ["glass", "<i>thin"])
    blue, _, red = (other[other.shape[0] // 2, other.shape[1] // 2]).astype(int)
    assert blue > red + 60, "the blue box of the other profile is not drawn"
    assert order == ["noted", "bad", "good"]
    assert problem == "<script>alert(1)</script>"
    assert broken == 0
