"""A folder of predictions against captures."""

import json
from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.errors import CaptureError
from cleanplate.evaluate import evaluate_masks
from cleanplate.geometry import Camera
from cleanplate.image import read_mask, write_mask


def test_means_over_views_products_tags_and_elevations(collection: Path, predictions: Path) -> None:
    report = evaluate_masks(predictions, [collection])
    assert report.problems == []
    assert report.mean()["foreground_iou"] == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert report.product_mean()["foreground_iou"] == pytest.approx((1 + 0.5) / 2)
    assert report.by_tag()["glass"]["foreground_iou"] == 1
    assert report.by_tag()["thin"]["foreground_iou"] == pytest.approx(3.5 / 4)
    assert list(report.by_elevation()) == ["0..15", "45..60", "60..75"]
    assert json.loads(json.dumps(report.to_dict()))["count"] == {
        "views": 4,
        "products": 2,
        "problems": 0,
        "without_truth": 0,
    }


@pytest.mark.parametrize("damage", ["missing", "damaged", "wrong size"])
def test_an_unusable_prediction_is_named_and_measured_as_empty(
    collection: Path, predictions: Path, damage: str
) -> None:
    path = predictions / "B000000001" / "masks" / "v1.png"
    if damage == "missing":
        path.unlink()
    elif damage == "damaged":
        path.write_bytes(path.read_bytes()[:40])
    else:
        write_mask(path, np.ones((24, 32), bool))
    report = evaluate_masks(predictions, [collection])
    (problem,) = report.problems
    assert str(path) in problem
    (score,) = [view for view in report.views if view.problem]
    assert (score.asin, score.view, score.metrics.foreground_iou) == ("B000000001", "v1", 0)
    assert score.metrics.hausdorff == 80


def test_masks_of_another_tool_may_lie_without_a_masks_folder(collection: Path, tmp_path: Path) -> None:
    for folder in collection.iterdir():
        for view in read_capture(folder).views:
            write_mask(
                tmp_path / "peer" / folder.name / f"{view.id}.png", read_mask(folder / "masks" / f"{view.id}.png")
            )
    assert evaluate_masks(tmp_path / "peer", [collection]).mean()["miou"] == 1


def test_captures_without_truth_cannot_be_evaluated(tmp_path: Path) -> None:
    camera = Camera(64, 48, np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]]), np.zeros(5))
    folder = tmp_path / "B000000003"
    write_capture(Capture(folder, "B000000003", {"c": camera}, (View("v", "c", "image.png"),)))
    with pytest.raises(CaptureError, match="no view has a true mask"):
        evaluate_masks(tmp_path, [folder])
