"""Ablations: each of the paper's changes to DeepLabv3+ undone by itself, and what the paper says of its training."""

from dataclasses import dataclass, replace

from cleanplate.train.recipes import Recipe, compact, paper_small

PAPER = "deeplabv3plus_dualinput_resnet50"
REFERENCE = "paper"
SCRATCH = "paper, from scratch"

SWITCHES = {
    REFERENCE: "",
    "image alone": "input=single",
    "image - plate": "input=difference",
    "Xception encoder": "encoder=xception",
    "separable convolutions": "convolution=separable",
    "ASPP of four": "aspp=standard",
    "bilinear upsampling": "upsampling=bilinear",
    "stem negated": "stem=negated",
}
"""Spec, section 2."""
COMPACT = "compact, ImageNet"

_MULTIPLE = 64
"""Sides that the compact network trains on are multiples of it."""


@dataclass(frozen=True)
class Ablation:
    """One variant.

    Attributes:
        init: of the weights, see `networks.initialise`; None starts from scratch.
        reference: the variant that it differs from in one thing, or itself.
    """

    recipe: Recipe
    init: str | None = None
    reference: str = REFERENCE


def ablations(
    size: tuple[int, int] = (128, 160), width: int = 256, lr: float = 2e-4, batch: int = 8
) -> dict[str, Ablation]:
    """Return every variant by name, for a small budget: the recipe `paper-small` but for what is named.

    Args:
        width: channels of ASPP and decoder; fewer than the network's own 256 cost less.
    """
    small = replace(paper_small(), size=size, longest=max(size), lr=lr, batch=batch)
    sized = {name: ",".join(filter(None, [switch, f"width={width}"])) for name, switch in SWITCHES.items()}
    variants = {
        name: Ablation(replace(small, architecture=f"{PAPER}[{switch}]"), "opennsfw") for name, switch in sized.items()
    }
    variants["weight decay 1e-4"] = Ablation(replace(variants[REFERENCE].recipe, weight_decay=1e-4), "opennsfw")
    # No pretrained Xception can be had: it is compared with a ResNet50 from scratch.
    variants[SCRATCH] = Ablation(variants[REFERENCE].recipe)
    variants["Xception encoder"] = Ablation(variants["Xception encoder"].recipe, reference=SCRATCH)
    fitting = (-(-size[0] // _MULTIPLE) * _MULTIPLE, -(-size[1] // _MULTIPLE) * _MULTIPLE)
    own = replace(small, architecture="compact", loss=compact().loss, size=fitting)
    variants[COMPACT] = Ablation(own, "imagenet", reference=COMPACT)
    variants["compact, scratch"] = Ablation(own, reference=COMPACT)
    return variants
