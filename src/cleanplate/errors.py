"""Errors for users: each says what was wrong, with which file, what was got, and what to do."""

import importlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType


class CleanplateError(Exception):
    """Base of every error that cleanplate raises on purpose."""


class CaptureError(CleanplateError):
    """A capture folder that cannot be used.

    Attributes:
        problems: every problem found, one sentence each.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        self.problems = list(problems) or [message]
        super().__init__(message)


class ImageError(CleanplateError):
    """An image, plate or mask that cannot be read, or whose size does not fit."""


class MeshError(CleanplateError):
    """A mesh that cannot be used, or a hull that came out empty."""


class ModelError(CleanplateError):
    """Weights or a model file that cannot be used."""


class SettingsError(CleanplateError):
    """A setting that no stage can use; the command line's exit code is 2, as for any wrong usage."""


class MissingExtra(CleanplateError):
    """An optional part of cleanplate is not installed."""


class OutOfTime(BaseException):
    """A product took longer than it may; no handler of ordinary errors takes it for one of theirs."""


def problems_of(error: BaseException, folder: Path | str, out: Path | str) -> list[str]:
    """Return what a person is told of an error that ended the work on a capture, a sentence each.

    What is no error for users is a bug: it is named as one, and its traceback goes to the log.
    """
    if isinstance(error, CleanplateError | OutOfTime):
        return getattr(error, "problems", [str(error)])
    if isinstance(error, MemoryError):
        return [f"{folder}: the memory ran out; run it on a larger machine, or fewer products at a time"]
    if isinstance(error, OSError):
        return [f"{error.filename or out}: {error.strerror or error}; free or unlock it and run again"]
    logging.getLogger(__name__).error("%s: internal error", folder, exc_info=error)
    return [f"{folder}: internal error ({type(error).__name__}: {error}); please report it with the traceback"]


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, or say which extra brings it.

    Raises:
        MissingExtra: the module is not installed; the message holds the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"this needs {module!r}, which is not installed; run: pip install 'cleanplate[{extra}]'"
        ) from error


def gathered(problems: Sequence[str]) -> list[str]:
    """Return problems for people: what three views or more share is said once, with their number and some names.

    "view X: reason" is shared where the reasons differ in the view's name alone, which becomes "*".
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for problem in problems:
        found = re.match(r"view (\S+): (.*)", problem, re.DOTALL)
        view, reason = (
            (found[1], re.sub(rf"(?<!\w){re.escape(found[1])}(?!\w)", "*", found[2])) if found else ("", problem)
        )
        groups.setdefault(reason, []).append((view, problem))
    said: list[str] = []
    for reason, each in groups.items():
        views = [view for view, _ in each if view]
        if len(views) < 3:
            said += dict.fromkeys(problem for _, problem in each)
        else:
            some = views if len(views) <= 4 else [*views[:3], "...", views[-1]]
            said.append(f"{len(views)} views ({', '.join(some)}): {reason}")
    return said
