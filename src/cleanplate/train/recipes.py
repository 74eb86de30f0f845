"""Recipes: functions that return everything a training run is asked for."""

from dataclasses import dataclass, field, replace

from cleanplate.errors import CleanplateError
from cleanplate.train.augment import PLAIN, Augment
from cleanplate.train.losses import Loss


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        architecture: a name in `networks.build`.
        size: (height, width) of the training examples, in pixels.
        longest: the longer side that pictures are validated, and served, at; None: their own, up to 640 served.
        match_plate: plates are brought to their images first, in training as where masks are made; see `alignment`.
        second_look: where masks are made the network also sees what it found alone and larger; see `closer`.
        recalibrate: at so many training views batch norm's statistics are taken before a validation, as the weights
            are then; 0 keeps the running ones, which small batches make worthless.
        epochs: passes over the training products; the data set is looked through again at each.
        min_batches: in an epoch; a small data set is gone through several times.
        batch: over all processes.
        lr: Adam's, after `warmup` steps of linear rise; halved every `halve_every` epochs (0: never).
        anneal: the learning rate falls along a cosine to zero at the run's limit, of minutes or steps.
        weight_decay: L2 regularisation, part of the gradient that Adam sees: decoupled from it, 1e-4 of a learning rate
            of 1e-4 is less than single precision can take from a weight.
        validation: share of the products that is held out of data sets without a manifest.
        validation_views: at most so many views are measured at each validation.
        validate_every: epochs between validations.
        freeze_encoder: keep the encoder as initialised.
        freeze_norm: batch norm keeps the statistics that it began with: those of small batches would be worse.
        ema: decay per step of the averaged weights that are validated and kept; 0 keeps the trained ones.
        workers: processes that make examples; on a GPU at least one less than the processor's cores.
        seed: of weights, order and augmentation.
    """

    architecture: str = "compact"
    size: tuple[int, int] = (128, 192)
    longest: int | None = None
    match_plate: bool = False
    second_look: bool = False
    recalibrate: int = 0
    epochs: int = 500
    min_batches: int = 1
    batch: int = 16
    lr: float = 2e-3
    warmup: int = 30
    halve_every: int = 0
    anneal: bool = False
    weight_decay: float = 0.0
    validation: float = 0.1
    validation_views: int = 96
    validate_every: int = 1
    freeze_encoder: bool = False
    freeze_norm: bool = False
    ema: float = 0.0
    augment: Augment = field(default_factory=Augment)
    loss: Loss = field(default_factory=Loss)
    workers: int = 1
    seed: int = 0


def paper() -> Recipe:
    """The paper's recipe (its section on training); where it is silent: Adam, cross-entropy, flips, light."""
    return Recipe(
        architecture="deeplabv3plus_dualinput_resnet50",
        size=(512, 640),
        recalibrate=96,
        epochs=500,
        batch=24,
        lr=5e-5,
        warmup=0,
        halve_every=200,
        validation=1 / 3,
        augment=PLAIN,
    )


def paper_small() -> Recipe:
    """The paper's network and loss at 128x160 for two CPU cores: about 0.3 s an image."""
    return replace(paper(), size=(128, 160), longest=320, batch=8, lr=2e-4, validation=0.1, workers=1)


def paper_middle() -> Recipe:
    """The second stage on a CPU: 256x320, smaller steps, and averaged weights."""
    return replace(paper_small(), size=(256, 320), lr=1e-4, ema=0.99, validation_views=48)


def compact() -> Recipe:
    """The compact network at 128x192 with its encoder frozen: the first stage on a CPU."""
    loss = Loss(iou=1.0, boundary=2.0, auxiliary=0.3)
    return Recipe(match_plate=True, second_look=True, freeze_encoder=True, ema=0.99, min_batches=100, loss=loss)


def compact_large() -> Recipe:
    """The second stage: 256x320, all weights, a small step; mostly rendered pictures, at up to full resolution."""
    return replace(
        compact(),
        size=(256, 320),
        batch=8,
        lr=4e-4,
        freeze_encoder=False,
        ema=0.998,
        validate_every=2,
        augment=Augment(side=(288.0, 704.0), p_composite=0.2, p_shape=0.2, drift=0.2),
    )


def compact_finish() -> Recipe:
    """The last stage: as users' pictures are worked on, at both looks; and smaller steps still."""
    light = Augment(
        side=(512.0, 1152.0), enlarge=3.0, p_composite=0.12, p_shape=0.2, p_pierce=0.5, p_decal=0.3, p_move=0.25,
        move_px=2.0, p_drift=0.5, drift=0.03,
    )  # fmt: skip
    return replace(
        compact_large(), size=(320, 384), lr=2.5e-4, anneal=True, freeze_norm=True, validate_every=1000, augment=light
    )


def compact_gpu() -> Recipe:
    """The compact network on a GPU, at the sizes that users' pictures are worked on at; on many examples a second."""
    some = replace(compact_finish().augment, side=(416.0, 704.0), p_composite=0.15, p_shape=0.15, p_decal=0.22)
    return replace(
        compact_large(), size=(384, 448), batch=48, lr=6e-4, warmup=60, anneal=True, min_batches=250,
        validate_every=1000, validation_views=48, augment=some,
    )  # fmt: skip


def paper_gpu() -> Recipe:
    """The paper's network on a GPU for minutes: first at half size, from an encoder that knows ImageNet."""
    return replace(
        paper(), size=(256, 320), longest=320, batch=48, lr=2e-4, warmup=60, anneal=True, halve_every=0,
        min_batches=200, validation=0.1, validation_views=32, ema=0.99,
    )  # fmt: skip


def paper_gpu_finish() -> Recipe:
    """The same at the paper's size and batch."""
    return replace(paper_gpu(), size=(512, 640), longest=None, batch=24, lr=1e-4, warmup=20)


def compact_tune() -> Recipe:
    """A trained compact network and few corrected masks: 100 small steps on all of them, nothing held out."""
    return replace(compact_large(), lr=1e-4, ema=0.95, epochs=4, min_batches=25, validation=0.0)


RECIPES = {
    "paper": paper,
    "paper-small": paper_small,
    "paper-middle": paper_middle,
    "compact": compact,
    "compact-large": compact_large,
    "compact-finish": compact_finish,
    "compact-gpu": compact_gpu,
    "paper-gpu": paper_gpu,
    "paper-gpu-finish": paper_gpu_finish,
    "compact-tune": compact_tune,
}


def recipe(name: str) -> Recipe:
    """Return a recipe by name.

    Raises:
        CleanplateError: there is none of that name.
    """
    if name not in RECIPES:
        raise CleanplateError(f"no recipe {name!r}; choose one of {', '.join(RECIPES)}")
    return RECIPES[name]()
