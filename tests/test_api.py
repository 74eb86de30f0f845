"""What `import cleanplate` gives: few names, typed, imported when asked for, documented by examples that run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cleanplate

ROOT = Path(__file__).parents[1]


def test_a_dozen_names_at_most_and_each_is_there() -> None:
    assert len(cleanplate.__all__) <= 12
    for name in cleanplate.__all__:
        assert callable(getattr(cleanplate, name)), name
    assert (ROOT / "src/cleanplate/py.typed").is_file()
    with pytest.raises(AttributeError, match="no attribute 'fly'"):
        _ = cleanplate.fly


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, cleanplate; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"numpy", "cv2", "numba", "onnxruntime", "trimesh"}.isdisjoint(loaded)


def test_the_reference_page_is_made_from_the_docstrings() -> None:
    made = subprocess.run([sys.executable, ROOT / "scripts/api-reference"], capture_output=True, text=True, check=True)
    assert made.stdout == (ROOT / "docs/reference/api.md").read_text(), "run: make reference"


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/how-to/in-a-notebook.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "in-a-notebook.md", "exec"), names)
