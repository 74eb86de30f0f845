"""Ablations differ from the paper's network and recipe in one thing each."""

from dataclasses import asdict

import pytest
import torch
from variants import REFERENCE, ablations

from cleanplate.errors import ModelError
from cleanplate.train.networks import build

VARIANTS = ablations((64, 96), width=8)


@pytest.mark.parametrize("name", [name for name, each in VARIANTS.items() if name != each.reference])
def test_one_thing_differs(name: str) -> None:
    ours, theirs = VARIANTS[name], VARIANTS[VARIANTS[name].reference]
    base = asdict(theirs.recipe)
    changed = [key for key, value in asdict(ours.recipe).items() if value != base[key]]
    assert len(changed) + (ours.init != theirs.init) == 1
    if changed == ["architecture"]:
        switches = [set(each.recipe.architecture[:-1].split("[")[1].split(",")) for each in (ours, theirs)]
        assert len(switches[0] ^ switches[1]) == 1


@pytest.mark.parametrize("switch", ["input=single", "input=difference", "convolution=separable", "aspp=standard"])
def test_a_switched_network_runs(switch: str) -> None:
    network = build(f"deeplabv3plus_dualinput_resnet50[{switch},width=8]").eval()
    with torch.no_grad():
        logit = network(torch.zeros(1, 3, 32, 48), torch.zeros(1, 3, 32, 48))
    assert logit.shape == (1, 1, 32, 48)
    full = VARIANTS[REFERENCE].recipe.architecture
    assert network.config != build(full).config


@pytest.mark.parametrize(
    "architecture",
    ["unet", "deeplabv3plus_dualinput_resnet50[input=triple]", "deeplabv3plus_dualinput_resnet50[depth=3]"],
)
def test_unknown_networks_and_switches_are_refused(architecture: str) -> None:
    with pytest.raises(ModelError, match="choose"):
        build(architecture)
