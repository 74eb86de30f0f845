"""Files as other tools and other people write them."""

import base64
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
from cleanplate.exchange.masks.polygon import fill_polygon
from cleanplate.image import read_mask

SQUARE = np.zeros((24, 32), bool)
SQUARE[4:10, 5:15] = True


def back(tmp_path: Path, view: str = "v0") -> np.ndarray:
    return read_mask(tmp_path / f"back/B000000001/masks/{view}.png")


def save_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def coco(annotations: list[dict], names: list[str], categories: tuple[str, ...] = ("mug",)) -> dict:
    return {
        "images": [{"id": i, "file_name": name, "width": 32, "height": 24} for i, name in enumerate(names)],
        "categories": [{"id": i, "name": name} for i, name in enumerate(categories)],
        "annotations": annotations,
    }


def png(pixels: np.ndarray, palette: list[int] | None = None) -> bytes:
    picture = PIL.Image.fromarray(pixels)
    if palette:
        picture.putpalette(palette)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def test_polygons_take_the_pixels_whose_centres_they_hold(captures: list[Path], tmp_path: Path) -> None:
    polygon = [5.2, 3.9, 15.3, 3.9, 15.3, 10.1, 5.2, 10.1]
    document = coco([{"image_id": 0, "category_id": 0, "segmentation": [polygon]}], ["a/b/v0.png", "v1.jpg"])
    result = import_masks(save_json(tmp_path / "a.json", document), captures[:1], tmp_path / "back")
    assert (back(tmp_path) == SQUARE).all()
    assert result.written == 1
    assert "nobody has annotated" in result.problems[0]
    assert import_masks(tmp_path / "a.json", captures[:1], tmp_path / "back", empty=True).written == 2
    assert not back(tmp_path, "v1").any()


def test_a_polygon_of_a_mask_that_crosses_itself_is_even_odd() -> None:
    canvas = np.zeros((9, 9), bool)
    fill_polygon(canvas, [(0, 0), (9, 0), (9, 9), (0, 9), (0, 0), (3, 3), (6, 3), (6, 6), (3, 6), (3, 3)])
    assert canvas.sum() == 81 - 9
    assert not canvas[3:6, 3:6].any()


def test_cvat_export_of_masks_polygons_and_boxes(captures: list[Path], tmp_path: Path) -> None:
    xml = """<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>
    <meta><job><labels><label><name>mug</name></label></labels></job></meta>
    <image id="0" name="sub/v0.jpg" width="32" height="24">
      <mask label="mug" source="manual" occluded="0" rle="0, 60" left="5" top="4" width="10" height="6"></mask></image>
    <image id="1" name="v1.jpg" width="32" height="24">
      <polygon label="mug" points="5.00,4.00;15.00,4.00;15.00,10.00;5.00,10.00"><attribute name="a">1</attribute>
      </polygon></image>
    <image id="2" name="v2.jpg" width="32" height="24">
      <box label="mug" xtl="5" ytl="4" xbr="15" ybr="10"/><polyline label="mug" points="1,1;2,2"/></image>
    </annotations>"""
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.writestr("annotations.xml", xml)
    result = import_masks(tmp_path / "task.zip", captures[:1], tmp_path / "back")
    assert (back(tmp_path) == SQUARE).all()
    assert (back(tmp_path, "v1") == SQUARE).all()
    assert result.written == 2
    assert "polyline" in result.problems[0]


@pytest.mark.parametrize("kind", ["RGB", "palette", "grey", "VOC"])
def test_cvat_masks_in_every_kind_of_png(captures: list[Path], tmp_path: Path, kind: str) -> None:
    indices = SQUARE.astype(np.uint8)
    colours = np.array([[0, 0, 0], [250, 50, 53]], np.uint8)
    data = {
        "RGB": lambda: png(colours[indices]),
        "palette": lambda: png(indices, colours.ravel().tolist()),
        "grey": lambda: png(indices),
        "VOC": lambda: png(np.array([[0, 0, 0], [128, 0, 0]], np.uint8)[indices]),
    }[kind]()
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        colour = "" if kind == "VOC" else "250,50,53"
        archive.writestr("labelmap.txt", f"# label:color_rgb:parts:actions\nbackground:0,0,0::\nmug:{colour}::\n")
        archive.writestr("SegmentationClass/v0.png", data)
        archive.writestr("SegmentationClass/v1.png", png(np.full((24, 32, 3), 7, np.uint8)))
        archive.writestr("ImageSets/Segmentation/default.txt", "v0\nv1\nv2\n")
    result = import_masks(tmp_path / "m.zip", captures[:1], tmp_path / "back")
    assert (back(tmp_path) == SQUARE).all()
    assert "768 pixels have a colour" in result.problems[0]
    assert "nobody has annotated" in result.problems[1]


def test_label_studio_prefers_the_last_annotation(captures: list[Path], tmp_path: Path) -> None:
    def answer(points: list[list[float]], **extra: Any) -> dict:
        area = {"type": "polygonlabels", "original_width": 32, "original_height": 24, "image_rotation": 0}
        return {"result": [area | {"value": {"points": points, "polygonlabels": ["mug"]}}], **extra}

    square = [[100 * x / 32, 100 * y / 24] for x, y in [(5, 4), (15, 4), (15, 10), (5, 10)]]
    other = [[0, 0], [100, 0], [100, 100]]
    tasks = [
        {
            "data": {"image": "/data/upload/3/8d1f22aa-v0.jpg"},
            "annotations": [
                answer(square, updated_at="2026-02-01"),
                answer(other, updated_at="2026-01-01"),
                answer(other, updated_at="2026-03-01", was_cancelled=True),
            ],
            "predictions": [answer(other)],
        },
        {"data": {"image": "s3://bucket/v1.jpg"}, "annotations": []},
        {"data": {"image": "v2.jpg"}, "annotations": [{"result": []}]},
        {"nonsense": 1},
    ]
    result = import_masks(save_json(tmp_path / "t.json", tasks), captures[:1], tmp_path / "back")
    assert (back(tmp_path) == SQUARE).all()
    assert not back(tmp_path, "v2").any()
    assert result.written == 2
    assert ["damaged" in result.problems[0], "nobody" in result.problems[1]] == [True, True]


def test_labelme_masks_rectangles_and_a_damaged_neighbour(captures: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "labelme"
    folder.mkdir()
    crop = base64.b64encode(png(np.full((6, 10), 255, np.uint8))).decode()
    shapes = {
        "v0": {"label": "mug", "shape_type": "mask", "points": [[5, 4], [14, 9]], "mask": crop},
        "v1": {"label": "mug", "shape_type": "rectangle", "points": [[14, 9], [5, 4]]},
        "v2": {"label": "mug", "shape_type": "line", "points": [[14, 9], [5, 4]]},
    }
    for view, shape in shapes.items():
        document = {"shapes": [shape], "imagePath": f"..\\x\\{view}.jpg", "imageWidth": 32, "imageHeight": 24}
        save_json(folder / f"{view}.json", document)
    (folder / "bad.json").write_text("{")
    result = import_masks(folder, captures[:1], tmp_path / "back")
    assert (back(tmp_path) == SQUARE).all()
    assert (back(tmp_path, "v1") == SQUARE).all()
    assert [word in problem for word, problem in zip(["bad.json", "a line"], result.problems, strict=True)] == [
        True
    ] * 2


@pytest.mark.parametrize("foreground", [1, 38, 255])
def test_plain_pngs_of_any_two_values(captures: list[Path], tmp_path: Path, foreground: int) -> None:
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks/v0.png").write_bytes(png(SQUARE.astype(np.uint8) * foreground))
    assert import_masks(tmp_path / "masks", captures[:1], tmp_path / "back").problems == ()
    assert (back(tmp_path) == SQUARE).all()


def test_several_labels_need_a_choice(captures: list[Path], tmp_path: Path) -> None:
    whole = {"size": [24, 32], "counts": [0, 768]}
    square = [5, 4, 15, 4, 15, 10, 5, 10]
    document = coco(
        [
            {"image_id": 0, "category_id": 0, "segmentation": [square]},
            {"image_id": 0, "category_id": 1, "segmentation": whole},
        ],
        ["v0.jpg"],
        ("mug", "shadow"),
    )
    source = save_json(tmp_path / "a.json", document)
    with pytest.raises(ImageError, match="mug, shadow"):
        import_masks(source, captures[:1], tmp_path / "back")
    with pytest.raises(ImageError, match="no label 'mgu'"):
        import_masks(source, captures[:1], tmp_path / "back", label="mgu")
    import_masks(source, captures[:1], tmp_path / "back", label="mug")
    assert (back(tmp_path) == SQUARE).all()


def test_names_that_mean_several_views_or_another_product(captures: list[Path], tmp_path: Path) -> None:
    whole = {"size": [24, 32], "counts": [0, 768]}
    names = ["v0.jpg", "B000000009/images/v0.jpg", "B000000002/v1.jpg", "else.jpg", "B000000002/images/v1.png"]
    document = coco([{"image_id": i, "category_id": 0, "segmentation": whole} for i in range(5)], names)
    result = import_masks(save_json(tmp_path / "a.json", document), captures, tmp_path / "back")
    words = ["2 views", "no view", "no view", "already imported"]
    assert [word in problem for word, problem in zip(words, result.problems, strict=True)] == [True] * 4
    assert result.written == 1


def test_a_size_that_is_not_the_pictures_is_refused(captures: list[Path], tmp_path: Path) -> None:
    document = coco([{"image_id": 0, "category_id": 0, "segmentation": {}}], ["v0.jpg"])
    document["images"][0]["width"] = 10_000_000
    result = import_masks(save_json(tmp_path / "a.json", document), captures[:1], tmp_path / "back")
    assert "limit" in result.problems[0]
    document["images"][0]["width"] = 33
    result = import_masks(save_json(tmp_path / "a.json", document), captures[:1], tmp_path / "back")
    assert "33x24" in result.problems[0]


def test_a_tools_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    whole = {"size": [24, 32], "counts": [0, 768]}
    names = ["../../evil.png", "C:\\evil.png", "/etc/evil.png"]
    document = coco([{"image_id": i, "category_id": 0, "segmentation": whole} for i in range(3)], names)
    result = convert_masks(save_json(tmp_path / "a.json", document), tmp_path / "out", "png")
    assert result.written == 1
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("evil*")] == ["out/etc/evil.png"]
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../v0.png", png(SQUARE))
    with pytest.raises(ImageError, match="leads out"):
        convert_masks(tmp_path / "slip.zip", tmp_path / "out", "png")


ENTITIES = '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><annotations>&y;</annotations>'


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.xml", ENTITIES, "document type"),
        ("a.xml", "<annotations><track/></annotations>", "CVAT for video"),
        ("a.xml", "<annotations>", "not CVAT"),
        ("a.json", "[" * 100_000, "not valid JSON"),
        ("a.json", "{", "not valid JSON"),
        ("a.json", '{"some": 1}', "no masks in a known format"),
        ("a.json", '{"images": 3, "annotations": []}', "not COCO"),
        ("a.zip", "PK", "not a sound zip"),
        ("a.txt", "", "no masks in a known format"),
    ],
)
def test_damaged_files_are_named(captures: list[Path], tmp_path: Path, name: str, data: str, message: str) -> None:
    (tmp_path / name).write_text(data)
    with pytest.raises(ImageError, match=message) as caught:
        import_masks(tmp_path / name, captures, tmp_path / "back")
    assert str(tmp_path / name) in str(caught.value)
    with pytest.raises(ImageError, match="not found"):
        import_masks(tmp_path / "nothing.json", captures, tmp_path / "back")


def test_a_zip_larger_than_the_limit_is_refused(
    captures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.xml", " " * 100_000)
    monkeypatch.setattr("cleanplate.exchange.masks.bundle.FILE_LIMIT", 10_000)
    with pytest.raises(ImageError, match="100000 bytes"):
        import_masks(tmp_path / "bomb.zip", captures, tmp_path / "back")
