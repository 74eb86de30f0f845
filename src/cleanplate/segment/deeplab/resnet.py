"""ResNet50 at output stride 16 (He et al. 2016), from torchvision, with a stem for image and plate."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import ResNet50_Weights, resnet50

from cleanplate.errors import ModelError
from cleanplate.segment.deeplab.config import DeepLabConfig


class ResNet50(nn.Module):
    """Pictures -> maps at strides 4 (256 channels) and 16 (2048); the last stage is dilated.

    Parameters: torchvision's 25,557,032 less the classifier's 2,049,000, plus 64*3*49 = 9,408 for three more input
    channels = 23,517,440.
    """

    low_level, deep = 256, 2048

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        body = resnet50(weights=None, replace_stride_with_dilation=[False, False, True])
        stem = body.conv1
        body.conv1 = nn.Conv2d(config.channels, 64, 7, 2, 3, bias=False)
        with torch.no_grad():
            body.conv1.weight.copy_(inflate_stem(stem.weight, config))
        del body.fc
        self.body = body

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Tensor, Tensor]:
        """Return the maps at strides 4 and 16."""
        body = self.body
        low = body.layer1(body.maxpool(body.relu(body.bn1(body.conv1(x)))))
        return low, body.layer4(body.layer3(body.layer2(low)))


def inflate_stem(weight: Float[Tensor, "o 3 k k"], config: DeepLabConfig) -> Float[Tensor, "o c k k"]:
    """Return the stem's weights for the configured input, from those of an RGB stem.

    Halved: a plate equal to the image gives the RGB network's own response, so all later layers see what ImageNet
    taught them. Negated: a plate equal to the image gives zero, the difference is what is seen. For one input of three
    channels the weights stay.
    """
    if config.channels == 3:
        return weight
    return torch.cat([weight, weight], 1) / 2 if config.stem == "halved" else torch.cat([weight, -weight], 1)


def imagenet_state(file: Path | None = None) -> dict[str, Tensor]:
    """Return ImageNet weights: torchvision's, or a local file of a torchvision ResNet50 (.pth, .safetensors).

    Raises:
        ModelError: the download failed, or the file cannot be read.
    """
    try:
        if file is None:
            state = ResNet50_Weights.IMAGENET1K_V2.get_state_dict(progress=False)
        elif file.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(file)
        else:
            state = torch.load(file, weights_only=True, map_location="cpu")
    except Exception as error:  # network, pickle and safetensors raise many kinds
        raise ModelError(
            f"{file or 'ImageNet weights of torchvision'}: cannot be loaded ({error}); give a local file of a "
            f"torchvision ResNet50 with --init imagenet:FILE, or begin with --init opennsfw, which needs no download"
        ) from error
    return dict(state)


def load_state(encoder: ResNet50, config: DeepLabConfig, state: dict[str, Tensor], source: str) -> None:
    """Load a torchvision ResNet50's weights into an encoder in place; `source` names them in errors.

    Raises:
        ModelError: they do not fit.
    """
    state = {name: value for name, value in state.items() if not name.startswith("fc.")}
    if "conv1.weight" not in state:
        raise ModelError(f"{source}: holds no ResNet50 of torchvision (no 'conv1.weight')")
    state["conv1.weight"] = inflate_stem(state["conv1.weight"], config)
    try:
        encoder.body.load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(f"{source}: does not fit ResNet50: {str(error)[:300]}") from error
