"""The yield of a batch: one capture that cannot be judged is named, and the others are."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cleanplate.batch.yields import measure_yield
from cleanplate.errors import CaptureError
from cleanplate.image import write_mask


def give_truth(folder: Path) -> None:
    """Add the ball's exact masks to a tiny capture."""
    y, x = np.mgrid[:48, :64]
    document = json.loads((folder / "capture.json").read_text())
    for view in document["views"]:
        view["mask"] = f"masks/{view['id']}.png"
        write_mask(folder / view["mask"], (x - 32) ** 2 + (y - 24) ** 2 < 14**2)
    (folder / "capture.json").write_text(json.dumps(document))


def test_a_capture_without_truth_is_named_and_the_others_are_judged(
    make: Callable[[int], list[Path]], tmp_path: Path
) -> None:
    first, second, third = make(3)
    give_truth(first)
    (third / "capture.json").write_text("{")
    summary = measure_yield([tmp_path / "in"], tmp_path / "out", {"difference": "difference"}, texture=64)
    assert summary["products"] == 1
    assert [name in problem for name, problem in zip((second.name, third.name), summary["problems"], strict=True)] == [
        True,
        True,
    ]
    rows = tmp_path / "out/rows/difference"
    (rows / f"{first.name}.json").write_text("{")
    again = measure_yield([tmp_path / "in"], tmp_path / "out", {"difference": "difference"}, texture=64)
    assert again == summary, "a damaged row is judged again"
    with pytest.raises(CaptureError):
        measure_yield([second, third], tmp_path / "out", {"difference": "difference"})
