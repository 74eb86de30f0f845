"""Every number of the simulated rig, with its unit: what is fixed once a rig is built.

Rig frame: z up, origin at the platen's centre on its surface, the camera arm in the half plane y < 0, x = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RGB = tuple[float, float, float]
WallName = Literal["floor", "ceiling", "front", "right", "back", "left"]
PlatenKind = Literal["matt", "glossy", "glass"]


@dataclass(frozen=True)
class ArmConfig:
    """Cameras evenly spaced in elevation on a quarter circle, all aimed at one point on the platen's axis."""

    cameras: int = 10
    first_elevation_deg: float = 4.0
    last_elevation_deg: float = 84.0
    distance_m: float = 0.8
    """From the aim point to every camera."""
    aim_height_m: float = 0.08
    """Height of the aim point above the platen."""
    subject_radius_m: float = 0.12
    """The sphere around the aim point that the focal length just fits into the image's height."""
    framing: float = 1.1
    """Half the image's height over the projected subject radius."""
    pose_jitter_m: float = 0.002
    """Mounting error of a camera, standard deviation; known to the calibration."""
    roll_jitter_deg: float = 0.4
    principal_jitter: float = 0.004
    """Principal point's offset from the image's centre, standard deviation, in image widths."""


@dataclass(frozen=True)
class PanelConfig:
    """A rectangular light panel just in front of a wall."""

    wall: WallName
    centre: tuple[float, float]
    """Along the wall's two axes, each -1..1."""
    width_m: float
    height_m: float
    radiance: RGB
    """Relative linear RGB; the exposure is metered, so only ratios matter."""


@dataclass(frozen=True)
class EnclosureConfig:
    """A closed box around the rig."""

    half_width_m: float = 1.2
    floor_z_m: float = -0.3
    ceiling_z_m: float = 1.5
    wall_albedo: RGB = (0.82, 0.82, 0.8)
    floor_albedo: RGB = (0.75, 0.75, 0.74)
    seams: int = 3
    """Dark joints between the boards, on each side wall."""
    seam_width_m: float = 0.004


@dataclass(frozen=True)
class PlatenConfig:
    kind: PlatenKind = "matt"
    radius_m: float = 0.25
    thickness_m: float = 0.012
    colour: RGB = (0.85, 0.85, 0.84)
    roughness: float = 0.5
    """0 mirror .. 1 matt, of the coat of a glossy platen."""
    rim_colour: RGB = (0.3, 0.3, 0.3)
    rim_width_m: float = 0.006
    bolts: int = 6
    bolt_radius_m: float = 0.004


@dataclass(frozen=True)
class MechanicsConfig:
    """What a rig has in view besides the platen."""

    rails: int = 2
    rail_width_m: float = 0.03
    posts: int = 2
    clutter: int = 1
    """Boxes, clips and cables lying on the floor or fixed to the walls."""
    colour: RGB = (0.35, 0.35, 0.36)
    metal_colour: RGB = (0.75, 0.75, 0.76)
    metal_roughness: float = 0.3


@dataclass(frozen=True)
class ResponseConfig:
    """From scene radiance to the 8-bit JPEG."""

    key: float = 0.85
    """Linear level that a white card lying on the platen gets (1 saturates)."""
    white_balance: RGB = (1.0, 1.0, 1.0)
    """Left over after balancing on the card."""
    vignetting: float = 0.1
    """Light lost in the corners, 0..1."""
    blur_px: float = 0.6
    """Standard deviation of the lens's and sensor's blur, at 512 pixels of image height."""
    shot_noise: float = 1e-4
    """Variance per unit of signal (1 saturates)."""
    read_noise: float = 0.0015
    """Standard deviation, in units of saturation."""
    shoulder: float = 0.85
    """Linear level above which highlights roll off; 1 clips hard."""
    gamma: float = 1.0
    """Exponent on the sRGB curve."""
    jpeg_quality: int = 93


@dataclass(frozen=True)
class PlateConfig:
    """How the plate, a second exposure of the empty set, departs from the image."""

    exposure_sd: float = 0.02
    """Standard deviation of the logarithm of the exposure's drift."""
    white_balance_sd: float = 0.006
    """Likewise, of each channel's gain."""
    pointing_px: float = 2.0
    """Largest shift of the camera's pointing, in pixels at 512 of image height; uniform in direction and size."""
    roll_deg: float = 0.1
    """Largest turn about the optical axis."""


@dataclass(frozen=True)
class RigConfig:
    """One rig: a physical thing that photographs many products."""

    preset: str
    seed: int
    arm: ArmConfig
    enclosure: EnclosureConfig
    panels: tuple[PanelConfig, ...]
    platen: PlatenConfig
    mechanics: MechanicsConfig
    response: ResponseConfig
    plate: PlateConfig


@dataclass(frozen=True)
class Quality:
    """How many light paths are spent."""

    samples: int = 10
    """Per pixel of an image, before denoising."""
    plate_samples: int = 24
    """Per pixel of a plate: it is rendered once for each camera of a rig."""
    max_depth: int = 12
    """Path vertices; paths end at the walls, so only glass and corners come near it."""
    bake_samples: int = 384
    """Light paths per texel of the walls' lightmaps."""
    mask_grid: int = 4
    """Mask rays per pixel and axis: 4 means 16 rays."""
