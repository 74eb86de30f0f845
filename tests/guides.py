"""The commands that pages show: read from them, run as printed, and held against what the command line takes."""

import functools
import re
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SAMPLES = ROOT / "src/cleanplate/samples"
INDENTED = re.compile(r"(?:^|\n)\n((?: {4}.*\n|\n(?= {4}))+)")
FENCED = re.compile(r"^(?P<fence>```+)[a-z ]*\n(.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`(cleanplate [^`\n]+)`(?!`)")
UsageError: Any = typer.BadParameter.__base__
"""Of the click that typer brings along."""
SERVING = ("review", "view")
"""Pages that serve until somebody ends them; their own tests open them in a browser."""
QUICK = {name: ["--model", "classical"] for name in ("import", "segment")}
QUICK["reconstruct"] = ["--resolution", "64", "--no-usdz"]
QUICK["run"] = [*QUICK["import"], *QUICK["reconstruct"]]
"""The quick masks, and small models, where a guide names no others: networks are tried on pictures elsewhere."""


def commands(page: Path) -> list[list[str]]:
    """Return the words of the commands that a page's blocks of code show, in their order."""
    return [words for line in _lines(page.read_text(encoding="utf-8")) for words in _split(line)]


def mentioned(page: Path) -> list[list[str]]:
    """Return the words of the commands that a page mentions within its text."""
    found = INLINE.findall(page.read_text(encoding="utf-8"))
    return [words for text in found for words in _split(text)]


def _lines(text: str) -> Iterator[str]:
    blocks = [match[2] for match in FENCED.finditer(text)]
    blocks += [match[1] for match in INDENTED.finditer(FENCED.sub("", text))]
    for block in sorted(blocks, key=text.find):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"\s*cleanplate ", line):
                yield line.strip()


def _split(line: str) -> list[list[str]]:
    words = shlex.split(line.replace(";", " ; "), comments=True)
    ends = [n for n, word in enumerate(words) if word == ";"] + [len(words)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [words[start:end] for start, end in zip(starts, ends, strict=True) if words[start:end][:1] == ["cleanplate"]]


def follow(
    page: Path,
    room: Path,
    *,
    partial: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    extra: Mapping[str, list[str]] = QUICK,
) -> None:
    """Run a page's commands in a folder, in their order.

    Args:
        partial: commands that may end with exit code 3.
        names: what stands for words of the page, and for "$NAME" within words.
        extra: options to add to commands that name no model.
    """
    listed = commands(page)
    assert listed
    for words in listed:
        if words[1] not in SERVING or "--export" in words:
            run(words, room, partial, names or {}, extra)


def run(
    words: list[str],
    room: Path,
    partial: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    extra: Mapping[str, list[str]] = QUICK,
) -> None:
    """Run one command; it has to end with 0, or with 3 where that may be."""
    asked = [_named(word, names or {}) for word in words]
    asked += extra.get(words[1], []) if "--model" not in words else []
    done = subprocess.run([sys.executable, "-m", *asked], cwd=room, capture_output=True, text=True, check=False)
    assert done.returncode in ((0, 3) if words[1] in partial else (0,)), f"{shlex.join(asked)}\n{done.stderr}"


def _named(word: str, names: Mapping[str, str]) -> str:
    for name, meant in names.items():
        word = word.replace(name, meant) if name.startswith("$") else meant if word == name else word
    return word


@functools.cache
def _every_command() -> Any:
    from typer.main import get_command

    from cleanplate.cli import app

    return get_command(app)


def fault(words: list[str], whole: bool) -> str:
    """Return why the command line would refuse a command by its form; empty if it would not.

    Args:
        whole: whether everything that must be given has to be there; where a page says "this|that", it has not.
    """
    command = _every_command()
    rest, context = words[1:], typer.Context(command)
    whole = whole and not any("|" in word for word in rest)
    while hasattr(command, "commands"):
        name = rest.pop(0).partition("|")[0] if rest else ""
        if name.startswith("-"):
            return ""
        if name not in command.commands:
            return f"no command {name!r}"
        command = command.commands[name]
        context = typer.Context(command, parent=context)
    try:
        values, _, _ = command.make_parser(context).parse_args(list(rest))
        for parameter in command.params:
            value = values.get(parameter.name)
            if whole and parameter.required and value in (None, [], ()):
                return f"lacks {parameter.name}"
    except UsageError as error:
        return error.format_message() if whole or "requires an argument" not in error.format_message() else ""
    return ""
