"""The page runs as it stands, and its table is the profiles'."""

import re
import subprocess
import sys
from pathlib import Path

import cleanplate
from cleanplate.asset import PROFILES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/how-to/deliver-to-a-shop.md").read_text()


def test_its_commands_run(tmp_path: Path) -> None:
    commands = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert len(commands) == 3
    for command in commands:
        words = command.replace("$SAMPLES", str(Path(cleanplate.__file__).parent / "samples")).split()
        assert words[0] == "cleanplate"
        done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or (words[1] == "run" and done.returncode == 3), done.stderr
    assert (tmp_path / "listing/B0TEAPOT01/poster.jpg").is_file()
    assert "passed" in (tmp_path / "certificate.html").read_text()


def test_its_table_is_the_profiles() -> None:
    for name, profile in PROFILES.items():
        row = (
            f"| `{name}` | {profile.max_triangles:,} | {profile.max_vertices:,} | {profile.min_texture} to "
            f"{profile.max_texture} | {profile.max_bytes:,} | {'yes' if profile.normals else 'no'} | {profile.glass} |"
        )
        assert row in PAGE, row
