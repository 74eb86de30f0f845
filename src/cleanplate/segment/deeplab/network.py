"""deeplabv3plus_dualinput_resnet50 (S6): DeepLabv3+ on image and plate, with the paper's five changes."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from cleanplate.errors import ModelError
from cleanplate.segment.deeplab.aspp import ASPP
from cleanplate.segment.deeplab.config import DeepLabConfig
from cleanplate.segment.deeplab.decoder import Decoder
from cleanplate.segment.deeplab.resnet import ResNet50, imagenet_state, load_state
from cleanplate.segment.deeplab.xception import Xception

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's, as torchvision's weights expect."""


class DeepLab(nn.Module):
    """Image and plate, RGB in 0..1 of any size -> the logit of foreground against background at that size.

    Parameters: encoder 23,517,440 + ASPP 34,673,664 + decoder 5,498,722 = 63,689,826; see the parts for their counts.
    """

    multiple = 1
    mean: Tensor
    deviation: Tensor

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = (ResNet50 if config.encoder == "resnet50" else Xception)(config)
        self.aspp = ASPP(self.encoder.deep, config)
        self.decoder = Decoder(self.encoder.low_level, config)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)

    def forward(self, image: Float[Tensor, "b 3 h w"], plate: Float[Tensor, "p 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Return the foreground's logit less the background's; `plate` has the image's batch size, or 1."""
        classes = self.classes(image, plate)
        return classes[:, 1:] - classes[:, :1]

    def classes(self, image: Tensor, plate: Tensor) -> Float[Tensor, "b 2 h w"]:
        """Return the logits of background and foreground."""
        plate = plate.expand_as(image)
        if self.config.input == "difference":
            x = (image - plate) / self.deviation
        else:
            x = (image - self.mean) / self.deviation
            if self.config.input == "dual":
                x = torch.cat([x, (plate - self.mean) / self.deviation], 1)
        low, deep = self.encoder(x)
        return self.decoder(self.aspp(deep), low, (image.shape[-2], image.shape[-1]))


def build_deeplab(config: DeepLabConfig = DeepLabConfig()) -> DeepLab:
    """Return the network with fresh weights."""
    return DeepLab(config)


def load_imagenet(network: DeepLab, file: Path | None = None) -> None:
    """Load the encoder's ImageNet weights in place; see `resnet.imagenet_state`.

    Raises:
        ModelError: the weights cannot be had, or the encoder is Xception, for which there are none.
    """
    _require_resnet(network)
    load_encoder(network, imagenet_state(file), str(file or "torchvision"))


def load_encoder(network: DeepLab, state: dict[str, Tensor], source: str) -> None:
    """Load a torchvision ResNet50's weights into the encoder in place; `source` names them in errors.

    Raises:
        ModelError: they do not fit, or the encoder is Xception.
    """
    load_state(_require_resnet(network), network.config, state, source)


def _require_resnet(network: DeepLab) -> ResNet50:
    if not isinstance(network.encoder, ResNet50):
        raise ModelError(
            "there are no ImageNet weights for the Xception encoder; train it from scratch, without --init"
        )
    return network.encoder
