"""Data set -> checkpoints: the training loop, one process or many under torchrun."""

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from cleanplate.errors import CleanplateError
from cleanplate.files import write_json
from cleanplate.train.checkpoint import Progress, resume, save_best, save_last
from cleanplate.train.examples import Examples, batches
from cleanplate.train.log import Log
from cleanplate.train.losses import Objective
from cleanplate.train.networks import build, initialise
from cleanplate.train.pairs import Pairs, StoredPair, sources
from cleanplate.train.recipes import Recipe
from cleanplate.train.validate import batch_norms, recalibrate, validate

SAVE_EVERY = 300.0
"""Seconds of training that a kill may lose."""


@dataclass(frozen=True)
class Limit:
    """When a run ends: so many seconds after `began`, or at so many steps."""

    began: float
    seconds: float
    steps: float

    @property
    def is_set(self) -> bool:
        """Whether there is one."""
        return min(self.seconds, self.steps) < math.inf

    def reached(self, step: int) -> float:
        """Return the share of the way that is done, 1 and more at the end."""
        return max((time.monotonic() - self.began) / max(self.seconds, 1e-9), step / max(self.steps, 1))


@dataclass
class _Run:
    """A training run in this process; `average` holds the averaged weights, if the recipe wants them."""

    recipe: Recipe
    folder: Path
    device: torch.device
    rank: int
    world: int
    network: nn.Module
    optimiser: torch.optim.Optimizer
    average: dict[str, Tensor]
    log: Log
    pairs: Pairs
    progress: Progress = field(default_factory=Progress)
    saved: float = field(default_factory=time.monotonic)

    @property
    def last(self) -> Path:
        return self.folder / "last.safetensors"


def train(
    recipe: Recipe,
    datasets: Sequence[Path],
    run: Path,
    init: str | None = None,
    minutes: float = math.inf,
    steps: float = math.inf,
) -> Path:
    """Train, or go on training, and return the best checkpoint's path, or the last one's.

    Below `run`: recipe.json, log.jsonl, TensorBoard events, last.safetensors (for resuming) and best.safetensors. A
    killed run that is started again gives the same losses as one that was not. Under torchrun every process calls this.

    Args:
        datasets: packs, and folders of captures with true masks or of packs; they may grow, and are looked through at
            each epoch.
        init: as `initialise` takes it; not used by a run that is resumed.
        minutes, steps: stop, resumable, after so long or so many steps of the run, but not before one step.

    Raises:
        CleanplateError: no training pairs, a recipe that anneals without a limit to anneal towards, or a loss that is
            not a number; the batch is named.
        ModelError: `init` or the run's checkpoint does not fit.
    """
    limit = Limit(time.monotonic(), 60 * minutes, steps)
    if recipe.anneal and not limit.is_set:
        raise CleanplateError("this recipe's learning rate falls until the end: say when with --minutes or --steps")
    state = _start(recipe, datasets, run, init)
    objective: nn.Module = Objective(state.network, recipe.loss)
    if state.world > 1:
        objective = DistributedDataParallel(objective)
    with closing(state.log):
        why = f"all {recipe.epochs} epochs are done"
        try:
            while state.progress.epoch < recipe.epochs:
                _one_epoch(state, datasets, objective, limit)
                if _is_over(state, limit):
                    why = "it was told to with --minutes or --steps; run the same command with more to go on"
                    break
        except KeyboardInterrupt:
            _save(state)
            state.log.write("end", state.progress.step, why="interrupted; run the same command to go on")
            raise
        if state.rank == 0 and state.progress.batch:  # the clock stopped it: what it is worth by then
            _validate(state)
            _save(state)
        state.log.write("end", state.progress.step, why=why)
    if state.world > 1:  # together: a process that is gone while another still listens to it can make that one abort
        distributed.barrier()
        distributed.destroy_process_group()
    best = run / "best.safetensors"
    return best if best.is_file() else state.last  # nothing was held out, or not validated yet


def _one_epoch(state: _Run, datasets: Sequence[Path], objective: nn.Module, limit: Limit) -> None:
    """Train to the epoch's end or the deadline, validate at the end, and save."""
    recipe, progress = state.recipe, state.progress
    training = _look(state, datasets)
    order = batches(len(training), recipe, progress.epoch)
    for pairs, loss, lr in _steps(state, training, order[progress.batch :], objective, limit):
        _check(loss, pairs, progress)
        _blend(state.average, state.network, recipe.ema, progress.step)
        done = min(limit.reached(progress.step), 1.0) if limit.is_set else 0.0
        state.log.write("step", progress.step, epoch=progress.epoch, loss=loss, lr=lr, done=done, pictures=recipe.batch)
        if _is_over(state, limit):
            break
        if time.monotonic() > state.saved + SAVE_EVERY:
            _save(state)
    if progress.batch == len(order):
        progress.epoch, progress.batch, progress.products = progress.epoch + 1, 0, []
        if state.rank == 0 and progress.epoch % recipe.validate_every == 0:
            _validate(state)
    _save(state)


def _save(state: _Run) -> None:
    """Write what a resumed run needs; the first process does."""
    if state.rank == 0:
        save_last(state.last, state.recipe, state.network, state.average, state.optimiser, state.progress)
    state.saved = time.monotonic()


def _is_over(state: _Run, limit: Limit) -> bool:
    """Whether the first process has reached the limit: one that stops alone leaves the others waiting."""
    over = torch.tensor(int(limit.reached(state.progress.step) >= 1), device=state.device)
    if state.world > 1:
        distributed.broadcast(over, 0)
    return bool(over)


def _start(recipe: Recipe, datasets: Sequence[Path], run: Path, init: str | None) -> _Run:
    """Build everything, from `init` or from where the run stopped."""
    cv2.setNumThreads(1)  # workers are forked: one that inherits OpenCV's started threads hangs
    torch.manual_seed(recipe.seed)
    device, rank, world = _join()
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    network = build(recipe.architecture)
    last = run / "last.safetensors"
    if init is not None and not last.is_file():
        initialise(network, recipe.architecture, init, lambda: _some_pictures(datasets))
    if recipe.freeze_encoder:
        network.freeze_encoder()
    network = network.to(device, memory_format=torch.channels_last)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(trained, recipe.lr, weight_decay=recipe.weight_decay)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()} if recipe.ema else {}
    log, pairs = Log(run, rank), Pairs(recipe.validation, recipe.match_plate)
    state = _Run(recipe, run, device, rank, world, network, optimiser, average, log, pairs)
    if last.is_file():
        state.progress = resume(last, recipe, network, average, optimiser)
    if rank == 0:
        write_json(run / "recipe.json", asdict(recipe))
    return state


def _some_pictures(datasets: Sequence[Path], count: int = 24) -> list[np.ndarray]:
    """Return photographs of the training side, spread over the products."""
    found = sources(datasets)
    pairs = Pairs(0.1)
    pairs.add(found[:: max(1, len(found) // count)][:count])
    training = pairs.side("train")
    return [pair.read().image for pair in training[:: max(1, len(training) // count)][:count]]


def _join() -> tuple[torch.device, int, int]:
    """Join the process group that torchrun describes, if any; return device, rank and number of processes."""
    world, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
    if world > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if cuda else "gloo")
    return device, rank, world


def _look(state: _Run, datasets: Sequence[Path]) -> list[StoredPair]:
    """Load new captures and return the training pairs; a resumed epoch keeps the products that it began with."""
    progress, pairs = state.progress, state.pairs
    found = sources(datasets)
    if progress.products:
        found = [folder for folder in found if folder.name in set(progress.products)]
    if state.world > 1:  # what one process sees a moment later would give them different batches
        shared = [found]
        distributed.broadcast_object_list(shared)
        found = shared[0]
    known = len(pairs.skipped)
    pairs.add(found)
    progress.products = [folder.name for folder in pairs.folders]
    for sentence in pairs.skipped[known:]:
        state.log.write("skipped", progress.step, count=len(pairs.skipped), problem=sentence)
    training = pairs.side("train")
    state.log.write(
        "data",
        progress.step,
        epoch=progress.epoch,
        products=len(pairs.folders),
        pairs=len(pairs.pairs),
        training=len(training),
        held_out=len(pairs.side("validation")),
    )
    if not training:
        raise CleanplateError(
            f"{', '.join(map(str, datasets))}: no training pairs; a data set is a folder of captures that have plates "
            f"and masks" + (f"; skipped: {pairs.skipped[0]}" if pairs.skipped else "")
        )
    return training


def _steps(
    state: _Run, training: list[StoredPair], order: list[list[int]], objective: nn.Module, limit: Limit
) -> Iterator[tuple[list[StoredPair], float, float]]:
    """Train on the given batches; yield each one's pairs, loss and learning rate."""
    recipe, progress = state.recipe, state.progress
    on_gpu = state.device.type == "cuda"
    workers = max(recipe.workers, _cores() - 1) if on_gpu else recipe.workers
    loader = DataLoader(
        Examples(training, recipe, progress.epoch),
        batch_sampler=[batch[state.rank :: state.world] for batch in order],
        num_workers=workers,
        pin_memory=on_gpu,
        prefetch_factor=4 if workers else None,
    )
    objective.train()
    if recipe.freeze_norm:
        for norm in batch_norms(objective):
            norm.eval()
    for image, plate, mask, index in loader:
        lr = learning_rate(recipe, progress.epoch, progress.step, limit.reached(progress.step))
        for group in state.optimiser.param_groups:
            group["lr"] = lr
        image, plate, mask = (array.to(state.device, non_blocking=True) for array in (image, plate, mask))
        pair = (array.permute(0, 3, 1, 2).float() / 255 for array in (image, plate))
        with torch.autocast(state.device.type, torch.bfloat16, enabled=has_bfloat16(state.device)):
            loss = objective(*pair, mask.float())
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        value = float(loss.detach())
        if np.isfinite(value):
            state.optimiser.step()
        progress.batch += 1
        progress.step += 1
        yield [training[int(i)] for i in index], value, lr


def _cores() -> int:
    """Return how many of the processor's cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_bfloat16(device: torch.device) -> bool:
    """Whether the hardware multiplies in bfloat16: elsewhere it is emulated, and slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def learning_rate(recipe: Recipe, epoch: int, step: int, reached: float = 0.0) -> float:
    """Return the learning rate of a step.

    Args:
        reached: the share of the run that is done, 0..1.
    """
    rise = min(1.0, (step + 1) / recipe.warmup) if recipe.warmup else 1.0
    halvings = epoch // recipe.halve_every if recipe.halve_every else 0
    fall = 0.5 + 0.5 * math.cos(math.pi * min(reached, 1.0)) if recipe.anneal else 1.0
    return recipe.lr * rise * fall * 0.5**halvings


def _check(loss: float, pairs: list[StoredPair], progress: Progress) -> None:
    if not np.isfinite(loss):
        raise CleanplateError(
            f"the loss is {loss} at epoch {progress.epoch}, step {progress.step}; "
            f"the batch was {', '.join(pair.name for pair in pairs)}; "
            f"look at these images, or lower the learning rate and start again from the last checkpoint"
        )


def _blend(average: dict[str, Tensor], network: nn.Module, decay: float, step: int) -> None:
    """Move the averaged weights towards the trained ones; faster at first, when these change fast."""
    if not average:
        return
    decay = min(decay, (1 + step) / (10 + step))
    state = network.state_dict()
    smooth = [name for name, value in average.items() if value.is_floating_point()]
    torch._foreach_lerp_([average[name] for name in smooth], [state[name] for name in smooth], 1 - decay)
    for name in average.keys() - set(smooth):
        average[name].copy_(state[name])


def _validate(state: _Run) -> None:
    """Measure the averaged weights on the validation products and keep them if they are the best so far."""
    recipe, progress = state.recipe, state.progress
    held_out = state.pairs.side("validation")
    if not held_out:
        return
    measured = state.network
    if state.average or recipe.recalibrate:
        measured = build(recipe.architecture).to(state.device)
        measured.load_state_dict(state.average or state.network.state_dict())
    if recipe.recalibrate:
        recalibrate(measured, state.pairs.side("train"), recipe.recalibrate, recipe.longest)
    metrics = progress.metrics = validate(measured, held_out, recipe.validation_views, recipe.longest)
    state.log.write("validation", progress.step, epoch=progress.epoch, **metrics)
    if metrics["miou"] > progress.best or len(held_out) != progress.held_out:  # a data set that grew is another test
        progress.best, progress.held_out = metrics["miou"], len(held_out)
        save_best(state.folder / "best.safetensors", recipe, measured.state_dict(), metrics)
