"""What can be read from a model's file, as plain values: the same for GLB and USDZ."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from cleanplate.asset.overlap import mirrored, overlapping

Corners = Float[np.ndarray, "f 3 2"]
OVERLAP_LIMIT = 500_000
"""Triangles above which overlaps are not looked for."""


@dataclass
class Texture:
    """One texture in one role: "colour", "surface" (metalness and roughness), "occlusion", "normal" or "other".

    Attributes:
        brightest: least and greatest of the texels' brightest channels, 0..255; None where it was not decoded.
    """

    role: str
    width: int
    height: int
    brightest: list[int] | None = None


@dataclass
class Issues:
    """What an official validator counts, and its first messages."""

    errors: int
    warnings: int
    messages: list[str]


@dataclass
class Facts:
    """Attributes that are None could not be read.

    Attributes:
        kind: "GLB" or "USDZ".
        low, high: the bounding box in metres, y up.
        materials: for each the roles of its textures.
        outside, mirrored, overlapping: triangles whose texture coordinates leave 0..1, are mirrored, lie over others.
        issues: of the official validator; None where there is no validator.
        unread: why something could not be looked at.
    """

    kind: str
    size_bytes: int
    triangles: int = 0
    vertices: int = 0
    low: list[float] | None = None
    high: list[float] | None = None
    materials: list[list[str]] = field(default_factory=list)
    textures: list[Texture] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)
    outside: int | None = None
    mirrored: int | None = None
    overlapping: int | None = None
    issues: Issues | None = None
    validator: str = ""
    unread: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Facts":
        """Return what `dataclasses.asdict` made JSON of."""
        issues = None if value["issues"] is None else Issues(**value["issues"])
        return cls(**{**value, "textures": [Texture(**each) for each in value["textures"]], "issues": issues})

    def add_points(self, points: Float[np.ndarray, "n 3"]) -> None:
        """Widen the bounding box.

        Raises:
            ValueError: points that are not finite.
        """
        if not len(points):
            return
        low, high = points.min(axis=0), points.max(axis=0)
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise ValueError("positions that are no numbers")
        self.low = (low if self.low is None else np.minimum(low, self.low)).tolist()
        self.high = (high if self.high is None else np.maximum(high, self.high)).tolist()

    def add_places(self, uv: Float[np.ndarray, "n 2"], faces: Int[np.ndarray, "f 3"]) -> None:
        """Count faults of texture coordinates, v down."""
        corners = uv[faces].astype(float)
        self.outside = (self.outside or 0) + int(((corners < 0) | (corners > 1)).any(axis=(1, 2)).sum())
        self.mirrored = (self.mirrored or 0) + int(mirrored(corners).sum())
        if len(faces) > OVERLAP_LIMIT:
            self.unread.append(f"overlaps: {len(faces)} triangles, looked for up to {OVERLAP_LIMIT}")
        else:
            self.overlapping = (self.overlapping or 0) + int(overlapping(corners).sum())


def texture_of(data: bytes, role: str, facts: Facts) -> Texture | None:
    """Decode an embedded picture within the limits of pictures; one that cannot be read is named in the facts."""
    from cleanplate.errors import ImageError
    from cleanplate.image import decode_image

    try:
        image = decode_image(data, "it")
    except ImageError as error:
        facts.unread.append(f"the texture for {role}: {error}")
        return None
    brightest = image.max(axis=2)
    span = [int(brightest.min()), int(brightest.max())] if role == "colour" else None
    return Texture(role, image.shape[1], image.shape[0], span)
