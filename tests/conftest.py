"""Shared fixtures, and the shapes of annotations checked while the tests run."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook("cleanplate", "typechecker.check")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with real captures, photographs and meshes that lies beside the repository; skips without it."""
    folder = Path(os.environ.get("CLEANPLATE_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the folder of shared captures, not found at {folder}")
    return folder
