"""Which captures a batch runs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.batch.run import quick_asin
from cleanplate.batch.select import find, shard
from cleanplate.errors import CaptureError, SettingsError

Make = Callable[[int], list[Path]]


def test_a_list_keeps_what_is_missing_and_says_what_is_there_twice(make: Make, tmp_path: Path) -> None:
    first, second = map(str, make(2))
    listed = tmp_path / "list.txt"
    listed.write_text(f"# a comment\n{second}\n\n{tmp_path / 'none'}\n{second}\r\n{first}\n", encoding="utf-8-sig")
    captures, odd = find([], listed)
    assert captures == [second, str(tmp_path / "none"), first]
    assert odd == [f"{listed}: 1 capture is named more than once and run once"]


def test_folders_of_captures_and_patterns(make: Make, tmp_path: Path) -> None:
    folders = list(map(str, make(12)))
    assert find([str(tmp_path / "in")]) == (folders, [])
    assert find([str(tmp_path / "in/B00000001*")]) == (folders[10:], [])
    with pytest.raises(CaptureError, match="matches nothing"):
        find([str(tmp_path / "in/X*")])


@pytest.mark.parametrize("content", [None, b"", b"# nothing\n", b"\xff\xfe\x00"])
def test_a_list_that_names_nothing_is_wrong_usage(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "list").write_bytes(content)
    with pytest.raises(SettingsError, match=r"one (capture )?a line"):
        find([], tmp_path / "list")


@given(st.integers(0, 50), st.integers(1, 60))
def test_the_shares_are_the_whole_each_once(count: int, shares: int) -> None:
    captures = [str(n) for n in range(count)]
    parts = [shard(captures, f"{n + 1}/{shares}") for n in range(shares)]
    assert sorted((each for part in parts for each in part), key=int) == captures
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "a/b", "-1/3", "1/0", "1/3/4", "1/" + "9" * 40])
def test_a_share_beyond_the_last_is_wrong_usage(part: str) -> None:
    with pytest.raises(SettingsError, match="from 1 to n"):
        shard(["a"], part)


def test_an_asin_is_found_as_a_full_reading_finds_it(make: Make) -> None:
    (folder,) = make(1)
    assert quick_asin(str(folder)) == "B000000000"
    assert quick_asin(str(folder / "images")) is None
    text = (folder / "capture.json").read_text()
    for odd in (
        text.replace('"tags": []', '"tags": ["\\"asin\\": \\"B0OTHER000\\""]'),
        text.replace("asin", "\\u0061sin"),
        text + " " * (1 << 20),
    ):
        assert odd != text
        (folder / "capture.json").write_text(odd)
        assert quick_asin(str(folder)) == "B000000000"
    (folder / "capture.json").write_text("[")
    assert quick_asin(str(folder)) is None
