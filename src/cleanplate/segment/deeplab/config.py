"""The network's numbers, and its switches for ablation: the only place that has them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DeepLabConfig:
    """`deeplabv3plus_dualinput_resnet50`; each switch undoes one of the paper's changes to DeepLabv3+.

    Attributes:
        input: "dual" concatenates image and plate; "single" sees the image alone, "difference" image - plate.
        encoder: "resnet50", or DeepLabv3+'s own "xception".
        convolution: "standard", or DeepLabv3+'s "separable", in ASPP and decoder.
        aspp: "eight" atrous convolutions, or the "standard" four.
        upsampling: "transposed" convolutions in the decoder, or "bilinear".
        stem: how an RGB stem's weights begin in a six-channel one; see `resnet.inflate_stem`.
        width: channels of ASPP and decoder.
        low_level: channels that the stride-4 features are reduced to.
    """

    input: Literal["dual", "single", "difference"] = "dual"
    encoder: Literal["resnet50", "xception"] = "resnet50"
    convolution: Literal["standard", "separable"] = "standard"
    aspp: Literal["eight", "standard"] = "eight"
    upsampling: Literal["transposed", "bilinear"] = "transposed"
    stem: Literal["halved", "negated"] = "halved"
    width: int = 256
    low_level: int = 48

    @property
    def channels(self) -> int:
        """Channels of the encoder's input."""
        return 6 if self.input == "dual" else 3

    @property
    def rates(self) -> tuple[int, ...]:
        """Atrous rates of ASPP's 3x3 convolutions; a 1x1 stands beside them."""
        return (2, 4, 6, 9, 12, 15, 18) if self.aspp == "eight" else (6, 12, 18)
