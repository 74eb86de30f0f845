"""The tutorial, done as it is written: its commands are run, its page is worked on, its pictures are taken.

`make tutorial` writes the pictures into docs/tutorials/images; otherwise they go nowhere.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from cleanplate.capture import read_capture, write_capture
from cleanplate.errors import ModelError
from cleanplate.image import read_mask
from cleanplate.segment.models import shipped
from cleanplate.types import Mask
from web.conftest import Page, reviewing
from web.test_review_page import at, drag, save, tab

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/tutorials/correct-masks.md"
SAMPLE = ROOT / "src/cleanplate/samples/B0WINEGL01"
VIEWS = ("cam00_196", "cam00_296", "cam04_244", "cam05_154", "cam06_048", "cam09_351")
LARGEST = 150_000


def commands() -> list[str]:
    """Return the tutorial's commands, in order."""
    return re.findall(r"^    (.+)$", TUTORIAL.read_text(), re.MULTILINE)


def run(command: str, folder: Path) -> None:
    """Run a command as the tutorial has it, but train for one step only."""
    command = re.sub(r"--minutes \d+", "--minutes 0", command).replace("src/cleanplate/samples/B0WINEGL01", str(SAMPLE))
    words = shlex.split(command)
    words = [sys.executable, "-m", "cleanplate", *words[1:]] if words[0] == "cleanplate" else words
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def keep_few_views(folder: Path) -> None:
    """Leave a few views of the sample, so that the test is quick."""
    capture = read_capture(folder)
    views = tuple(view for view in capture.views if view.id in VIEWS)
    write_capture(type(capture)(folder, capture.asin, capture.cameras, views, capture.tags))


def starts_training() -> bool:
    """Tell whether the shipped network can be trained on."""
    from cleanplate.train.networks import read_onnx

    try:
        read_onnx(shipped("compact"))
    except ModelError:
        return False
    return True


def test_the_tutorial_is_true(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in commands():
        if command == "cleanplate review out":
            with reviewing(Path("out"), model="default") as page:
                correct(browser, page, tmp_path)
            continue
        if "--init default" in command and not starts_training():
            pytest.skip("the shipped network was exported before weights kept their names: export and ship it again")
        run(command, tmp_path)
        if command.startswith("cp "):
            keep_few_views(tmp_path / "captures/B0WINEGL01")
    record = json.loads((tmp_path / "corrected/review.json").read_text())["masks"]["B0WINEGL01"]
    assert len(record) == 2
    assert all(entry["seconds"] > 0 for entry in record.values())
    assert len(list((tmp_path / "tuned-out/B0WINEGL01/masks").glob("*.png"))) == len(VIEWS)


def correct(browser: Browser, page: Page, folder: Path) -> None:
    """Correct and accept the two most doubtful views."""
    with tab(browser, page, key="", color_scheme="light") as view:
        expect(view.locator("#ranking")).to_have_text("")
        view.wait_for_function("() => [...document.images].every((image) => image.complete)")
        picture(view, "grid")
        view.locator("#tiles button").first.click()
        improve(view, folder, pictures=True)
        view.keyboard.press("a")
        expect(view.locator("#position")).to_have_text(f"2 of {len(VIEWS)}")
        improve(view, folder)
        view.keyboard.press("a")
        expect(view.locator("#position")).to_have_text(f"3 of {len(VIEWS)}")
        view.keyboard.press("Escape")
        view.get_by_role("button", name="Accepted 2").click()
        view.wait_for_function("() => [...document.images].every((image) => image.complete)")
        expect(view.locator("#total")).to_contain_text("s a mask")
        picture(view, "accepted")


def improve(view: Tab, folder: Path, pictures: bool = False) -> None:
    """Correct the open view by the tools that the tutorial names, and check that its mask is nearer to the truth."""
    view.wait_for_selector("#stage[aria-busy=false]")
    name = view.evaluate("() => review.editor.view.id")
    truth, mask = read_mask(SAMPLE / f"masks/{name}.png"), folder / f"out/B0WINEGL01/masks/{name}.png"
    before = iou(read_mask(mask), truth)
    ys, xs = np.nonzero(truth)
    if pictures:
        picture(view, "view")
        view.keyboard.press("?")
        picture(view, "help")
        view.keyboard.press("Escape")
    view.keyboard.press("s")
    drag(view, (float(xs.min()) - 6, float(ys.min()) - 6), (float(xs.max()) + 6, float(ys.max()) + 6))
    expect(view.locator("#saved")).to_have_text("not saved")
    if pictures:
        picture(view, "segment")
    view.keyboard.press("p")
    (contour, *_), _ = cv2.findContours(truth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for x, y in cv2.approxPolyDP(contour, 2.0, closed=True)[:, 0].tolist():
        view.mouse.click(*at(view, x + 0.5, y + 0.5))
    if pictures:
        picture(view, "polygon")
    view.keyboard.press("Enter")
    view.keyboard.press("i")
    inside = np.argwhere(cv2.erode(truth.astype(np.uint8), np.ones((9, 9))))[0]
    view.keyboard.down("Shift")
    view.mouse.click(*at(view, float(inside[1]), float(inside[0])))
    view.keyboard.up("Shift")
    if pictures:
        view.keyboard.press("t")
        picture(view, "dimmed")
        view.keyboard.press("t")
    save(view)
    assert iou(read_mask(mask), truth) > max(before, 0.9)


def iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / (a | b).sum())


def picture(view: Tab, name: str) -> None:
    """Take one of the tutorial's pictures, small enough for a repository."""
    assert f"(images/{name}.jpg)" in TUTORIAL.read_text()
    target = os.environ.get("CLEANPLATE_TUTORIAL_IMAGES")
    view.wait_for_timeout(300 if target else 0)  # the message fades in
    data = view.screenshot(path=ROOT / target / f"{name}.jpg" if target else None, type="jpeg", quality=80)
    assert len(data) < LARGEST


def test_every_picture_is_there_and_small() -> None:
    pages = "".join(page.read_text() for page in TUTORIAL.parent.glob("*.md"))
    named = set(re.findall(r"\((images/[^)]+)\)", pages))
    files = {f"images/{path.name}": path.stat().st_size for path in (TUTORIAL.parent / "images").iterdir()}
    assert set(files) == named
    assert len(files) <= 9
    assert max(files.values()) < LARGEST
