"""Data set -> checkpoints: the training loop, one process or many under torchrun."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter

from cleanplate.errors import CleanplateError
from cleanplate.files import write_json
from cleanplate.train.checkpoint import Progress, resume, save_best, save_last
from cleanplate.train.examples import Examples, batches
from cleanplate.train.losses import Objective
from cleanplate.train.networks import build, initialise
from cleanplate.train.pairs import Pairs, capture_folders, is_validation
from cleanplate.train.recipes import Recipe
from cleanplate.train.validate import validate


def train(
    recipe: Recipe, datasets: Sequence[Path], run: Path, init: str | None = None, minutes: float = float("inf")
) -> Path:
    """Train, or go on training, and return the best checkpoint's path.

    Below `run`: recipe.json, log.jsonl, TensorBoard events, last.safetensors (for resuming) and best.safetensors. A
    killed run that is started again gives the same losses as one that was not. Under torchrun every process calls this.

    Args:
        datasets: folders of captures with true masks; they may grow, and are looked through at each epoch.
        init: "imagenet" or a checkpoint; not used by a run that is resumed.
        minutes: stop, resumable, after so long.

    Raises:
        CleanplateError: no training pairs, or a loss that is not a number; the batch is named.
        ModelError: `init` or the run's checkpoint does not fit.
    """
    cv2.setNumThreads(1)  # workers are forked: one that inherits OpenCV's started threads hangs
    torch.manual_seed(recipe.seed)
    device, rank, world = _join()
    network = build(recipe.architecture)
    if init is not None and not (run / "last.safetensors").is_file():
        initialise(network, recipe.architecture, init)
    if recipe.freeze_encoder:
        network.freeze_encoder()
    network = network.to(device, memory_format=torch.channels_last)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, recipe.lr, weight_decay=recipe.weight_decay)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()} if recipe.ema else {}
    progress = Progress()
    if (run / "last.safetensors").is_file():
        progress = resume(run / "last.safetensors", recipe, network, average, optimiser)
    objective: nn.Module = Objective(network, recipe.loss)
    if world > 1:
        objective = DistributedDataParallel(objective)
    if rank == 0:
        write_json(run / "recipe.json", asdict(recipe))
    log = _Log(run, rank)
    deadline = time.monotonic() + 60 * minutes
    pairs = Pairs()
    while progress.epoch < recipe.epochs:
        _look(pairs, datasets, progress, log)
        training = [pair for pair in pairs.pairs if not is_validation(pair.product, recipe.validation)]
        if not training:
            raise CleanplateError(
                f"{', '.join(map(str, datasets))}: no training pairs; a data set is a folder of captures that have "
                f"plates and masks" + (f"; skipped: {pairs.skipped[0]}" if pairs.skipped else "")
            )
        for names, loss, lr in _epoch(recipe, training, objective, optimiser, progress, device, rank, world):
            _check(loss, names, progress)
            _blend(average, network, recipe.ema, progress.step)
            log.write(kind="step", epoch=progress.epoch, step=progress.step, loss=loss, lr=lr)
            if time.monotonic() > deadline:
                break
        done = progress.batch >= len(batches(len(training), recipe, progress.epoch))
        if done:
            progress.epoch, progress.batch, progress.products = progress.epoch + 1, 0, []
        if rank == 0:
            if done and progress.epoch % recipe.validate_every == 0:
                _validate(recipe, network, average, pairs, run, progress, log)
            save_last(run / "last.safetensors", recipe, network, average, optimiser, progress)
        if time.monotonic() > deadline:
            break
    log.close()
    return run / "best.safetensors"


def _join() -> tuple[torch.device, int, int]:
    """Join the process group that torchrun describes, if any; return device, rank and number of processes."""
    world, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
    if world > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if cuda else "gloo")
    return device, rank, world


def _look(pairs: Pairs, datasets: Sequence[Path], progress: Progress, log: "_Log") -> None:
    """Load new captures; a resumed epoch keeps the products that it began with."""
    found = [folder for dataset in datasets for folder in capture_folders(dataset)]
    if progress.products:
        found = [folder for folder in found if folder.name in set(progress.products)]
    known = len(pairs.skipped)
    pairs.add(found)
    progress.products = [folder.name for folder in pairs.folders]
    for sentence in pairs.skipped[known:]:
        log.write(kind="skipped", count=len(pairs.skipped), problem=sentence)
    log.write(kind="data", epoch=progress.epoch, products=len(pairs.folders), pairs=len(pairs.pairs))


def _epoch(
    recipe: Recipe, training: list, objective: nn.Module, optimiser: torch.optim.Optimizer, progress: Progress,
    device: torch.device, rank: int, world: int,
) -> Iterator[tuple[list[str], float, float]]:  # fmt: skip
    """Train on the rest of an epoch; yield each batch's image names, loss and learning rate."""
    order = batches(len(training), recipe, progress.epoch)[progress.batch :]
    loader = DataLoader(
        Examples(training, recipe, progress.epoch),
        batch_sampler=[batch[rank::world] for batch in order],
        num_workers=recipe.workers,
    )
    objective.train()
    for image, plate, mask, index in loader:
        lr = learning_rate(recipe, progress.epoch, progress.step)
        for group in optimiser.param_groups:
            group["lr"] = lr
        arrays = [array.to(device) for array in (image.permute(0, 3, 1, 2), plate.permute(0, 3, 1, 2), mask)]
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = objective(*arrays)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        value = float(loss.detach())
        if np.isfinite(value):
            optimiser.step()
        progress.batch += 1
        progress.step += 1
        yield [training[int(i)].name for i in index], value, lr


def learning_rate(recipe: Recipe, epoch: int, step: int) -> float:
    """Return the learning rate of a step."""
    rise = min(1.0, (step + 1) / recipe.warmup) if recipe.warmup else 1.0
    halvings = epoch // recipe.halve_every if recipe.halve_every else 0
    return recipe.lr * rise * 0.5**halvings


def _check(loss: float, names: list[str], progress: Progress) -> None:
    if not np.isfinite(loss):
        raise CleanplateError(
            f"the loss is {loss} at epoch {progress.epoch}, step {progress.step}; the batch was {', '.join(names)}; "
            f"look at these images, or lower the learning rate and start again from the last checkpoint"
        )


def _blend(average: dict[str, Tensor], network: nn.Module, decay: float, step: int) -> None:
    """Move the averaged weights towards the trained ones; faster at first, when these change fast."""
    decay = min(decay, (1 + step) / (10 + step))
    state = network.state_dict()
    for name, value in average.items():
        if value.is_floating_point():
            value.lerp_(state[name], 1 - decay)
        else:
            value.copy_(state[name])


def _validate(
    recipe: Recipe, network: nn.Module, average: dict[str, Tensor], pairs: Pairs, run: Path, progress: Progress,
    log: "_Log",
) -> None:  # fmt: skip
    """Measure the averaged weights on the validation products and keep them if they are the best so far."""
    held_out = [pair for pair in pairs.pairs if is_validation(pair.product, recipe.validation)]
    if not held_out:
        log.write(kind="validation", epoch=progress.epoch, views=0)
        return
    measured = network
    if average:
        measured = build(recipe.architecture).to(next(network.parameters()).device)
        measured.load_state_dict(average)
    metrics = validate(measured, held_out, recipe.validation_views)
    log.write(kind="validation", epoch=progress.epoch, step=progress.step, **metrics)
    if metrics["miou"] > progress.best:
        progress.best = metrics["miou"]
        save_best(run / "best.safetensors", recipe, measured.state_dict(), metrics)


class _Log:
    """log.jsonl and TensorBoard, written by the first process alone."""

    def __init__(self, run: Path, rank: int) -> None:
        self.active = rank == 0
        if self.active:
            run.mkdir(parents=True, exist_ok=True)
            self.stream = (run / "log.jsonl").open("a")
            self.board = SummaryWriter(str(run / "tensorboard"))

    def write(self, kind: str, **values: object) -> None:
        if not self.active:
            return
        self.stream.write(json.dumps({"time": round(time.time(), 1), "kind": kind, **values}) + "\n")
        self.stream.flush()
        step = values.get("step", values.get("epoch", 0))
        for name, value in values.items():
            if isinstance(value, float):
                self.board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        if self.active:
            self.stream.close()
            self.board.close()
