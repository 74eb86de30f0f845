"""The command line as a user meets it: in a process of its own."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from cleanplate import __version__

ROOT = Path(__file__).parents[1]


def cleanplate(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line and return what it printed."""
    command = [sys.executable, "-m", "cleanplate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ | (env or {}))


def commands() -> list[str]:
    """Return the names of all commands."""
    from typer.main import get_command

    from cleanplate.cli import app

    return sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_version_and_help() -> None:
    assert cleanplate("--version").stdout.strip() == __version__
    shown = cleanplate("--help")
    assert shown.returncode == 0
    for command in commands():
        assert command in shown.stdout


def test_help_loads_nothing_heavy() -> None:
    """`--help` is instant only while no room is imported before its command runs."""
    code = "import sys, cleanplate.cli; print(*(name.partition('.')[0] for name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "numpy",
        "cv2",
        "numba",
        "scipy",
        "trimesh",
        "onnxruntime",
        "torch",
        "mitsuba",
        "pydantic",
        "PIL",
        "jinja2",
    }
    assert heavy.isdisjoint(loaded)


@functools.cache
def every_command() -> dict[str, list[str]]:
    """Return the options of all commands and subcommands, by the words that call them."""
    from typer.main import get_command

    from cleanplate.cli import app

    found: dict[str, list[str]] = {}
    waiting = {f"cleanplate {name}": command for name, command in get_command(app).commands.items()}  # type: ignore[attr-defined]
    while waiting:
        words, command = waiting.popitem()
        found[words] = [name for parameter in command.params for name in parameter.opts]
        waiting |= {f"{words} {name}": inner for name, inner in getattr(command, "commands", {}).items()}
    return found


@pytest.mark.parametrize("command", sorted(every_command()))
def test_every_command_and_option_is_documented(command: str) -> None:
    reference = (ROOT / "docs/reference/commands.md").read_text()
    section = re.search(rf"^##+ `{command}`$(.*?)(?=^##+ |\Z)", reference, re.MULTILINE | re.DOTALL)
    assert section, f"docs/reference/commands.md lacks {command!r}; run: make reference"
    for name in every_command()[command]:
        assert name in section[1], f"{command} {name} is not documented; run: make reference"


def test_subcommands_are_among_them() -> None:
    assert {"cleanplate dataset make", "cleanplate calibrate rig", "cleanplate yield"} <= every_command().keys()


def test_wrong_usage_exits_with_2() -> None:
    assert cleanplate("run").returncode == 2
    assert cleanplate("fly").returncode == 2
    assert cleanplate("reconstruct", "x", "--masks", "y", "--out", "z.obj").returncode == 2


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="there is CUDA here")
def test_a_device_that_is_not_there_exits_with_2_and_makes_nothing(tmp_path: Path) -> None:
    done = cleanplate("segment", str(tmp_path), "--out", str(tmp_path / "out"), "--device", "cuda")
    assert done.returncode == 2
    assert "--device cpu" in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def test_an_error_is_one_line_with_the_file(tmp_path: Path) -> None:
    done = cleanplate("run", str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {tmp_path}: neither a capture")
    assert "Traceback" not in done.stderr


def test_validate_names_all_problems() -> None:
    sound = cleanplate("validate", str(ROOT / "tests/data/captures/version-1"))
    assert (sound.returncode, sound.stdout.strip().endswith("sound")) == (0, True)


def test_validate_exits_with_1_for_a_bad_capture(tmp_path: Path) -> None:
    (tmp_path / "capture.json").write_text("{}")
    bad = cleanplate("validate", str(tmp_path), "--json")
    assert bad.returncode == 1
    assert len(json.loads(bad.stdout)[str(tmp_path)]) == 1


def test_schema_is_json() -> None:
    assert json.loads(cleanplate("schema").stdout)["title"] == "cleanplate-capture/1"


def test_a_missing_extra_prints_its_install_command() -> None:
    """A module that cannot be found stands for an extra that is not installed."""
    from cleanplate.errors import MissingExtra, require

    with pytest.raises(MissingExtra, match=re.escape("pip install 'cleanplate[render]'")):
        require("no_such_module_mitsuba", "render")


def test_no_colours_off_a_terminal() -> None:
    done = cleanplate("validate", str(ROOT / "tests/data/captures/version-1"))
    assert "\x1b" not in done.stdout + done.stderr
