"""Files that were made to harm: a sentence that names the file, in bounded time and memory."""

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.errors import CleanplateError
from cleanplate.exchange import convert_masks, import_masks
from cleanplate.untrusted import MEMORY_LIMIT, parse_json

NUMBERS = ["1e400", "-1e400", "1e300", "1" + "0" * 400, "NaN", "Infinity", "-1", '"x"', "null", "true", "[]", "1e-400"]
HEAD = '"categories": [{"id": 1, "name": "mug"}]'
IMAGE = '{"images": [{"id": 1, "file_name": "v0.jpg", "width": 32, "height": 24}], '
AREA = '"original_width": 32, "original_height": 24'
PLACES = {
    "coco width": '{"images": [{"id": 1, "file_name": "v0.jpg", "width": @, "height": 24}], "annotations": [], '
    + HEAD
    + "}",
    "coco corner": IMAGE
    + '"annotations": [{"image_id": 1, "category_id": 1, "segmentation": [[@,1,9,1,9,9]]}], '
    + HEAD
    + "}",
    "coco counts": IMAGE
    + '"annotations": [{"image_id": 1, "category_id": 1, "segmentation": {"size": [24, 32], "counts": [@]}}], '
    + HEAD
    + "}",
    "labelme width": '{"shapes": [], "imagePath": "v0.jpg", "imageWidth": @, "imageHeight": 24}',
    "labelme corner": '{"shapes": [{"label": "a", "shape_type": "mask", "points": [[@, 0], [1, 1]], "mask": "aGk="}], '
    '"imagePath": "v0.jpg", "imageWidth": 32, "imageHeight": 24}',
    "labelme no corner": '{"shapes": [{"label": "a", "shape_type": "mask", "points": [], "mask": @}], '
    '"imagePath": "v0.jpg", "imageWidth": 32, "imageHeight": 24}',
    "label studio width": '[{"data": {"image": "v0.jpg"}, "annotations": [{"result": [{"type": "brushlabels", '
    '"original_width": @, "original_height": 24, "value": {"rle": [1]}}]}]}]',
    "label studio rle": '[{"data": {"image": "v0.jpg"}, "annotations": [{"result": [{"type": "brushlabels", '
    + AREA
    + ', "value": {"rle": @}}]}]}]',
    "label studio corner": '[{"data": {"image": "v0.jpg"}, "annotations": [{"result": [{"type": "polygonlabels", '
    + AREA
    + ', "value": {"points": [[@, 1], [9, 1], [9, 9]]}}]}]}]',
}


@pytest.mark.parametrize("place", PLACES)
def test_no_number_is_a_traceback(captures: list[Path], tmp_path: Path, place: str) -> None:
    for number in [*NUMBERS, "1000000000000"]:
        source = tmp_path / "a.json"
        source.write_text(PLACES[place].replace("@", number))
        try:
            result = import_masks(source, captures[:1], tmp_path / "back")
        except CleanplateError as error:
            assert str(source) in str(error)
        else:
            assert result.written or str(source) in result.problems[0]


@pytest.mark.parametrize("encoding", ["utf-7", "utf-32", "nonsense", "cp037"])
def test_xml_in_odd_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.xml").write_bytes(f'<?xml version="1.0" encoding="{encoding}"?><annotations/>'.encode())
    with pytest.raises(CleanplateError, match=r"a\.xml"):
        convert_masks(tmp_path / "a.xml", tmp_path / "o", "png")


@pytest.mark.parametrize("bomb", [b"[" + b"[]," * 6_000_000 + b"0]", b"[" * 100_000, b'{"a":' * 50_000])
def test_a_json_that_would_eat_the_machine(bomb: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleanplate.untrusted.MEMORY_LIMIT", MEMORY_LIMIT // 4)
    with pytest.raises(ValueError, match=r"would take|too deeply"):
        parse_json(bomb)


def test_texts_of_a_zip_are_bounded(captures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleanplate.exchange.masks.bundle.TEXT_LIMIT", 1000)
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labelmap.txt", "x" * 5000)
        archive.writestr("SegmentationClass/v0.png", b"")
    with pytest.raises(CleanplateError, match=r"labelmap\.txt.*limit is 1000"):
        import_masks(tmp_path / "m.zip", captures[:1], tmp_path / "back")


def test_a_zip_with_a_name_twice_or_a_giant_list(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("v0.png", b"1")
        archive.writestr("v0.png", b"2")
    with pytest.raises(CleanplateError, match="twice"):
        convert_masks(tmp_path / "m.zip", tmp_path / "o", "coco")
    data = bytearray((tmp_path / "m.zip").read_bytes())
    at = data.rindex(b"PK\5\6")
    data[at + 12 : at + 16] = (1 << 30).to_bytes(4, "little")
    (tmp_path / "n.zip").write_bytes(data)
    with pytest.raises(CleanplateError, match="list of contents"):
        convert_masks(tmp_path / "n.zip", tmp_path / "o", "coco")


@pytest.mark.parametrize("name", [".", "../v0.png", "/v0.png", "a\\b.png"])
def test_a_zip_with_a_name_that_leads_out_is_named(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("v0.png", b"1")
        archive.writestr(name, b"1")
    with pytest.raises(CleanplateError, match=r"m\.zip: the name"):
        convert_masks(tmp_path / "m.zip", tmp_path / "o", "coco")


@settings(max_examples=150)
@given(
    data=st.data(),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]),
)
def test_damaged_zips_are_named(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, method: int) -> None:
    folder = tmp_path_factory.mktemp("zips")
    with zipfile.ZipFile(folder / "m.zip", "w", method) as archive:
        archive.writestr("a.json", json.dumps({"images": [], "annotations": [], "x": list(range(200))}))
    whole = bytearray((folder / "m.zip").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "m.zip").write_bytes(whole)
    try:
        convert_masks(folder / "m.zip", folder / "o.json", "coco")
    except CleanplateError as error:
        assert "m.zip" in str(error)
