"""What shops' validators say of the models of whole captures, profile by profile, and what making them takes.

    python benchmarks/asset_bars.py CAPTURE... [--profiles default,amazon] [--against CHECKOUT] [--report FILE.md]
        [--kept FOLDER]

Each capture's hull comes from its true masks (`--masks DIR` where it has none: DIR/<asin>/masks/<view id>.png, as a run
leaves them), so that only the assets are judged. For each profile: errors and warnings of the Khronos validator (of
USD's own for the USDZ that `quicklook` adds), and each check of `cleanplate check-asset` that fails. The auditor judges
the model of the first profile, where it is installed (`npm install` in tests/tools/auditor; the validator: `npm ci` in
tests/tools). Seconds are CPU seconds of the stage `asset` in a process of its own, of the first profile; with --against
those of another checkout of cleanplate beside them, capture by capture in turn. --kept keeps what was found of each
capture, and a later call that asks the same with the same folder goes on from there; it knows nothing of changed code.
"""

import argparse
import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np

from cleanplate.capture import read_capture
from cleanplate.errors import CleanplateError
from cleanplate.evaluate.asset.check import Verdict, check_asset
from cleanplate.files import write_json
from cleanplate.hull import write_hull
from cleanplate.settings import ProfileName

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "tests/tools"
CODE = """
import sys
from pathlib import Path
from typing import get_args
from cleanplate.asset import write_asset
from cleanplate.capture import read_capture
hull, capture, masks, out, profile, usdz = sys.argv[1:]
write_asset(Path(hull), read_capture(Path(capture)), Path(masks), Path(out), profile, usdz == "usdz")
"""


@dataclass
class Row:
    """What was found of one capture."""

    name: str
    errors: int = 0
    warnings: int = 0
    refused: list[str] = field(default_factory=list)
    auditor: list[str] | None = None
    seconds: list[float] = field(default_factory=list)

    def line(self) -> str:
        audited = "not there" if self.auditor is None else ", ".join(self.auditor) or "passed"
        seconds = " | ".join(f"{each:.1f}" for each in self.seconds)
        refused = "; ".join(self.refused) or "-"
        return f"| {self.name} | {self.errors} | {self.warnings} | {refused} | {audited} | {seconds} |"


def make(source: Path, hull: Path, capture: Path, masks: Path, out: Path, profile: str) -> float:
    """Run the stage with the package below `source`; return its CPU seconds."""
    usdz = "usdz" if profile == "quicklook" else "glb"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", CODE, *map(str, (hull, capture, masks, out)), profile, usdz]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(source)}, capture_output=True, text=True)
    if done.returncode:
        raise CleanplateError((done.stderr.strip().splitlines() or ["it was killed"])[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def audited(path: Path) -> list[str] | None:
    """Return the auditor's tests that fail; None where it is not installed."""
    if not (TOOLS / "auditor/node_modules").is_dir():
        return None
    done = subprocess.run(["node", str(TOOLS / "auditor/audit_glb.mjs"), str(path)], capture_output=True, text=True)
    return [each["name"] for each in json.loads(done.stdout.splitlines()[-1]) if each["tested"] and not each["pass"]]


def count(row: Row, verdict: Verdict) -> None:
    for check in verdict.checks:
        if check.name == "official validator":
            if check.outcome == "not tested":
                raise SystemExit(f"the validator is not there: run npm ci in {TOOLS}")
            errors, warnings = (int(part.split()[0]) for part in check.got.split("(")[0].split(","))
            row.errors, row.warnings = row.errors + errors, row.warnings + warnings
        if check.outcome == "fail":
            row.refused.append(f"{verdict.profile}, {verdict.file.split('.')[-1]}: {check.name} ({check.got})")


def judge(
    folder: Path, masks: Path | None, profiles: list[str], against: Path | None, room: Path, floor: float | None
) -> Row:
    capture = read_capture(folder)
    row, given = Row(capture.asin), folder / "masks" if masks is None else masks / capture.asin / "masks"
    write_hull(capture, given, room / "hull.ply", floor=floor)
    for number, profile in enumerate(profiles):
        glb = room / f"{profile}.glb"
        try:
            seconds = make(ROOT / "src", room / "hull.ply", folder, given, glb, profile)
        except CleanplateError as error:
            row.refused.append(f"{profile}: {error}")
            continue
        for path in (glb, glb.with_suffix(".usdz")):
            if path.is_file():
                count(row, check_asset(path, profile, modules=TOOLS))
        if number == 0:
            row.auditor, row.seconds = audited(glb), [seconds]
            if against is not None:
                other = make(against / "src", room / "hull.ply", folder, given, room / "other.glb", profile)
                row.seconds.append(other)
    return row


def remembered(kept: Path | None, folder: Path, asked: str, judged: Callable[[], Row]) -> Row:
    """Return what an earlier call that asked the same found of a capture; else judge it now, and keep that."""
    if kept is None:
        return judged()
    path = kept / f"{folder.name}.{hashlib.sha256(asked.encode()).hexdigest()[:12]}.json"
    if not path.is_file():
        write_json(path, asdict(judged()))
    return Row(**json.loads(path.read_text()))


def summary(rows: list[Row]) -> str:
    clean = sum(row.errors + row.warnings == 0 for row in rows)
    accepted = sum(not row.refused for row in rows)
    known = [row.auditor for row in rows if row.auditor is not None]
    told = [
        f"{len(rows)} captures: validators find nothing in {clean}, no check fails in {accepted}, the auditor passes "
        f"{sum(not each for each in known)} of {len(known)}."
    ]
    if pairs := [row.seconds for row in rows if len(row.seconds) == 2]:
        told.append(f"CPU seconds: {np.mean([a / b for a, b in pairs]):.2f} times the other checkout's, in the mean.")
    return " ".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--masks", type=Path)
    parser.add_argument("--profiles", default=",".join(get_args(ProfileName)))
    parser.add_argument("--against", type=Path)
    parser.add_argument("--no-floor", action="store_true", help="products that do not stand on the plane z = 0")
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    seconds = "CPU s | other's CPU s" if arguments.against else "CPU s"
    lines = [
        f"| capture | errors | warnings | checks that fail | auditor | {seconds} |",
        "|---" * (7 if arguments.against else 6) + "|",
    ]
    print("\n".join(lines), flush=True)
    rows, floor = [], None if arguments.no_floor else 0.0
    asked = (arguments.profiles, floor, *(path and path.resolve() for path in (arguments.masks, arguments.against)))
    for folder in arguments.captures:
        with tempfile.TemporaryDirectory() as room:
            work = partial(
                judge, folder, arguments.masks, arguments.profiles.split(","), arguments.against, Path(room), floor
            )
            rows.append(remembered(arguments.kept, folder, repr((folder.resolve(), asked)), work))
        lines.append(rows[-1].line())
        print(lines[-1], flush=True)
    lines += ["", summary(rows)]
    print(lines[-1])
    if arguments.report:
        heading = f"# Assets, {time.strftime('%Y-%m-%d')}\n\n{platform.machine()}, {os.cpu_count()} CPUs; profiles: "
        text = "\n".join([heading + arguments.profiles, "", __doc__ or "", *lines, ""])
        arguments.report.write_text(text)


if __name__ == "__main__":
    main()
