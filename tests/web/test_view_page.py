"""The viewer page in a browser: the model is drawn, its buttons work, and nothing leaves the machine."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from cleanplate.asset import Model, write_glb
from cleanplate.errors import CaptureError
from cleanplate.geometry import Mesh
from cleanplate.report.products import find_products
from cleanplate.types import Image
from cleanplate.web.view import Viewer, view_app
from web.conftest import TOKEN, make_capture, served

PATIENCE = 120_000
EXTENT = (0.3, 0.2, 0.1)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a run leaves: a green box of known size, and masks."""
    capture = make_capture(tmp_path / "B00000DISC")
    folder = tmp_path / "out/B00000DISC"
    make_capture(folder)
    (folder / "capture.json").unlink()
    box = trimesh.creation.box(EXTENT)
    box.apply_translation([0, EXTENT[1] / 2, 0])
    box.visual = trimesh.visual.TextureVisuals(
        material=trimesh.visual.material.PBRMaterial(baseColorFactor=[0, 160, 0, 255], metallicFactor=0.0)
    )
    box.export(folder / "B00000DISC.glb")
    with zipfile.ZipFile(folder / "B00000DISC.usdz", "w") as package:
        package.writestr("product.usdc", b"PXR-USDC")
    materials = {"matt": 0.7, "gloss": 0.3, "metal": 0.0, "glass": 0.0}
    (folder / "B00000DISC.json").write_text(json.dumps({"extent": EXTENT, "materials": materials}))
    problems = {"problems": ["view cam00_001: shifted"], "status": "partial", "figures": {"triangles": 12}}
    (folder / "result.json").write_text(json.dumps({"capture": str(capture)} | problems))
    return folder


def test_compressed_models_are_drawn_too(browser: Browser, run: Path) -> None:
    pytest.importorskip("meshopt", reason="needs the extra: pip install 'cleanplate[web-asset]'")
    box = Mesh.of(trimesh.creation.box(EXTENT))
    green = np.tile(np.array([0, 160, 0], np.uint8), (len(box.vertices), 1))
    model = Model(box.vertices, box.normals, box.faces, colours=green)
    write_glb(run / "B00000DISC.glb", model, compression="meshopt")
    write_glb(run / "B00000DISC.web-draco.glb", replace(model, colours=green[:, [1, 0, 2]]), compression="draco")
    (run / "B00000DISC.web-draco.json").write_text(json.dumps({"profile": "web-draco"}))
    with served(lambda port: view_app(Viewer(find_products([run])), TOKEN, port)) as page:
        tab = drawn(browser, page.url)
        tab.evaluate("delete document.querySelector('model-viewer').dataset.ready")
        tab.get_by_label("Made for").select_option("web-draco")
        tab.wait_for_selector("model-viewer[data-ready=true]")
        red = picture_of(tab)[..., [1, 0, 2]]
        assert green_share(red) > 0.03


def test_profiles_of_a_result_are_switched_between(browser: Browser, run: Path) -> None:
    red = trimesh.load_mesh(run / "B00000DISC.glb")
    red.visual.material.baseColorFactor = [200, 0, 0, 255]
    red.export(run / "B00000DISC.web.glb")
    facts = {"profile": "web", "triangles": 12, "texture": 512, "seen": 0.75}
    (run / "B00000DISC.web.json").write_text(json.dumps(facts))
    cv2.imwrite(str(run / "B00000DISC.web.unseen.png"), np.full((4, 4), 255, np.uint8))
    with served(lambda port: view_app(Viewer(find_products([run])), TOKEN, port)) as page:
        tab = drawn(browser, page.url)
        tab.evaluate("delete document.querySelector('model-viewer').dataset.ready")
        tab.get_by_label("Made for").select_option("web")
        tab.wait_for_selector("model-viewer[data-ready=true]")
        assert green_share(picture_of(tab)) < 0.001
        assert "12 triangles, textures of 512 texels" in tab.locator("#profile-facts").inner_text()
        assert tab.locator("#download").get_attribute("download") == "B00000DISC.web.glb"
        before = picture_of(tab)
        tab.get_by_role("button", name="Filled in").click()
        tab.wait_for_timeout(1500)
        marked = picture_of(tab).astype(int)
        assert (marked[..., 2] - before[..., 2].astype(int) > 60).mean() > 0.03, "what is filled in does not glow"
        assert "25 % of the texture" in str(tab.locator("#unseen").get_attribute("title"))
        assert tab.request.get(f"http://127.0.0.1:{page.port}/models/0~amazon.glb?token={TOKEN}").status == 404


def test_a_model_that_cannot_be_read_is_not_blamed_on_webgl(browser: Browser, run: Path) -> None:
    (run / "B00000DISC.glb").write_bytes(b"glTF\x02\0\0\0" + 8 * b"\xff")
    with served(lambda port: view_app(Viewer(find_products([run])), TOKEN, port)) as page:
        tab = browser.new_page()
        tab.goto(page.url)
        expect(tab.locator("#message")).to_contain_text("The model cannot be shown", timeout=PATIENCE)
        assert "WebGL" not in tab.locator("#message").inner_text()


def drawn(browser: Browser, url: str) -> Tab:
    """Open a page and see its green model there."""
    tab = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(url)
    tab.wait_for_selector("model-viewer[data-ready=true]")
    assert green_share(picture_of(tab)) > 0.03
    return tab


def picture_of(tab: Tab) -> Image:
    data = np.frombuffer(tab.locator("model-viewer").screenshot(timeout=PATIENCE), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def green_share(picture: Image) -> float:
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    return float(((green > 1.5 * red + 20) & (green > 1.5 * blue + 20)).mean())


def test_the_model_is_drawn_and_nothing_leaves_the_machine(browser: Browser, run: Path) -> None:
    viewer = Viewer(find_products([run]))
    expect.set_options(timeout=PATIENCE)
    with served(lambda port: view_app(viewer, TOKEN, port)) as page:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        context.set_default_timeout(PATIENCE)
        tab = context.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda text: complaints.append(text.text) if "Content Security" in text.text else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(page.url)
        tab.wait_for_selector("model-viewer[data-ready=true]")
        assert green_share(picture_of(tab)) > 0.03
        described = (
            "30.0 cm by 20.0 cm by 10.0 cm (width, height, depth); "
            "surface taken for 70 % matt, 30 % gloss; drag to turn it"
        )
        told = tab.locator("model-viewer").evaluate("viewer => viewer.alt")
        assert told == f"The model of B00000DISC, {described}"
        expect(tab.locator("#size")).to_have_text("30.0 cm × 20.0 cm × 10.0 cm")
        for axis, length in zip("xyz", ("30.0 cm", "20.0 cm", "10.0 cm"), strict=True):
            expect(tab.locator(f"[slot=hotspot-{axis}]")).to_have_text(length)
        tab.locator("#dimensions").click()
        expect(tab.locator("[slot=hotspot-x]")).to_be_hidden()
        tab.locator("#turn").click()
        assert tab.evaluate("() => document.querySelector('model-viewer').autoRotate")
        tab.locator("#turn").click()
        tab.locator("#reset").click()

        viewer_element = tab.locator("model-viewer")
        expect(viewer_element).to_have_attribute("ar-modes", "webxr scene-viewer quick-look")
        assert viewer_element.get_attribute("ios-src") == f"/models/0.usdz?token={TOKEN}"
        assert tab.locator("model-viewer > [slot=ar-button]").count() == 1

        expect(tab.locator("#strip img")).to_have_count(3)
        tab.locator("#strip-show [data-what=input]").click()
        assert "/input" in str(tab.locator("#strip img").first.get_attribute("src"))
        tab.locator("#strip button").nth(1).click()
        expect(tab.locator("#compare-title")).to_contain_text("cam00_001")
        tab.locator("#slider").fill("100")
        expect(tab.locator("#problems li")).to_have_text("view cam00_001: shifted")
        expect(tab.locator("header #status")).to_have_text("partial")
        assert complaints == []
        assert all(url.startswith((page.base, "blob:", "data:")) for url in asked), asked
        context.close()


def test_phones_get_the_models_by_token_and_nothing_else(run: Path) -> None:
    viewer = Viewer(find_products([run]))
    with served(lambda port: view_app(viewer, TOKEN, port)) as page:
        phone = page.client(cookie=None)
        for kind, media in (("glb", "model/gltf-binary"), ("usdz", "model/vnd.usdz+zip")):
            assert phone.get(f"/models/0.{kind}").status == 401
            answer = phone.get(f"/models/0.{kind}?token={TOKEN}")
            assert answer.headers["content-type"] == media
            assert answer.content == (run / f"B00000DISC.{kind}").read_bytes()
        assert phone.get(f"/api/products?token={TOKEN}").status == 401
        own = page.client()
        for path in ("/models/1.glb", "/models/0.json", "/models/..%2f0.glb", "/api/views/0-cam00_000/secret"):
            assert own.get(path).status == 404, path
        for method, path in (("POST", "/api/products"), ("PUT", "/models/0.glb"), ("DELETE", "/")):
            assert page.client(origin=None).request(method, path).status == 403
            assert own.request(method, path).status == 405


def test_without_a_model_there_is_nothing_to_view(run: Path) -> None:
    (run / "B00000DISC.glb").unlink()
    with pytest.raises(CaptureError, match="no model"):
        Viewer(find_products([run]))
