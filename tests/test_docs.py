"""What is written for people holds on their machines."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "docs").rglob("*.json"),
    *(ROOT / "benchmarks").rglob("*.md*"),
    *(ROOT / "datasets").rglob("*.md"),
    *(ROOT / "src/cleanplate/segment/models").glob("*.md"),
]
OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(?:root|home|work|tmp|Users|mnt)/\S+")


def test_no_page_names_a_folder_of_one_machine() -> None:
    assert len(PAGES) > 20
    found = [f"{path.relative_to(ROOT)}: {path_named}" for path in PAGES for path_named in named_in(path)]
    assert not found, "use relative paths, or $DATA/..."


def named_in(path: Path) -> list[str]:
    """Return the absolute home and temporary paths of a page."""
    return OF_ONE_MACHINE.findall(path.read_text(encoding="utf-8"))


def test_the_check_would_notice(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("run `cleanplate demo --out /tmp/demo` and [docs](docs/work/a.md), $DATA/work/x\n")
    assert named_in(tmp_path / "a.md") == ["/tmp/demo`"]
