"""Every command of the guides runs as printed, in the order of the page, on the sample captures."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cleanplate

DOCS = Path(__file__).parents[1] / "docs"
SAMPLES = Path(cleanplate.__file__).parent / "samples"
GUIDES = {
    "how-to/when-masks-are-wrong.md": "B0WINEGL01",
    "how-to/what-a-hull-cannot-do.md": "B0TEAPOT01",
}
"""By guide, the sample that plays the reader's `captures`."""
PAGES = ("cleanplate review", "cleanplate view")
"""They serve until somebody ends them; their own tests open them in a browser."""


def commands(guide: str) -> list[str]:
    return re.findall(r"^    (cleanplate .*)$", (DOCS / guide).read_text(), re.MULTILINE)


def small(sample: Path, target: Path) -> None:
    """Copy a capture with every third view: enough for what the commands do."""
    import json

    shutil.copytree(sample, target)
    path = target / "capture.json"
    document = json.loads(path.read_text())
    document["views"] = document["views"][::3]
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("guide", GUIDES)
def test_commands_run_as_printed(guide: str, tmp_path: Path) -> None:
    small(SAMPLES / GUIDES[guide], tmp_path / "captures" / GUIDES[guide])
    found = commands(guide)
    assert found
    for command in found:
        if command.startswith(PAGES):
            continue
        words = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 3), f"{command}\n{done.stderr}"
