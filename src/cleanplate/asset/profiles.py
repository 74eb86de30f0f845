"""What shops and viewers accept."""

from dataclasses import dataclass

from cleanplate.asset.model import Model
from cleanplate.errors import CleanplateError


@dataclass(frozen=True)
class Profile:
    """Limits of one target.

    Attributes:
        max_triangles, max_vertices: of the file, seams counted.
        texture_size: side of the square texture, texels.
        max_bytes: of the file.
        meshopt: compress with EXT_meshopt_compression; AR viewers do not read that.
    """

    name: str
    max_triangles: int
    max_vertices: int
    texture_size: int
    max_bytes: int
    meshopt: bool = False


MEGABYTE = 1_000_000

PROFILES = {
    profile.name: profile
    for profile in (
        Profile("default", 35_000, 30_000, 2048, 10 * MEGABYTE),
        Profile("scene-viewer", 35_000, 30_000, 2048, 10 * MEGABYTE),
        Profile("quick-look", 100_000, 100_000, 2048, 10 * MEGABYTE),
        Profile("amazon", 149_999, 200_000, 4096, 25 * MEGABYTE),
        Profile("web", 35_000, 30_000, 2048, 5 * MEGABYTE, meshopt=True),
    )
}


def find_profile(name: str) -> Profile:
    """Return a profile by name.

    Raises:
        CleanplateError: there is none of that name.
    """
    if name not in PROFILES:
        raise CleanplateError(f"unknown profile {name!r}; use one of {', '.join(PROFILES)}")
    return PROFILES[name]


def violations(profile: Profile, model: Model, size_bytes: int) -> list[str]:
    """Return a phrase for every limit that a model and its written file break."""
    checks = (
        ("triangles", len(model.faces), profile.max_triangles),
        ("vertices", len(model.vertices), profile.max_vertices),
        (
            "texels along the texture's side",
            0 if model.texture is None else max(model.texture.shape),
            profile.texture_size,
        ),
        ("bytes", size_bytes, profile.max_bytes),
    )
    return [
        f"{got} {what} where the profile {profile.name!r} allows {limit}" for what, got, limit in checks if got > limit
    ]
