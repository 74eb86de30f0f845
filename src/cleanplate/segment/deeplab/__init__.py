"""The paper's network, in torch: `deeplabv3plus_dualinput_resnet50` and its ablations."""

from cleanplate.segment.deeplab.config import DeepLabConfig, switched
from cleanplate.segment.deeplab.network import DeepLab, build_deeplab, load_encoder, load_imagenet

__all__ = ["DeepLab", "DeepLabConfig", "build_deeplab", "load_encoder", "load_imagenet", "switched"]
