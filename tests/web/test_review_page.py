"""The review page in a browser: what a person sees is what is on the disk, pixel by pixel."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import Page as Tab

from cleanplate.capture import Capture, read_capture, write_capture
from cleanplate.geometry import look_at
from cleanplate.image import read_mask, write_mask
from cleanplate.types import Mask
from web.conftest import SIZE, Page, disc, make_capture, reviewing

KEY = "0-cam00_000"
PATIENCE = 120_000
"""Milliseconds: a loaded machine is slow, not wrong."""

expect.set_options(timeout=PATIENCE)
COLUMN, ROW = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)


@contextmanager
def tab(browser: Browser, page: Page, key: str = KEY, **context: Any) -> Iterator[Tab]:
    """Open a view in a browser of its own; errors of the page's scripts or of its policy fail the test."""
    opened = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce", **context)
    opened.set_default_timeout(PATIENCE)
    try:
        tab = opened.new_page()
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
        tab.goto(page.url + (f"#{key}" if key else ""))
        tab.wait_for_selector("#stage[aria-busy=false]" if key else "#tiles button")
        yield tab
        assert errors == []
    finally:
        opened.close()


def shown(tab: Tab) -> Mask:
    """Return the mask that the page holds."""
    text = tab.evaluate("() => { let s = ''; for (const p of review.editor.mask.pixels) s += p; return btoa(s) }")
    return (np.frombuffer(base64.b64decode(text), np.uint8) == ord("1")).reshape(SIZE[::-1])


def at(tab: Tab, x: float, y: float) -> tuple[float, float]:
    """Return where a point of the picture lies in the window."""
    place = tab.evaluate(
        """([x, y]) => {
            const box = document.getElementById("stage").getBoundingClientRect();
            const point = review.editor.stage.toDevice({ x, y });
            return [box.left + point.x / devicePixelRatio, box.top + point.y / devicePixelRatio];
        }""",
        [x, y],
    )
    return place[0], place[1]


def click(tab: Tab, x: float, y: float, **options: Any) -> None:
    if options.pop("shift", False):
        with_shift(tab, x, y)
    else:
        tab.mouse.click(*at(tab, x, y), **options)


def with_shift(tab: Tab, x: float, y: float) -> None:
    tab.keyboard.down("Shift")
    tab.mouse.click(*at(tab, x, y))
    tab.keyboard.up("Shift")


def drag(tab: Tab, *points: tuple[float, float]) -> None:
    tab.mouse.move(*at(tab, *points[0]))
    tab.mouse.down()
    for point in points[1:]:
        tab.mouse.move(*at(tab, *point), steps=3)
    tab.mouse.up()


def save(tab: Tab) -> None:
    tab.keyboard.press("Control+s")
    expect(tab.locator("#saved")).to_have_text("saved")


def brush(tab: Tab, size: int, hardness: float = 1.0) -> None:
    tab.evaluate("([s, h]) => { review.editor.tools.size = s; review.editor.tools.hardness = h }", [size, hardness])


def test_load_and_save_are_pixel_identical(browser: Browser, capture: Path) -> None:
    noise = np.random.default_rng(0).random(SIZE[::-1]) < 0.5
    write_mask(capture / "masks/cam00_000.png", noise)
    path = capture / "masks/cam00_000.png"
    with reviewing(capture) as page, tab(browser, page) as view:
        assert np.array_equal(shown(view), noise)
        brush(view, 1)
        view.keyboard.press("e" if noise[40, 30] else "b")
        click(view, 30.5, 40.5)
        save(view)
        changed = read_mask(path)
        assert np.argwhere(changed != noise).tolist() == [[40, 30]]
        view.keyboard.press("Control+z")
        save(view)
        assert np.array_equal(read_mask(path), noise)
        expect(view.locator("#versions button")).to_have_count(3)
        view.locator("#versions button").nth(1).click()  # the save before
        expect(view.locator("#saved")).to_have_text("not saved")
        assert np.array_equal(shown(view), changed)
        save(view)
        view.reload()
        view.wait_for_selector("#stage[aria-busy=false]")
        assert np.array_equal(shown(view), changed)


def test_drawing_tools_do_what_they_say(browser: Browser, page: Page) -> None:
    with tab(browser, page) as view:
        brush(view, 20)
        view.keyboard.press("b")
        click(view, 25.5, 90.5)
        dab = (COLUMN - 25.5) ** 2 + (ROW - 90.5) ** 2 <= 100
        expected = disc() | dab
        assert (shown(view) != expected).sum() <= 8  # the pointer lies on whole pixels of the screen
        before = shown(view)
        drag(view, (25.5, 90.5), (60.5, 100.5), (100.5, 100.5))
        assert (shown(view) & ~before)[100, 30:100].all() or (shown(view) & ~before).sum() > 1000
        view.keyboard.press("e")
        brush(view, 300)
        click(view, 75, 58)
        assert not shown(view).any()
        for _ in range(3):
            view.keyboard.press("Control+z")
        assert np.array_equal(shown(view), disc())

        view.keyboard.press("p")
        for corner in ((5, 5), (45, 5), (45, 25), (5, 25)):
            click(view, *corner)
        view.keyboard.press("Enter")
        box = (COLUMN > 5) & (COLUMN < 45) & (ROW > 5) & (ROW < 25)
        assert (shown(view) ^ (disc() | box)).sum() <= 120  # one row or column, for the same reason
        view.keyboard.press("k")
        for corner in ((1, 1), (60, 1), (60, 30), (1, 30), (1, 2)):
            click(view, *corner)
        assert not shown(view)[2:24, 2:45].any()
        view.keyboard.press("Control+z")
        view.keyboard.press("Control+z")

        view.keyboard.press("f")
        click(view, 70, 60)
        assert (shown(view) ^ disc()).sum() == (shown(view) & ~disc()).sum() > 150
        assert shown(view)[60, 70]
        click(view, 2, 2)
        expect(view.locator("#message")).to_contain_text("no hole")
        view.keyboard.press("Control+z")
        with_shift(view, 2, 2)
        assert shown(view)[60, 70]
        view.keyboard.press("i")
        click(view, 130, 20)
        assert not shown(view)[20, 130]
        view.keyboard.press("Control+z")
        with_shift(view, 130, 20)
        assert shown(view)[20, 130]
        assert shown(view).sum() < 100


def test_marks_vanish_from_the_screen(browser: Browser, page: Page) -> None:
    with tab(browser, page) as view:
        view.keyboard.press("p")
        stage = view.locator("#stage")
        before = drawn(stage)
        for corner in ((5, 5), (45, 5), (45, 25)):
            click(view, *corner)
        assert drawn(stage) != before
        view.keyboard.press("Enter")
        view.keyboard.press("Control+z")
        assert drawn(stage) == before


def drawn(stage: Locator) -> bytes:
    """Return what is seen once nothing changes any more for a fifth of a second."""
    seen, last = stage.screenshot(), b""
    while seen != last:
        stage.page.wait_for_timeout(200)
        seen, last = stage.screenshot(), seen
    return seen


def test_a_view_that_cannot_be_read_says_so_and_is_passed(browser: Browser, page: Page, capture: Path) -> None:
    (capture / "masks/cam00_000.png").write_bytes(b"no picture")
    with tab(browser, page, key="0-cam00_001") as view:
        view.evaluate("(key) => { location.hash = key }", KEY)
        expect(view.locator("#trouble")).to_contain_text("cam00_000.png")
        view.keyboard.press("n")
        expect(view.locator("#name")).not_to_contain_text("cam00_000")
        expect(view.locator("#trouble")).to_be_hidden()
        view.wait_for_selector("#stage[aria-busy=false]")


def test_soft_brush_needs_passes_and_right_button_erases(browser: Browser, page: Page) -> None:
    with tab(browser, page) as view:
        brush(view, 30, 0.5)
        click(view, 20, 95)
        once = int((shown(view) & ~disc()).sum())
        drag(view, (20, 95), (20.4, 95), (20, 95.4), (20.4, 95.4), (20, 95))
        often = int((shown(view) & ~disc()).sum())
        assert 150 < once < often <= 900
        brush(view, 30)
        click(view, 70, 30, button="right")
        assert not shown(view)[30, 70]


def test_fifty_five_steps_are_undone_and_redone(browser: Browser, page: Page) -> None:
    with tab(browser, page) as view:
        brush(view, 3)
        for step in range(55):
            click(view, 5 + 2 * (step % 30), 4 + 100 * (step // 30))
        painted = shown(view)
        assert painted.sum() > disc().sum() + 150
        for _ in range(55):
            view.keyboard.press("Control+z")
        assert np.array_equal(shown(view), disc())
        expect(view.locator("#saved")).to_have_text("saved")
        for _ in range(55):
            view.keyboard.press("Control+y")
        assert np.array_equal(shown(view), painted)


def test_the_server_s_tools_in_a_box(browser: Browser, tmp_path: Path) -> None:
    capture = make_capture(tmp_path / "B00000DISC", mask=lambda _: np.zeros(SIZE[::-1], bool))
    run = tmp_path / "out/B00000DISC"
    (run / "masks").mkdir(parents=True)
    (run / "result.json").write_text(json.dumps({"capture": str(capture)}))
    trimesh.creation.icosphere(radius=0.05).export(run / "hull.ply")
    found = read_capture(capture)
    posed = tuple(
        type(view)(view.id, view.camera, view.image, view.plate, pose=look_at(np.array([0.5, 0, 0]), np.zeros(3)))
        for view in found.views
    )
    write_capture(Capture(capture, found.asin, found.cameras, posed))
    whole = [(31, 21), (109, 99)]
    with reviewing(run) as page, tab(browser, page) as view:
        for key in ("g", "s"):
            view.keyboard.press(key)
            drag(view, *whole)
            expect(view.locator("#saved")).to_have_text("not saved")
            truth = disc(hole=False) & (COLUMN < 115)
            assert (shown(view) & truth).sum() / (shown(view) | truth).sum() > 0.97, key
            view.keyboard.press("Control+z")
        view.keyboard.press("Shift+H")
        expect(view.locator("#saved")).to_have_text("not saved")
        radius = 200 * 0.05 / 0.5
        ball = (COLUMN - SIZE[0] / 2) ** 2 + (ROW - SIZE[1] / 2) ** 2 <= radius**2
        assert (shown(view) & ball).sum() / (shown(view) | ball).sum() > 0.95
        save(view)
        assert np.array_equal(read_mask(run / "masks/cam00_000.png"), shown(view))


def test_two_tabs_neither_loses_its_mask(browser: Browser, page: Page, capture: Path) -> None:
    path = capture / "masks/cam00_000.png"
    with tab(browser, page) as first, tab(browser, page) as second:
        for view, x in ((first, 10), (second, 20)):
            brush(view, 9)
            click(view, x, 100)
        save(first)
        second.keyboard.press("Control+s")
        second.locator("#conflict button[value=theirs]").click()
        expect(second.locator("#saved")).to_have_text("saved")
        assert np.array_equal(shown(second), shown(first))
        second.keyboard.press("Control+z")  # what was mine
        mine = shown(second)
        assert mine[100, 20]
        save(second)
        assert np.array_equal(read_mask(path), mine)
        click(first, 30, 100)
        first.keyboard.press("Control+s")
        first.locator("#conflict button[value=mine]").click()
        expect(first.locator("#saved")).to_have_text("saved")
        assert np.array_equal(read_mask(path), shown(first))


def test_a_server_that_died_is_told_and_the_mask_can_be_saved_later(browser: Browser, capture: Path) -> None:
    with reviewing(capture) as page:
        context = tab(browser, page)
        view = context.__enter__()
        brush(view, 9)
        click(view, 10, 100)
        mine = shown(view)
    view.keyboard.press("Control+s")
    expect(view.locator("#message")).to_contain_text("Not saved")
    expect(view.locator("#saved")).to_have_text("not saved")
    assert np.array_equal(read_mask(capture / "masks/cam00_000.png"), disc())
    with reviewing(capture, port=page.port):
        save(view)
        assert np.array_equal(read_mask(capture / "masks/cam00_000.png"), mine)
        context.__exit__(None, None, None)


def test_a_person_gets_through_with_the_keyboard_alone(browser: Browser, page: Page, capture: Path) -> None:
    with tab(browser, page, key="") as view:
        expect(view.locator("#ranking")).to_have_text("")
        view.locator("#tiles button").first.focus()
        view.keyboard.press("ArrowRight")
        view.keyboard.press("ArrowLeft")
        view.keyboard.press("Enter")
        view.wait_for_selector("#stage[aria-busy=false]")
        for what in "1234":
            view.keyboard.press(what)
            expect(view.locator("#show button[aria-pressed=true]")).to_have_count(1)
        view.keyboard.press("1")
        view.keyboard.press("v")
        expect(view.locator("#blink")).to_have_attribute("aria-pressed", "true")
        first = view.locator("#name").text_content()
        view.keyboard.press("a")
        expect(view.locator("#name")).not_to_have_text(str(first))
        view.wait_for_selector("#stage[aria-busy=false]")
        second = view.locator("#name").text_content()
        view.keyboard.press("x")
        expect(view.locator("#name")).not_to_have_text(str(second))
        view.wait_for_selector("#stage[aria-busy=false]")
        view.keyboard.press("?")
        expect(view.locator("#help")).to_be_visible()
        view.locator("#single-keys").uncheck()
        view.keyboard.press("Escape")
        view.keyboard.press("x")
        expect(view.locator("#status")).to_have_text("to do")
        view.keyboard.press("Escape")
        expect(view.locator("#grid .segments")).to_have_text("To do 1Flagged 1Accepted 1All 3")
    actions = [json.loads(line)["action"] for line in (capture / "review/review.jsonl").read_text().splitlines()]
    assert actions == ["accept", "flag"]


def test_five_hundred_views(browser: Browser, tmp_path: Path) -> None:
    capture = make_capture(tmp_path / "B00000DISC", 500)
    with reviewing(capture) as page, tab(browser, page, key="") as view:
        expect(view.locator("#tiles button")).to_have_count(500)
        loaded = view.evaluate(
            "() => [...document.images].filter((image) => image.complete && image.naturalWidth).length"
        )
        assert loaded < 200  # the rest waits until it is scrolled to
        view.locator("#tiles button").nth(499).click()
        view.wait_for_selector("#stage[aria-busy=false]")
        expect(view.locator("#position")).to_contain_text("of 500")


# Text of lower contrast than WCAG AA wants (4.5, or 3 where large), as the browser computed its colours.
POOR_CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (colour) => colour.slice(0, 3).map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("[disabled], option")) continue;
    const style = getComputedStyle(element), a = light(parse(style.color)), b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName} ${element.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_size_and_scheme_is_readable_and_reachable(browser: Browser, page: Page, scheme: str) -> None:
    with tab(browser, page, key="", color_scheme=scheme) as view:
        assert view.evaluate(POOR_CONTRAST) == []
        view.locator("#tiles button").first.click()
        view.wait_for_selector("#stage[aria-busy=false]")
        assert view.evaluate(POOR_CONTRAST) == []
        for width, height in ((1280, 720), (1180, 820), (820, 1180)):
            view.set_viewport_size({"width": width, "height": height})
            assert view.evaluate("() => document.documentElement.scrollWidth") <= width
            stage = view.locator("#stage").bounding_box()
            assert stage is not None
            assert stage["width"] * stage["height"] > 0.4 * width * height
            accept = view.locator(".bar [data-action=accept]").bounding_box()
            assert accept is not None
            assert 0 <= accept["x"] < accept["x"] + accept["width"] <= width
        view.keyboard.press("?")
        assert view.evaluate(POOR_CONTRAST) == []
        view.keyboard.press("Escape")
        # Focus goes from left to right, top to bottom: bar, tools, stage, panel.
        order = view.evaluate(
            """() => [...document.querySelectorAll("#editor button, #editor input, #stage")]
                .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex === 0)
                .map((e) => e.closest(".bar, #tools, #stage, #panel").id || "bar")"""
        )
        assert list(dict.fromkeys(order)) == ["bar", "tools", "stage", "panel"]
        assert view.evaluate("() => document.querySelectorAll('[tabindex]:not([tabindex=\"0\"])').length") == 0


def test_fingers_zoom_and_a_pen_paints(browser: Browser, page: Page) -> None:
    with tab(browser, page, has_touch=True) as view:
        before = shown(view)
        zoom = view.evaluate("() => review.editor.stage.zoom")
        x, y = at(view, 75, 58)
        view.evaluate(
            """([x, y]) => {
                const stage = document.getElementById("stage");
                stage.setPointerCapture = () => {};
                const send = (type, id, dx) => stage.dispatchEvent(new PointerEvent(type, {
                    pointerId: id, pointerType: "touch", clientX: x + dx, clientY: y, button: 0, bubbles: true }));
                send("pointerdown", 1, -20); send("pointerdown", 2, 20);
                send("pointermove", 2, 120); send("pointerup", 1, -20); send("pointerup", 2, 120);
            }""",
            [x, y],
        )
        assert view.evaluate("() => review.editor.stage.zoom") > 2 * zoom
        assert np.array_equal(shown(view), before)
