"""Laws of every format: what goes out comes back; holes are lost in LabelMe alone."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mask_strategies import masks
from scipy.ndimage import binary_fill_holes

from cleanplate.exchange import FORMATS, convert_masks, export_masks, import_masks
from cleanplate.exchange.masks.bundle import open_bundle
from cleanplate.exchange.masks.formats import detect_format
from cleanplate.exchange.masks.frames import Style
from cleanplate.image import read_mask


def suffixed(folder: Path, name: str) -> Path:
    return folder / f"out{FORMATS[name].suffix}"


@settings(max_examples=25, deadline=None)
@given(st.lists(masks(), min_size=1, max_size=3))
def test_every_format_returns_every_bit(drawn: list[np.ndarray]) -> None:
    for name, form in FORMATS.items():
        with tempfile.TemporaryDirectory() as folder:
            out = suffixed(Path(folder), name)
            form.write([(f"B000000001/v{i}.jpg", mask) for i, mask in enumerate(drawn)], out, Style())
            bundle = open_bundle(out)
            assert detect_format(bundle).startswith(name.removesuffix("-uncompressed"))
            frames, problems = form.read(bundle)
            assert not problems
            assert [Path(frame.name).stem for frame in frames] == [f"v{i}" for i in range(len(drawn))]
            for frame, mask in zip(frames, drawn, strict=True):
                assert frame.annotated
                truth = binary_fill_holes(mask) if name == "labelme" else mask
                assert (frame.decode(None, None) == truth).all(), name


@pytest.mark.parametrize("name", FORMATS)
def test_captures_go_out_and_come_back(captures: list[Path], tmp_path: Path, name: str) -> None:
    out, back = suffixed(tmp_path / name, name), tmp_path / "back"
    sent = export_masks(captures, out, name)
    assert (sent.written, sent.problems) == (6, ())
    assert any("holes" in note for note in sent.notes) == (name == "labelme")
    got = import_masks(out, captures, back)
    assert (got.written, got.problems) == (6, ())
    for capture in captures:
        for view in ("v0", "v1", "v2"):
            truth = read_mask(capture / f"masks/{view}.png")
            truth = binary_fill_holes(truth) if name == "labelme" else truth
            assert (read_mask(back / f"{capture.name}/masks/{view}.png") == truth).all()


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", ["coco", "cvat-masks", "png"])
def test_formats_convert_into_each_other(captures: list[Path], tmp_path: Path, first: str, second: str) -> None:
    a, b = suffixed(tmp_path / "a", first), suffixed(tmp_path / "b", second)
    export_masks(captures, a, first)
    result = convert_masks(a, b, second)
    assert (result.written, result.problems) == (6, ())
    direct = import_masks(a, captures, tmp_path / "direct")
    detour = import_masks(b, captures, tmp_path / "detour")
    assert direct.written == detour.written == 6
    for path in (tmp_path / "direct").rglob("*.png"):
        assert path.read_bytes() == (tmp_path / "detour" / path.relative_to(tmp_path / "direct")).read_bytes()


def test_predictions_are_marked_as_such(captures: list[Path], tmp_path: Path) -> None:
    predicted = tmp_path / "predicted"
    export_masks(captures[:1], tmp_path / "x.json", "coco")
    import_masks(tmp_path / "x.json", captures[:1], predicted)
    (predicted / "B000000001/masks/v2.png").unlink()
    result = export_masks(
        captures[:1], tmp_path / "tasks.json", "label-studio", predicted, prefix="/data/local-files/?d=set/"
    )
    assert result.written == 2
    assert "v2" in result.problems[0]
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert tasks[0]["predictions"][0]["result"][0]["value"]["brushlabels"] == ["product"]
    assert tasks[0]["data"]["image"] == "/data/local-files/?d=set/v0.jpg"
    assert import_masks(tmp_path / "tasks.json", captures[:1], tmp_path / "back").problems == ()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_loads_our_file(captures: list[Path], tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    export_masks(captures, tmp_path / "coco.json", "coco")
    document = json.loads((tmp_path / "coco.json").read_text())
    names = {image["id"]: image["file_name"] for image in document["images"]}
    for annotation in document["annotations"]:
        segmentation = annotation["segmentation"]
        asin, _, picture = names[annotation["image_id"]].split("/")
        truth = read_mask(tmp_path / "captures" / asin / "masks" / picture.replace(".jpg", ".png"))
        assert (coco.decode(segmentation) == truth).all()
        assert coco.area(segmentation) == annotation["area"]
        assert coco.toBbox(segmentation).tolist() == annotation["bbox"]
