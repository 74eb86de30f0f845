"""The page runs as it stands, and its table is the profiles'."""

from pathlib import Path

from cleanplate.asset import PROFILES
from guides import DOCS, SAMPLES, follow

PAGE = DOCS / "how-to/deliver-to-a-shop.md"


def test_its_commands_run(tmp_path: Path) -> None:
    follow(PAGE, tmp_path, partial=("run",), names={"$SAMPLES": str(SAMPLES)})
    assert (tmp_path / "listing/B0TEAPOT01/poster.jpg").is_file()
    assert "passed" in (tmp_path / "certificate.html").read_text()


def test_its_table_is_the_profiles() -> None:
    for name, profile in PROFILES.items():
        row = (
            f"| `{name}` | {profile.max_triangles:,} | {profile.max_vertices:,} | {profile.min_texture} to "
            f"{profile.max_texture} | {profile.max_bytes:,} | {'yes' if profile.normals else 'no'} | {profile.glass} |"
        )
        assert row in PAGE.read_text(), row
