"""What is done, whose file is whose, and who holds a folder."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cleanplate.errors import CleanplateError
from cleanplate.files import is_whole, sha256_file
from cleanplate.image import write_mask
from cleanplate.state import GIVEN, State, exclusive


def make(folder: Path, name: str, text: str, key: str = "key") -> None:
    with State(folder).making(key, folder / name) as room:
        (room / name).write_text(text)


@pytest.mark.parametrize("name", ["masks/a.png", "hull.ply"])
def test_a_file_that_somebody_changed_stays_and_counts_as_done(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, "ply\nend_header\nours")
    (tmp_path / name).write_bytes(b"ply\nend_header\ntheirs")
    assert State(tmp_path).is_done("another key", tmp_path / name)
    make(tmp_path, name, "ply\nend_header\nnew", "another key")
    assert (tmp_path / name).read_bytes() == b"ply\nend_header\ntheirs"
    State(tmp_path).remove_all_but(set())
    assert (tmp_path / name).is_file()


def test_hand_made_masks_stay_though_nothing_is_recorded_and_other_files_are_set_aside(tmp_path: Path) -> None:
    for name in ("masks/a.png", "hull.ply"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("theirs")
        make(tmp_path, name, "ours")
    assert (tmp_path / "masks/a.png").read_text() == "theirs"
    assert (tmp_path / "hull.ply").read_text() == "ours"
    assert [path.read_text() for path in (tmp_path / "set-aside").iterdir()] == ["theirs"]


@pytest.mark.parametrize("state", ["lost", "{", "[]", '{"items": 1}', "[" * 100_000])
def test_a_lost_state_is_made_again_and_only_what_differs_is_a_persons(tmp_path: Path, state: str) -> None:
    make(tmp_path, "masks/a.png", "ours")
    whole = (tmp_path / "state.json").read_bytes()
    (tmp_path / "state.json").unlink()
    if state != "lost":
        (tmp_path / "state.json").write_text(state)
    assert not State(tmp_path).is_done("key", tmp_path / "masks/a.png")
    make(tmp_path, "masks/a.png", "ours")
    assert (tmp_path / "state.json").read_bytes() == whole
    assert not State(tmp_path).is_edited(tmp_path / "masks/a.png")


def test_what_was_cut_short_is_made_again(tmp_path: Path) -> None:
    write_mask(tmp_path / "whole.png", __import__("numpy").ones((9, 9), bool))
    data = (tmp_path / "whole.png").read_bytes()
    for cut in (0, 5, 20, len(data) - 1):
        with State(tmp_path).making("key", tmp_path / "masks/a.png") as room:
            (room / "masks/a.png").write_bytes(data)
        (tmp_path / "masks/a.png").write_bytes(data[:cut])
        assert not is_whole(tmp_path / "masks/a.png")
        assert not State(tmp_path).is_done("key", tmp_path / "masks/a.png")
        with State(tmp_path).making("key", tmp_path / "masks/a.png") as room:
            (room / "masks/a.png").write_bytes(data)
        assert (tmp_path / "masks/a.png").read_bytes() == data
    assert not (tmp_path / "set-aside").exists()


def test_a_given_mask_is_done_for_every_key_and_never_removed(tmp_path: Path) -> None:
    make(tmp_path, "masks/a.png", "given", GIVEN)
    state = State(tmp_path)
    assert state.is_done("any", tmp_path / "masks/a.png")
    assert state.is_edited(tmp_path / "masks/a.png")
    state.remove_all_but(set())
    assert (tmp_path / "masks/a.png").read_text() == "given"


def test_a_foreign_state_touches_nothing_outside(tmp_path: Path) -> None:
    out, names = tmp_path / "out", []
    (out / "masks").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (out / "link").symlink_to(tmp_path / "elsewhere")
    for victim in (tmp_path / "a", tmp_path / "elsewhere/b"):
        victim.write_text("theirs")
    names = [str(tmp_path / "a"), "../a", "masks/../../a", "link/b", "", ".", "/"]
    entry = {"key": "k", "sha256": sha256_file(tmp_path / "a")}
    document = {"format": "cleanplate-state/1", "items": dict.fromkeys(names, entry) | {"masks/x": 3, "y": {"key": 1}}}
    (out / "state.json").write_text(json.dumps(document))
    State(out).remove_all_but(set())
    assert (tmp_path / "a").read_text() == (tmp_path / "elsewhere/b").read_text() == "theirs"
    with pytest.raises(CleanplateError, match="leads out of"), State(out).making("k", out / "link/b"):
        pass


def test_the_lock_deletes_and_empties_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in (".gitattributes", "masks/.keep", ".cleanplate-notes"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("theirs")
    (out / ".cleanplate-making-dead").mkdir()
    with exclusive(out):
        assert not (out / ".cleanplate-making-dead").exists()
        with pytest.raises(CleanplateError, match="another cleanplate run"), exclusive(out):
            pass
    assert sorted(path.name for path in out.rglob("*")) == [".cleanplate-notes", ".gitattributes", ".keep", "masks"]
    (tmp_path / "victim").write_text("theirs")
    (out / ".cleanplate.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(CleanplateError, match="in the place of cleanplate's lock"), exclusive(out):
        pass
    assert (tmp_path / "victim").read_text() == "theirs"


def test_a_lock_that_its_holder_removed_is_not_held(tmp_path: Path) -> None:
    """Two processes that open the file before the first ends must not both go on: one would hold a removed file."""
    code = (
        "import sys, time; from pathlib import Path; from cleanplate.state import exclusive\n"
        "from cleanplate.errors import CleanplateError\n"
        "for _ in range(200):\n"
        "    try:\n"
        "        with exclusive(Path(sys.argv[1])):\n"
        "            n = Path(sys.argv[2]); n.open('x').close(); n.unlink()\n"
        "    except CleanplateError: pass\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out"), str(tmp_path / "held")]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [worker.communicate()[1] for worker in workers] == [b"", b""]
    descriptor = os.open(tmp_path / "free", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
