"""How long a brush frame and a save take on a 12-megapixel mask, measured in the browser; how soon the page is up.

    python benchmarks/review_page.py [--size 4000x3000] [--strokes 10] [--swiftshader]
    python benchmarks/review_page.py --pages RUN CAPTURE COLLECTION

Of a brush three times are told. *Scripts*: stamping the brush, painting the overlay's touched part, drawing it. *Event
to draw*: from the hand's movement to the end of those scripts, which wait for the display's next picture. *Frame*: the
distance between two pictures while the brush paints, 16.7 ms at best; beside it stands the same while the pointer
moves without painting. Chromium draws by the processor alone (--disable-gpu); --swiftshader makes it emulate a graphics
card instead, which is slower.

A save lasts from the key to the server's answer that the PNG and the journal are on disk; beside it stands the
processor time of the server's process, which other work on the machine does not lengthen. *Page up* is from starting
the command to the answer with the list of views, of a process of its own.
"""

import argparse
import http.client
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import uvicorn
from playwright.sync_api import Page, sync_playwright

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera
from cleanplate.image import write_image, write_mask
from cleanplate.report.products import find_products
from cleanplate.web.review import Review, review_app
from cleanplate.web.serve import bind

BRUSHES = (8, 40, 200)


def make_capture(folder: Path, width: int, height: int) -> None:
    """Write one view whose mask has a ragged border and holes."""
    rng = np.random.default_rng(0)
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (width // 2, height // 2), height // 3, 1, -1)
    for x, y in rng.integers(0, (width, height), (300, 2)).tolist():
        cv2.circle(mask, (x, y), 20, int(rng.integers(2)), -1)
    plate = cv2.resize(rng.integers(180, 220, (30, 40, 3)).astype(np.uint8), (width, height))
    write_image(folder / "plates/cam.jpg", plate)
    write_image(folder / "images/view.jpg", np.where(mask[..., None] > 0, plate // 2, plate))
    write_mask(folder / "masks/view.png", mask > 0)
    camera = Camera(width, height, np.array([[width, 0, width / 2], [0, width, height / 2], [0, 0, 1.0]]))
    view = View("view", "cam", "images/view.jpg", "plates/cam.jpg", "masks/view.png")
    write_capture(Capture(folder, "B000000012", {"cam": camera}, (view,)))


def stroke(page: Page, start: tuple[float, float], paint: bool = True) -> None:
    page.mouse.move(*start)
    if paint:
        page.mouse.down()
    for step in range(40):
        page.mouse.move(start[0] + 8 * step, start[1] + 60 * np.sin(step / 5))
    page.mouse.up()


def durations(page: Page, name: str) -> list[float]:
    """Return and clear the page's measurements of one kind, milliseconds."""
    return page.evaluate(
        """(name) => {
            const found = performance.getEntriesByName(name).map((entry) => entry.duration);
            performance.clearMeasures(name);
            return found;
        }""",
        name,
    )


WATCH_FRAMES = """() => {
    const mine = (window.frames_ = []);
    let last = null;
    const tick = (now) => {
        if (window.frames_ !== mine) return;
        if (last !== null) mine.push(now - last);
        last = now;
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}"""

END_FRAMES = "() => { const found = window.frames_; window.frames_ = null; return found }"


def line(name: str, values: list[float], bar: float) -> str:
    values = sorted(values)
    tail = values[min(len(values) - 1, int(0.95 * len(values)))]
    return (
        f"| {name} | {len(values)} | {values[0]:.1f} | {statistics.median(values):.1f} | {tail:.1f} | "
        f"{values[-1]:.1f} | {bar:g} |"
    )


def page_up(folder: Path, times: int) -> list[str]:
    """Return the table's rows on starting the command."""
    walls, cpus = [], []
    for _ in range(times):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-m", "cleanplate", "review", str(folder), "--no-browser"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            url = urlsplit(server.stderr.readline().strip())
            connection = http.client.HTTPConnection(url.netloc)
            connection.request("GET", f"/?{url.query}")
            page = connection.getresponse()
            page.read()
            connection.request("GET", "/api/views", headers={"cookie": page.headers["set-cookie"].split(";")[0]})
            assert connection.getresponse().status == 200
            walls.append(1000 * (time.perf_counter() - begin))
            server.send_signal(signal.SIGINT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return [line("page up", walls, 3000), line("page up: processor time, with the end", cpus, 3000)]


def measure(url: str, strokes: int, swiftshader: bool) -> list[str]:
    """Return the table's rows."""
    rows = []
    drawing = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] if swiftshader else ["--disable-gpu"]
    arguments = ["--no-sandbox", *drawing]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.set_default_timeout(300_000)
        page.goto(f"{url}#0-view")
        page.wait_for_selector("#stage[aria-busy=false]")
        box = page.locator("#stage").bounding_box()
        assert box is not None
        page.evaluate(WATCH_FRAMES)
        for number in range(strokes):
            stroke(page, (box["x"] + 150, box["y"] + 120 + 40 * (number % 10)), paint=False)
        rows.append(line("no painting: frame", page.evaluate(END_FRAMES), 16.7))
        for size in BRUSHES:
            page.evaluate("(size) => { review.editor.tools.size = size }", size)
            page.evaluate(WATCH_FRAMES)
            for number in range(strokes):
                stroke(page, (box["x"] + 150, box["y"] + 120 + 40 * (number % 10)))
            frames = page.evaluate(END_FRAMES)
            rows.append(line(f"brush of {size} px: scripts", durations(page, "brush"), 16))
            rows.append(line(f"brush of {size} px: event to draw", durations(page, "stroke"), 16))
            rows.append(line(f"brush of {size} px: frame", frames, 16.7))
        saves, server = [], []
        for number in range(strokes):
            stroke(page, (box["x"] + 100, box["y"] + 100 + 30 * number))
            begin = time.process_time()
            page.evaluate("() => review.editor.save()")
            server.append(1000 * (time.process_time() - begin))
            saves += durations(page, "save")
        rows += [line("save", saves, 100), line("save: server's processor time", server, 100)]
        browser.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="4000x3000")
    parser.add_argument("--strokes", type=int, default=10)
    parser.add_argument("--swiftshader", action="store_true")
    parser.add_argument(
        "--pages", nargs="*", type=Path, default=[], help="Also start the page of these, and no browser."
    )
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    for path in options.pages:
        print(f"{path}, load {os.getloadavg()[0]:.1f}", *page_up(path, 3), sep="\n")
    if options.pages:
        return
    with tempfile.TemporaryDirectory() as folder:
        make_capture(Path(folder), width, height)
        review = Review(find_products([Path(folder)]), "classical", "benchmark")
        listening = bind("127.0.0.1", 0)
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(review_app(review, "benchmark", port), log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            rows = measure(f"http://127.0.0.1:{port}/?token=benchmark", options.strokes, options.swiftshader)
        finally:
            server.should_exit = True
            thread.join()
        rows += page_up(Path(folder), 3)
    print(f"{width}x{height} pixels; {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| what, milliseconds | times | least | median | 95% | most | bar |\n|---|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
