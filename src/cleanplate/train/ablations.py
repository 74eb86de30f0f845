"""Ablations: each of the paper's changes to DeepLabv3+ undone by itself, and what the paper says of its training."""

from dataclasses import dataclass, replace

from cleanplate.train.recipes import Recipe, compact, paper_small

PAPER = "deeplabv3plus_dualinput_resnet50"
REFERENCE = "paper"

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
"""Spec, section 2; the stem's start makes no difference of kind without ImageNet weights, only of scale."""

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
    size: tuple[int, int] = (128, 160), width: int = 256, lr: float = 5e-4, batch: int = 4
) -> dict[str, Ablation]:
    """Return every variant by name, for a small budget: the recipe `paper-small` but for what is named.

    Args:
        width: channels of ASPP and decoder; fewer than the network's own 256 cost less.
    """
    small = replace(paper_small(), size=size, lr=lr, batch=batch, validation=0.0)
    sized = {name: ",".join(filter(None, [switch, f"width={width}"])) for name, switch in SWITCHES.items()}
    variants = {name: Ablation(replace(small, architecture=f"{PAPER}[{switch}]")) for name, switch in sized.items()}
    variants["weight decay 1e-4"] = Ablation(replace(variants[REFERENCE].recipe, weight_decay=1e-4))
    # There are no ImageNet weights of ResNet50 here: the compact network's encoder answers for it.
    fitting = (-(-size[0] // _MULTIPLE) * _MULTIPLE, -(-size[1] // _MULTIPLE) * _MULTIPLE)
    own = replace(small, architecture="compact", loss=compact().loss, size=fitting)
    variants["compact, ImageNet"] = Ablation(own, "imagenet", reference="compact, ImageNet")
    variants["compact, scratch"] = Ablation(own, reference="compact, ImageNet")
    return variants
