"""What people's tools write beside masks is left out; what was drawn is never dropped, merged or doubled unsaid."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from cleanplate.errors import ImageError
from cleanplate.exchange import convert_masks, import_masks
from cleanplate.exchange.masks.rle import brush_bytes
from cleanplate.image import read_mask

SQUARE = np.zeros((24, 32), bool)
SQUARE[4:10, 5:15] = True
POLYGON = [5, 4, 15, 4, 15, 10, 5, 10]


def back(tmp_path: Path, view: str = "v0") -> np.ndarray:
    return read_mask(tmp_path / f"back/B000000001/masks/{view}.png")


def save(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def png() -> bytes:
    stream = io.BytesIO()
    PIL.Image.fromarray(SQUARE.astype(np.uint8) * 255).save(stream, "PNG")
    return stream.getvalue()


def coco(images: list[tuple[Any, str]], annotations: list[tuple[Any, Any]], labels: tuple[str, ...] = ("mug",)) -> dict:
    return {
        "images": [{"id": key, "file_name": name, "width": 32, "height": 24} for key, name in images],
        "categories": [{"id": place, "name": label} for place, label in enumerate(labels)],
        "annotations": [
            {"image_id": key, "category_id": category, "segmentation": [POLYGON]} for key, category in annotations
        ],
    }


def test_ids_may_be_text_and_unlisted_pictures_are_named(captures: list[Path], tmp_path: Path) -> None:
    document = coco([(7, "v0.jpg"), ("8", "v1.jpg")], [("7", "0"), (8, 0), (99, 0)])
    result = import_masks(save(tmp_path / "a.json", document), captures[:1], tmp_path / "back")
    assert result.written == 2
    assert [back(tmp_path, view).sum() for view in ("v0", "v1")] == [60, 60]
    assert "1 annotations belong to pictures that it does not list (image_id 99)" in result.problems[0]


def test_two_pictures_of_one_id_are_named(captures: list[Path], tmp_path: Path) -> None:
    document = coco([(1, "v0.jpg"), (1, "v1.jpg")], [(1, 0)])
    result = import_masks(save(tmp_path / "a.json", document), captures[:1], tmp_path / "back")
    assert result.written == 1
    assert "another image has its id" in result.problems[0]


@pytest.mark.parametrize("kind", ["coco", "voc"])
def test_a_picture_with_other_labels_alone_is_no_empty_mask(captures: list[Path], tmp_path: Path, kind: str) -> None:
    if kind == "coco":
        source = tmp_path / "a.json"
        save(source, coco([(1, "v0.jpg"), (2, "v1.jpg")], [(1, 0), (2, 1)], ("mug", "shadow")))
    else:
        source = tmp_path / "a.zip"
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("labelmap.txt", "background:0,0,0::\nmug:9,9,9::\nshadow:1,2,3::\n")
            for name, colour in (("v0", (9, 9, 9)), ("v1", (1, 2, 3))):
                stream = io.BytesIO()
                PIL.Image.fromarray(SQUARE[..., None] * np.array(colour, np.uint8)).save(stream, "PNG")
                archive.writestr(f"SegmentationClass/{name}.png", stream.getvalue())
    result = import_masks(source, captures[:1], tmp_path / "back", label="mug")
    assert result.written == 1
    assert "only other labels than 'mug'" in result.problems[0]
    assert import_masks(source, captures[:1], tmp_path / "back", label="mug", empty=True).written == 2
    assert not back(tmp_path, "v1").any()


@pytest.mark.parametrize("names", [("s.jpg", "s.png"), ("s.png", "s.png"), ("a/s.png", "a/s.tif")])
@pytest.mark.parametrize("to", ["png", "labelme", "cvat-masks"])
def test_two_masks_of_one_name_are_one_written_and_one_named(tmp_path: Path, to: str, names: tuple[str, str]) -> None:
    source = save(tmp_path / "a.json", coco([(1, names[0]), (2, names[1])], [(1, 0), (2, 0)]))
    result = convert_masks(source, tmp_path / ("o.zip" if to == "cvat-masks" else "o"), to)
    assert result.written == 1
    assert len(result.problems) == 1
    assert "has the same name" in result.problems[0]


def brush(label: str = "mug", **extra: Any) -> dict:
    value = {"format": "rle", "rle": list(brush_bytes(SQUARE)), "brushlabels": [label]}
    area = {"id": "r", "type": "brushlabels", "original_width": 32, "original_height": 24, "image_rotation": 0}
    return area | {"value": value} | extra


def prompt(kind: str) -> dict:
    value = {"x": 50, "y": 50, "width": 9, "height": 9, f"{kind}labels": ["mug"]}
    return {"id": "p", "type": f"{kind}labels", "original_width": 32, "original_height": 24, "value": value}


BESIDE: dict[str, list[dict]] = {
    "key point": [prompt("keypoint")],
    "box": [prompt("rectangle")],
    "ellipse": [prompt("ellipse")],
    "number": [{"id": "r", "type": "number", "value": {"number": 3}}],
    "taxonomy": [{"id": "n", "type": "taxonomy", "value": {"taxonomy": [["x"]]}}],
    "text": [{"id": "r", "type": "textarea", "value": {"text": ["mug?"]}}],
    "choice": [{"id": "c", "type": "choices", "value": {"choices": ["sharp"]}}],
    "labels of a brush": [
        brush(type="labels", value={"format": "rle", "rle": list(brush_bytes(SQUARE)), "labels": ["mug"]})
    ],
}


@pytest.mark.parametrize("beside", BESIDE)
def test_what_stands_beside_a_brush_is_no_area(captures: list[Path], tmp_path: Path, beside: str) -> None:
    tasks = [{"data": {"image": "v0.jpg"}, "annotations": [{"result": [*BESIDE[beside], brush()]}]}]
    result = import_masks(save(tmp_path / "t.json", tasks), captures[:1], tmp_path / "back")
    assert result.problems == ()
    assert (back(tmp_path) == SQUARE).all()


def test_a_box_alone_is_named(captures: list[Path], tmp_path: Path) -> None:
    tasks = [{"data": {"image": "v0.jpg"}, "annotations": [{"result": [prompt("rectangle")]}]}]
    result = import_masks(save(tmp_path / "t.json", tasks), captures[:1], tmp_path / "back")
    assert result.written == 0
    assert "has no pixels" in result.problems[0]


def test_a_skipped_task_is_not_its_prediction(captures: list[Path], tmp_path: Path) -> None:
    skipped = {"was_cancelled": True, "result": []}
    tasks = [{"data": {"image": "v0.jpg"}, "annotations": [skipped], "predictions": [{"result": [brush()]}]}]
    result = import_masks(save(tmp_path / "t.json", tasks), captures[:1], tmp_path / "back")
    assert result.written == 0
    assert "v0.jpg was skipped" in result.problems[0]


def test_json_min_is_named(captures: list[Path], tmp_path: Path) -> None:
    source = save(tmp_path / "t.json", [{"id": 1, "image": "v0.jpg", "tag": [brush()["value"]], "annotator": 1}])
    with pytest.raises(ImageError, match="JSON-MIN"):
        import_masks(source, captures[:1], tmp_path / "back")


@pytest.mark.parametrize("kind", ["png", "coco"])
def test_archives_of_macos(captures: list[Path], tmp_path: Path, kind: str) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for hidden in ("__MACOSX/masks/._v0.png", "masks/._v1.png", "__MACOSX/._a.json", "masks/.DS_Store"):
            archive.writestr(hidden, b"\0\5\x16\7\0\2\0\0Mac OS X")
        if kind == "png":
            archive.writestr("masks/v0.png", png())
        else:
            archive.writestr("x/a.json", json.dumps(coco([(1, "v0.jpg")], [(1, 0)])))
    result = import_masks(tmp_path / "m.zip", captures[:1], tmp_path / "back")
    assert (result.written, result.problems) == (1, ())
    assert (back(tmp_path) == SQUARE).all()


def test_masks_named_as_colmap_names_them_and_pictures_that_are_no_png(captures: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    (folder / "v0.jpg.png").write_bytes(png())
    (folder / "v1.png").write_bytes(png())
    PIL.Image.fromarray(SQUARE).convert("L").save(folder / "v2.jpg")
    result = import_masks(folder, captures[:1], tmp_path / "back")
    assert result.written == 2
    assert "v2.jpg: not a PNG" in result.problems[0]


def test_cvat_stacks_shapes_by_their_z_order(captures: list[Path], tmp_path: Path) -> None:
    def shape(label: str, z: int, left: int) -> str:
        return f'<box label="{label}" xtl="{left}" ytl="4" xbr="15" ybr="10" z_order="{z}"/>'

    shapes = shape("hand", 1, 10) + shape("mug", 0, 5) + '<points label="hand" points="1,1" z_order="2"/>'
    xml = f'<annotations><image id="0" name="v0.jpg" width="32" height="24">{shapes}</image></annotations>'
    (tmp_path / "a.xml").write_text(xml)
    result = import_masks(tmp_path / "a.xml", captures[:1], tmp_path / "back", label="mug")
    assert result.problems == ()
    assert back(tmp_path).sum() == 5 * 6
    (tmp_path / "a.xml").write_text(xml.replace('z_order="1"', 'z_order="-1"'))
    import_masks(tmp_path / "a.xml", captures[:1], tmp_path / "back", label="mug")
    assert (back(tmp_path) == SQUARE).all()


@pytest.mark.parametrize("inside", ["", "B000000001/"])
def test_a_folder_of_results_gives_its_masks_alone(tmp_path: Path, inside: str) -> None:
    for name in ("masks/a.png", "masks/b.png", "possible/a.png", "segmented/b.png", "probabilities/a.png"):
        path = tmp_path / f"r/{inside}{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())
    for name in ("result.json", "state.json", "mended.json"):
        save(tmp_path / f"r/{inside}{name}", {"format": "x"})
    result = convert_masks(tmp_path / "r", tmp_path / "o.json", "coco")
    assert (result.written, result.problems) == (2, ())
