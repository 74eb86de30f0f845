"""capture.json that was made to harm, in bounded time and memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cleanplate.capture import read_capture, validate_capture
from cleanplate.cli.common import printable
from cleanplate.errors import CaptureError

Edit = Callable[[Callable[[dict[str, Any]], Any]], None]


@pytest.mark.parametrize("version", ["1" * 5000, "²", "-1", "1.0", ""])
def test_odd_versions_are_named(folder: Path, edit: Edit, version: str) -> None:
    edit(lambda document: document.update(format=f"cleanplate-capture/{version}"))
    with pytest.raises(CaptureError, match="format"):
        read_capture(folder)


@pytest.mark.parametrize("path", ["a/" * 2_000_000 + "a.jpg", "a" * 5000])
def test_long_paths_are_named(folder: Path, edit: Edit, path: str) -> None:
    edit(lambda document: document["views"][0].update(image=path))
    with pytest.raises(CaptureError, match="1024 characters") as caught:
        read_capture(folder)
    assert len(str(caught.value)) < 1000


def test_a_name_that_no_file_can_have_is_a_missing_picture(folder: Path, edit: Edit) -> None:
    edit(lambda document: document["views"][0].update(image="a" * 300 + ".jpg"))
    problems = validate_capture(folder)
    assert len(problems) == 1
    assert "a" * 300 in problems[0]


def test_many_views_take_time_in_proportion(folder: Path, edit: Edit) -> None:
    def grow(document: dict[str, Any]) -> None:
        document["views"] = [document["views"][0] | {"id": f"v{number}"} for number in range(20_000)] * 2

    edit(grow)
    with pytest.raises(CaptureError, match="occurs 2 times"):  # counting each name anew took minutes
        read_capture(folder)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"format": ' * 900 + "1" + "}" * 900, '{"format": 1e400}', "{NaN}"])
def test_odd_json_is_named(folder: Path, text: str) -> None:
    (folder / "capture.json").write_text(text)
    with pytest.raises(CaptureError, match=r"capture\.json"):
        read_capture(folder)


def test_a_folder_that_is_a_link_leads_out(folder: Path, edit: Edit, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "link").symlink_to(outside)
    edit(lambda document: document["views"][0].update(image="link/a.jpg"))
    with pytest.raises(CaptureError, match="leads out"):
        read_capture(folder)


def test_control_characters_of_names_do_not_reach_the_terminal() -> None:
    text = printable("\x1b[2Ja\u202eb\x9bc\rd\ne")
    assert text == "\\x1b[2Ja\\u202eb\\x9bc\\rd\ne"
