"""The guide to fine-tuning, done as it is written: two products, few views, one step."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cleanplate.batch import run_batch
from cleanplate.capture import read_capture, write_capture
from cleanplate.settings import MASKS, Settings
from guides import DOCS, SAMPLES, commands, run

pytest.importorskip("starlette", reason="needs the extra: pip install 'cleanplate[web]'")
GUIDE = DOCS / "how-to/fine-tune-on-your-rig.md"
VIEWS = 3


def accept(results: Path) -> None:
    """Accept every mask of some results, as its page does."""
    from cleanplate.report.products import find_products
    from cleanplate.web.journal import Edit
    from cleanplate.web.store import MaskStore

    for product in find_products([results]):
        store = MaskStore(product)
        for view in product.capture.views:
            store.mark(view, "accept", store.sha256(view), Edit("anna"))


def test_the_guide_is_true(tmp_path: Path) -> None:
    captures = [Path(shutil.copytree(sample, tmp_path / "captures" / sample.name)) for sample in SAMPLES.glob("B0*")]
    for folder in captures:
        capture = read_capture(folder)
        write_capture(replace(capture, views=capture.views[:VIEWS]))
    run_batch(captures, tmp_path / "results", Settings("classical", refine=False, stages=MASKS))
    accept(tmp_path / "results")
    ran = []
    for words in commands(GUIDE):
        if words[1] == "run":
            words = ["cleanplate", "segment", *words[2:]]  # of three views there is no hull
        run(words, tmp_path, ("segment",), {"30": "0"}, extra={})
        ran.append(words[1])
        if words[1] == "review":
            (tmp_path / "held-out").mkdir()
            (tmp_path / "corrected/B0WINEGL01").rename(tmp_path / "held-out/B0WINEGL01")
    assert ran == ["review", "dataset", "dataset", "train", "export", "compare", "segment"]
    assert (tmp_path / "rig.onnx").stat().st_size < 20e6
    assert "rig" in (tmp_path / "comparison/compare.html").read_text()
