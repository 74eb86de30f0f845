"""Shared fixtures, and the shapes of annotations checked while the tests run."""

import os
from pathlib import Path

import hypothesis
import pytest
from jaxtyping import install_import_hook

install_import_hook("cleanplate", "typechecker.check")

# No deadline: a busy machine is no failure. In CI the same examples each time, so that a red run means a change.
hypothesis.settings.register_profile(
    "cleanplate",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("cleanplate")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with real captures, photographs and meshes that lies beside the repository; skips without it."""
    folder = Path(os.environ.get("CLEANPLATE_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the folder of shared captures, not found at {folder}")
    return folder
