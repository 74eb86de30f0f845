"""Which camera and platen angle each photograph has: by its name, by a pattern, by order and count, or by a table."""

import csv
import re
from itertools import pairwise
from pathlib import Path

from cleanplate.capture.naming import NamedPicture, in_order
from cleanplate.errors import CaptureError
from cleanplate.exchange.photographs.lens import taken_by
from cleanplate.exchange.poses.text import number, read_text

FIELDS = {"camera": r"(?P<camera>.+?)", "deg": r"(?P<deg>\d+(?:\.\d+)?)", "*": r".*?"}
COLUMNS = ("picture", "camera", "deg")


def by_pattern(root: Path, pictures: list[Path], pattern: str) -> list[NamedPicture]:
    """Read angles out of names by a pattern such as "{camera}_{deg}" or "{camera}/turn{deg}_{*}".

    The pattern is of the path below the folder, without the suffix; {camera} may be left out where there is one.

    Raises:
        CaptureError: a pattern without {deg}, a picture that does not follow it, an angle beyond 360 or twice.
    """
    words = re.findall(r"\{(.*?)\}", pattern)
    if words.count("deg") != 1 or words.count("camera") > 1 or set(words) - set(FIELDS):
        raise CaptureError(f"the pattern {pattern!r} needs one {{deg}}, and may have {{camera}} and {{*}}")
    parts = re.split(r"\{(.*?)\}", pattern)
    expression = "".join(FIELDS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
    named, strange = [], []
    for path in pictures:
        match = re.fullmatch(expression, path.relative_to(root).with_suffix("").as_posix(), re.IGNORECASE)
        if match is None:
            strange.append(path.name)
        else:
            named.append(NamedPicture(path, match.groupdict().get("camera") or "cam00", float(match["deg"])))
    if strange:
        raise CaptureError(
            f"{root}: {', '.join(strange[:5])}{' ...' if len(strange) > 5 else ''} do not follow {pattern!r}; correct "
            f"the pattern, or move them elsewhere"
        )
    return in_order(root, named)


def by_order(root: Path, pictures: list[Path], steps: int) -> list[NamedPicture]:
    """Take pictures in the order of their names as the steps of a full turn.

    Each folder is a camera; where EXIF names several cameras in one folder, each of them is.

    Raises:
        CaptureError: a camera with another count of pictures.
    """
    named, problems = [], []
    for camera, inside in _groups(root, pictures).items():
        ordered = sorted(inside, key=_natural)
        if len(ordered) != steps:
            gap = _gap(ordered)
            between = f" (one seems to be missing between {gap[0].name} and {gap[1].name})" if gap else ""
            problems.append(f"camera {camera!r}: {len(ordered)} pictures for {steps} steps{between}")
        named += [NamedPicture(path, camera, 360.0 * index / steps) for index, path in enumerate(ordered[:steps])]
    if problems:
        raise CaptureError(
            f"{root}: {'; '.join(problems)}; the order of the names must be that of the steps, one picture for each, "
            f"each camera in a folder of its own (else give --angles or --table)",
            problems,
        )
    return in_order(root, named)


def _groups(root: Path, pictures: list[Path]) -> dict[str, list[Path]]:
    folders: dict[Path, list[Path]] = {}
    for path in pictures:
        folders.setdefault(path.parent, []).append(path)
    groups: dict[str, list[Path]] = {}
    for folder, inside in sorted(folders.items()):
        name = folder.relative_to(root).as_posix() if folder != root else "cam00"
        bodies = {taken_by(path) for path in inside}
        for path in inside:
            body = "" if len(bodies) == 1 else "-" + ("-".join(filter(None, taken_by(path)[1:])) or "unknown")
            groups.setdefault(name + body, []).append(path)
    return groups


def by_table(root: Path, pictures: list[Path], table: Path) -> tuple[list[NamedPicture], list[str]]:
    """Read a CSV with the columns picture, deg and, where there are several, camera.

    Returns:
        The pictures, and a sentence for those that the table does not name.

    Raises:
        CaptureError: not such a file, or a picture in it that is not there.
    """
    known = {path.relative_to(root).as_posix(): path for path in pictures}
    by_name = {path.name: path for path in pictures}
    rows = csv.DictReader(read_text(table).splitlines(), skipinitialspace=True)
    columns = [(name or "").strip().lower() for name in rows.fieldnames or []]
    if "picture" not in columns or "deg" not in columns:
        raise CaptureError(f"{table}: its first line must name the columns picture, deg and maybe camera")
    rows.fieldnames = columns
    named = []
    try:
        for row in rows:
            name = (row["picture"] or "").strip()
            path = known.get(name) or by_name.get(name)
            if path is None:
                raise CaptureError(f"{table}: {name!r} is not in {root}; correct the name, or take the line out")
            named.append(NamedPicture(path, (row.get("camera") or "").strip() or "cam00", number(row["deg"])))
    except (ValueError, csv.Error) as error:
        raise CaptureError(f"{table}: line {rows.line_num}: {error}") from error
    left = [name for name, path in known.items() if path not in {item.path for item in named}]
    problems = [f"{len(left)} pictures are not in {table.name}: {', '.join(left[:5])}"] if left else []
    return in_order(root, named), problems


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order names as people do: frame2 before frame10."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d+)", path.stem)]


def _gap(ordered: list[Path]) -> tuple[Path, Path] | None:
    """Return the neighbours between which the numbers of names, which otherwise go up evenly, leave one out."""
    numbers = [re.findall(r"\d+", path.stem) for path in ordered]
    if not all(numbers) or len(ordered) < 3:
        return None
    steps = [int(b[-1]) - int(a[-1]) for a, b in pairwise(numbers)]
    usual = max(set(steps), key=steps.count)
    if usual < 1 or steps.count(usual) < len(steps) * 0.8:
        return None
    odd = [index for index, step in enumerate(steps) if step > usual]
    return (ordered[odd[0]], ordered[odd[0] + 1]) if len(odd) == 1 else None
