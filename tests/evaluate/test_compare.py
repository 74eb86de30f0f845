"""Methods side by side: intervals, panels, tables."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from cleanplate.errors import CaptureError
from cleanplate.evaluate import (
    Comparison,
    Cost,
    Metrics,
    Report,
    ViewScore,
    choose_gains,
    choose_worst,
    compare_methods,
    draw_panels,
    error_map,
    terminal_tables,
    write_comparison,
    write_comparison_html,
    write_figure,
)
from cleanplate.evaluate.tables import COLUMNS
from cleanplate.image import read_image, read_mask, write_mask


@pytest.fixture
def methods(predictions: Path, tmp_path: Path) -> dict[str, Path]:
    """`half` is better than `empty` everywhere."""
    for mask in predictions.glob("*/masks/*.png"):
        write_mask(tmp_path / "empty" / mask.relative_to(predictions), np.zeros((48, 64), bool))
    return {"empty": tmp_path / "empty", "half": predictions}


def report(values: dict[str, list[float]]) -> Report:
    """Views whose metrics all have the given value."""
    names = Metrics.__dataclass_fields__
    return Report(
        tuple(
            ViewScore(asin, f"v{index}", Metrics(**dict.fromkeys(names, value)))
            for asin, row in values.items()
            for index, value in enumerate(row)
        )
    )


def test_intervals_are_over_products_not_views() -> None:
    rng = np.random.default_rng(0)
    values = {f"B{number:09}": [float(value)] * 38 for number, value in enumerate(rng.normal(0.8, 0.1, 60))}
    interval = Comparison({"a": report(values)}).table()["a"]["miou"]
    means = [row[0] for row in values.values()]
    expected = 1.96 * np.std(means) / np.sqrt(60)
    assert interval.mean == pytest.approx(np.mean(means))
    assert (interval.high - interval.low) / 2 == pytest.approx(expected, rel=0.1)


def test_a_paired_difference_is_narrower_than_what_it_is_between() -> None:
    rng = np.random.default_rng(1)
    base = {f"B{number:09}": [float(value)] for number, value in enumerate(rng.normal(0.8, 0.1, 40))}
    better = {asin: [row[0] + 0.01 + 0.005 * rng.normal()] for asin, row in base.items()}
    comparison = Comparison({"a": report(base), "b": report(better)})
    difference = comparison.differences("a")["b"]["miou"]
    assert difference.low > 0
    assert difference.mean == pytest.approx(0.01, abs=0.003)
    table = comparison.table()
    assert table["a"]["miou"].high > table["b"]["miou"].low


def test_products_bring_all_their_views_along() -> None:
    interval = Comparison({"a": report({"B1": [1.0] * 9, "B2": [0.0]})}).table()["a"]["miou"]
    assert interval.mean == 0.9
    assert (interval.low, interval.high) == (0, 1)


def test_comparison_of_folders(methods: dict[str, Path], collection: Path) -> None:
    methods["deeplabv3plus_dualinput_resnet50, upside down"] = methods["half"]
    comparison = replace(compare_methods(methods, [collection]), costs={"half": Cost(0.25, 0.5)})
    assert comparison.table()["half"]["foreground_iou"].mean == pytest.approx(3.5 / 4)
    assert comparison.table()["empty"]["foreground_recall"].mean == 0
    assert json.loads(json.dumps(comparison.to_dict()))["differences"]["half"]["foreground_iou"]["low"] > 0
    for width in (80, 200):
        console = Console(width=width, record=True)
        for table in terminal_tables(comparison, width):
            assert console.measure(table).minimum <= width, "no word or number is broken"
            console.print(table)
        shown = console.export_text()
        assert "4 views of 2 products" in shown
        assert "0.8750" in shown
        assert "0.25" in shown
        assert all(word in shown for title in COLUMNS.values() for word in title.split())


def test_no_method_is_an_error(collection: Path) -> None:
    with pytest.raises(CaptureError, match="nothing to compare"):
        compare_methods({}, [collection])


def test_the_page_holds_its_pictures_and_escapes_names(
    methods: dict[str, Path], collection: Path, tmp_path: Path
) -> None:
    comparison = compare_methods({"<b>": methods["half"], "empty": methods["empty"]}, [collection])
    write_comparison_html(tmp_path / "c.html", comparison, [("Figure 3", np.zeros((4, 4, 3), np.uint8))], "made & so")
    html = (tmp_path / "c.html").read_text()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "data:image/png;base64," in html
    assert 'src="http' not in html


def test_worst_and_gains_are_chosen_by_metric(methods: dict[str, Path], collection: Path) -> None:
    comparison = compare_methods(methods, [collection])
    worst = choose_worst(comparison, "half", 1)
    assert [(choice.asin, choice.view) for choice in worst] == [("B000000002", "v0")]
    gains = choose_gains(comparison, "half", "empty")
    assert {choice.asin for choice in gains} == {"B000000001"}
    assert len({choice.view for choice in gains}) == 2, "a view is shown once"


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_panels_are_drawn(methods: dict[str, Path], collection: Path, tmp_path: Path, suffix: str) -> None:
    choices = choose_worst(compare_methods(methods, [collection]), "half", 2)
    picture = draw_panels(choices, methods, [collection], width=64)
    assert picture.shape[1] == 4 * 64 + 3 * 6  # image, two methods, truth
    write_figure(tmp_path / f"figure{suffix}", picture)
    data = (tmp_path / f"figure{suffix}").read_bytes()
    assert data.startswith(b"%PDF" if suffix == ".pdf" else b"\x89PNG")
    if suffix == ".png":
        assert np.array_equal(read_image(tmp_path / "figure.png"), picture)


def test_panels_show_the_masks_where_there_is_foreground(methods: dict[str, Path], collection: Path) -> None:
    (choice,) = choose_worst(compare_methods(methods, [collection]), "half", 1)
    truth = read_mask(collection / choice.asin / "masks" / f"{choice.view}.png")
    shown = draw_panels([choice], {"half": methods["half"]}, [collection], width=64)[26:][:48] > 127
    assert shown[:, -64:, 0].mean() > 1.5 * truth.mean(), "cut to the product"
    assert shown[:, 70:134, 0].sum() == pytest.approx(shown[:, -64:, 0].sum() / 2, rel=0.1)


def test_error_map_colours_what_is_missed_and_what_is_extra() -> None:
    prediction, truth = np.zeros((2, 2, 2), bool)
    prediction[0, 0] = truth[1, 1] = True
    picture = error_map(np.full((2, 2, 3), 200, np.uint8), prediction, truth)
    assert picture[0, 0, 2] > picture[0, 0, 0]
    assert picture[1, 1, 0] > picture[1, 1, 2]
    assert len(set(picture[0, 1])) == 1


def test_a_comparison_is_written_with_its_figures(methods: dict[str, Path], collection: Path, tmp_path: Path) -> None:
    write_comparison(tmp_path / "c", compare_methods(methods, [collection]), methods, [collection], "the command")
    names = {path.name for path in (tmp_path / "c").iterdir()}
    figures = {f"figure{n}{kind}{end}" for n in (3, 4, 5) for kind in ("", "-errors") for end in (".png", ".pdf")}
    assert names == figures | {"compare.json", "compare.html"}
    assert "the command" in (tmp_path / "c" / "compare.html").read_text()
