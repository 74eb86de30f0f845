"""Errors for users: each says what was wrong, with which file, what was got, and what to do."""

import importlib
from collections.abc import Sequence
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
