"""The network's numbers, and its switches for ablation: the only place that has them."""

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from cleanplate.errors import ModelError


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


WIDEST = 1024


def switched(switches: str) -> DeepLabConfig:
    """Return the configuration with some switches set, such as "input=single,width=64".

    Raises:
        ModelError: no such switch or setting.
    """
    hints = get_type_hints(DeepLabConfig)
    chosen: dict[str, Any] = {}
    for switch in filter(None, switches.split(",")):
        name, _, value = switch.partition("=")
        known = get_args(hints.get(name))
        if name not in hints or (known and value not in known) or (not known and not _is_width(value)):
            settings = ", ".join(f"{each}={'|'.join(get_args(hint)) or 'number'}" for each, hint in hints.items())
            raise ModelError(f"no switch {switch!r} of deeplabv3plus_dualinput_resnet50; choose among {settings}")
        chosen[name] = value if known else int(value)
    return DeepLabConfig(**chosen)


def _is_width(value: str) -> bool:
    """Tell whether a number of channels can be meant: a checkpoint's metadata may name a network of any size."""
    return value.isascii() and value.isdigit() and len(value) <= 4 and 0 < int(value) <= WIDEST
