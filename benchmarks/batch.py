"""What a batch costs beside its products: overhead of the executors, memory of the driver, reruns, status, and kills.

    python benchmarks/batch.py overhead --products 10000
    python benchmarks/batch.py kills --products 500 --kills 20

Products are tiny (four views of 64 x 48 pixels) and only segmented, by a plain difference. The overhead is the clock's
time a product by the executor, times the processes it used, minus that of `run_product` called in a loop, on products
of the same batch, in the same run.
"""

import argparse
import hashlib
import json
import os
import platform
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.batch.executors import Executor
from cleanplate.batch.overview import write_overview
from cleanplate.batch.run import run_each
from cleanplate.batch.status import records, summarise
from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera, look_at, rotation_z
from cleanplate.image import write_image
from cleanplate.pipeline import run_product
from cleanplate.segment import load_model
from cleanplate.settings import Settings

SIZE, VIEWS = (64, 48), 4
SETTINGS = Settings("difference", refine=False, stages=("segment", "refine"))


def make_captures(out: Path, count: int) -> list[str]:
    """Make tiny captures, each with its own ASIN; their pictures are hard links to the same few files."""
    first = out / "B000000000"
    if not (first / "capture.json").is_file():
        rng = np.random.default_rng(0)
        camera = Camera(*SIZE, np.array([[130.0, 0, SIZE[0] / 2], [0, 130, SIZE[1] / 2], [0, 0, 1]]), np.zeros(5))
        write_image(first / "plates/c.png", rng.integers(205, 211, (SIZE[1], SIZE[0], 3)).astype(np.uint8))
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        views = []
        for n in range(VIEWS):
            image = rng.integers(205, 211, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
            image[(x - 32) ** 2 + (y - 24) ** 2 < 200] = (60, 90, 160)
            write_image(first / f"images/v{n}.png", image)
            pose = look_at(rotation_z(90.0 * n) @ np.array([0.4, 0, 0.2]), np.array([0, 0, 0.045]))
            views.append(View(f"v{n}", "c", f"images/v{n}.png", "plates/c.png", None, 90.0 * n, pose))
        write_capture(Capture(first, first.name, {"c": camera}, tuple(views)))
    text = (first / "capture.json").read_text()
    folders = [out / f"B{n:09d}" for n in range(count)]
    for folder in folders[1:]:
        if not folder.exists():
            shutil.copytree(first, folder, copy_function=os.link)
            (folder / "capture.json").unlink()
            (folder / "capture.json").write_text(text.replace(first.name, folder.name))
    return list(map(str, folders))


def timed_run(captures: list[str], out: Path, executor: Executor) -> dict[str, Any]:
    """Run a batch; return its seconds, statuses, and how the driver's memory grew from its first tenth to its end."""
    start, statuses, tenth, first = time.perf_counter(), dict[str, int](), 0.0, 0.0
    for n, (_, result) in enumerate(run_each(captures, str(out), SETTINGS, executor)):
        statuses[result.status] = statuses.get(result.status, 0) + 1
        first = first or time.perf_counter()
        if n == len(captures) // 10:
            tenth = resident_mb()
    seconds, steady = time.perf_counter() - start, (time.perf_counter() - first) / max(1, len(captures) - 1)
    return {
        "seconds": seconds,
        "steady seconds": steady,
        "statuses": statuses,
        "driver_mb": [round(tenth, 1), round(resident_mb(), 1)],
    }


def resident_mb() -> float:
    """Return the memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def overhead(folder: Path, count: int, names: list[str]) -> dict[str, Any]:
    """Measure each executor beside a plain loop; a rerun; status and its page; one corrupt capture among all."""
    captures, model = make_captures(folder / "in", count), load_model(SETTINGS.model)
    sample = captures[: max(100, count // 20)]
    result: dict[str, Any] = {}
    for name in names:
        shutil.rmtree(folder / "loop", ignore_errors=True)
        shutil.rmtree(folder / name, ignore_errors=True)
        start = time.perf_counter()
        for capture in sample:
            run_product(Path(capture), folder / "loop", SETTINGS, model=model)
        plain = (time.perf_counter() - start) / len(sample)
        jobs = 1 if name == "serial" else 2
        run = timed_run(captures, folder / name, Executor(name, jobs))  # type: ignore[arg-type]
        each = run["steady seconds"] * jobs  # from the first result on: how long a start takes is seen from "seconds"
        run |= {"ms a product": 1e3 * each, "plain loop ms": 1e3 * plain, "overhead ms": 1e3 * (each - plain)}
        result[name] = run
        print(name, json.dumps(run), flush=True)
    again = timed_run(captures, folder / names[0], Executor())
    result["rerun"] = again
    print("rerun", json.dumps(again), flush=True)
    start = time.perf_counter()
    found = records(str(folder / names[0]))
    summary = summarise(found)
    result["status seconds"] = time.perf_counter() - start
    start = time.perf_counter()
    write_overview(str(folder / names[0]), found, summary)
    result["overview seconds"] = time.perf_counter() - start
    result["overview opens"] = opening(folder / names[0] / "overview.html")
    corrupt = Path(captures[count // 2]) / "capture.json"
    text = corrupt.read_text()
    corrupt.write_text(text[: len(text) // 2])
    result["one corrupt"] = timed_run(captures, folder / names[0], Executor())["statuses"]
    result["error records"] = sum(each["status"] == "failed" for each in records(str(folder / names[0])))
    corrupt.write_text(text)
    return result


def opening(page: Path) -> float | None:
    """Return the seconds until a browser has drawn the page, None without one."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto("about:blank")
        start = time.perf_counter()
        tab.goto(page.as_uri())
        tab.locator("#rows .row").first.wait_for()
        seconds = time.perf_counter() - start
        browser.close()
    return seconds


def kills(folder: Path, count: int, number: int, names: list[str], seed: int) -> dict[str, Any]:
    """Kill drivers and workers at random moments, take the batch up again each time, and compare every byte."""
    make_captures(folder / "in", count)
    truth = folder / "truth"
    shutil.rmtree(truth, ignore_errors=True)
    asked = ["--model", "difference", "--no-refine", "-q"]
    subprocess.run([sys.executable, "-m", "cleanplate", "segment", str(folder / "in"), "--out", str(truth), *asked])
    wanted = digests(truth)
    rng = random.Random(seed)
    result = {}
    for name in names:
        out = folder / f"killed-{name}"
        shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, "-m", "cleanplate", "segment", str(folder / "in"), "--out", str(out), "-q"]
        command += [
            "--model",
            "difference",
            "--no-refine",
            "--executor",
            name,
            "--jobs",
            "1" if name == "serial" else "2",
        ]
        killed = {"driver": 0, "worker": 0}
        while sum(killed.values()) < number:
            driver = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            before, begun = finished(out), time.monotonic()
            while driver.poll() is None and finished(out) < before + 5 and time.monotonic() < begun + 120:
                time.sleep(0.2)
            time.sleep(rng.uniform(0, 0.5))
            workers = [pid for pid in descendants(driver.pid) if "spawn_main" in words(pid) or "ray::" in words(pid)]
            if workers and rng.random() < 0.5 and sum(killed.values()) < number:
                send_kill(rng.choice(workers))
                killed["worker"] += 1
                time.sleep(rng.uniform(0, 1))
            below = descendants(driver.pid)
            if driver.poll() is None and sum(killed.values()) < number:
                killed["driver"] += 1
            driver.kill()
            driver.wait()
            if name == "ray":  # its own processes end by themselves, in their time; a scheduler kills them with the job
                for pid in below:
                    send_kill(pid)
        last = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        got = digests(out)
        result[name] = {
            "killed": killed,
            "last run": last.returncode,
            "products": len({each.partition("/")[0] for each in got}),
            "files": len(got),
            "identical": got == wanted,
        }
        print(name, json.dumps(result[name]), last.stderr.strip().splitlines()[-1:], flush=True)
    return result


def finished(out: Path) -> int:
    """Return how many products have a result."""
    return sum((each / "result.json").is_file() for each in out.iterdir()) if out.is_dir() else 0


def digests(out: Path) -> dict[str, str]:
    """Return the digest of every file of the products; where a result says that it lies is no difference."""
    paths = [path for path in sorted(out.glob("B*/**/*")) if path.is_file()]
    content = {path: path.read_bytes().replace(str(out).encode(), b"OUT") for path in paths}
    return {str(path.relative_to(out)): hashlib.sha256(data).hexdigest() for path, data in content.items()}


def descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found = list(children.get(pid, []))
    for each in found:
        found += children.get(each, [])
    return found


def words(pid: int) -> str:
    """Return a process's command line; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def send_kill(pid: int) -> None:
    """Kill a process, unless it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["overhead", "kills"])
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--executor", nargs="+", default=["serial", "processes", "ray"])
    parser.add_argument("--folder", type=Path, default=Path("batch-benchmark"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    if asked.what == "overhead":
        result = overhead(folder, asked.products, asked.executor)
    else:
        result = kills(folder, asked.products, asked.kills, asked.executor, asked.seed)
    result |= {"products": asked.products, "machine": f"{os.cpu_count()} cores, {platform.machine()}"}
    result["load"] = [round(each, 1) for each in os.getloadavg()]
    text = json.dumps(result, indent=1)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
