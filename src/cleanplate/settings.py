"""What a run is asked for; checked before anything is made."""

from dataclasses import dataclass
from typing import Literal, get_args

from cleanplate.errors import SettingsError

ProfileName = Literal[
    "default", "amazon", "shopify", "google", "khronos-ar", "khronos-planner", "quicklook", "web", "web-draco"
]
DeviceName = Literal["auto", "cpu", "cuda"]
ExecutorName = Literal["serial", "processes", "ray"]
StageName = Literal["segment", "refine", "check", "carve", "asset", "report"]

ALL: tuple[StageName, ...] = get_args(StageName)
"""The stages in their order."""
RENAMED = {"scene-viewer": "google", "quick-look": "quicklook"}
"""Profiles of earlier versions."""
MASKS: tuple[StageName, ...] = ("segment", "refine", "check")
"""The stages that make masks, and look at what they were made with."""


def check_profile(name: str) -> None:
    """Refuse what is no profile's name.

    Raises:
        SettingsError: there is none of that name; says how one of earlier versions is called now.
    """
    if name in RENAMED:
        raise SettingsError(f"the profile {name!r} is called {RENAMED[name]!r} now")
    if name not in get_args(ProfileName):
        raise SettingsError(f"unknown profile {name!r}; use one of {', '.join(get_args(ProfileName))}")


@dataclass(frozen=True)
class Settings:
    """What a run is asked for.

    Attributes:
        model: the name of a method or an .onnx file; see `segment.load_model`.
        resolution: voxels along the hull's longest side, 16 to 1024.
        profile: the asset profile's name, a ProfileName.
        front_deg: azimuth in the world that becomes the model's front, counter-clockwise from +x seen from above.
        usdz: also write the model as USDZ; needs the extra `usd`.
        floor: height in metres below which nothing is, None where the product does not stand on a platen.
        refine: whether the views refine each other's masks.
        stages: which to run.
        also: further profiles that models are made for, beside `profile`.
        vessel: metres of wall of a cup or glass, whose inside is carved out; None leaves the hull solid.
        device: where the network runs; masks are the same up to rounding, and are not made again elsewhere.

    Raises:
        SettingsError: a value that no stage can use.
    """

    model: str = "default"
    resolution: int = 256
    profile: str = "default"
    front_deg: float = -90.0
    usdz: bool = False
    floor: float | None = 0.0
    refine: bool = True
    stages: tuple[StageName, ...] = ALL
    device: DeviceName = "auto"
    also: tuple[str, ...] = ()
    vessel: float | None = None

    def __post_init__(self) -> None:
        for name in (self.profile, *self.also):
            check_profile(name)
        if len({self.profile, *self.also}) <= len(self.also):
            raise SettingsError(f"the profiles {', '.join((self.profile, *self.also))}: name each once")
        if self.vessel is not None and not 0 < self.vessel < 1:
            raise SettingsError(f"walls of {1000 * self.vessel:g} mm; give a vessel's wall thickness in millimetres")
        if self.device not in get_args(DeviceName):
            raise SettingsError(f"unknown device {self.device!r}; use one of {', '.join(get_args(DeviceName))}")
        if odd := [stage for stage in self.stages if stage not in ALL]:
            raise SettingsError(f"unknown stage {odd[0]!r}; use some of {', '.join(ALL)}")
        if not 16 <= self.resolution <= 1024:
            raise SettingsError(f"a hull of {self.resolution} cells; use 16 to 1024")
