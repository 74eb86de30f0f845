"""Shared fixtures, and the shapes of annotations checked while the tests run."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest
from jaxtyping import install_import_hook

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from cleanplate.asset import Model

install_import_hook("cleanplate", "typechecker.check")

# No deadline: a busy machine is no failure. In CI the same examples each time, so that a red run means a change.
hypothesis.settings.register_profile(
    "cleanplate",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("cleanplate")

# What a shell starts in the background does not hear Ctrl-C, nor do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with real captures, photographs and meshes that lies beside the repository; skips without it."""
    folder = Path(os.environ.get("CLEANPLATE_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the folder of shared captures, not found at {folder}")
    return folder


@pytest.fixture(scope="session")
def ring() -> "Model":
    """A ring, 10 cm wide and deep, 3 cm high, standing at zero, with all its maps."""
    import trimesh

    from cleanplate.asset import Model
    from cleanplate.asset.atlas import unwrap
    from cleanplate.geometry import Mesh

    mesh = Mesh.of(trimesh.creation.torus(0.035, 0.015, major_sections=24, minor_sections=12))
    atlas = unwrap(mesh.vertices, mesh.faces, 512)
    grey = np.full((512, 512, 3), 140, np.uint8)
    uv = np.column_stack([atlas.uv[:, 0], 1 - atlas.uv[:, 1]])
    cut = Model(mesh.vertices[atlas.source], mesh.normals[atlas.source], atlas.faces, uv=uv, texture=grey)
    return replace(cut, surface=grey, relief=np.full_like(grey, (128, 128, 255))).upright()


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Debian's Chromium, without a screen, one for all tests; skips where it is not installed, but fails in CI."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.is_file():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs Chromium: apt-get install chromium")
    arguments = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()
