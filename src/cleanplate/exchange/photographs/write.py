"""A plan onto the disk: a new folder that appears whole or not at all."""

import os
import secrets
import shutil
from pathlib import Path

from cleanplate.capture import Capture, View, write_capture
from cleanplate.capture.rig import Rig, write_rig
from cleanplate.errors import CaptureError
from cleanplate.exchange.photographs.plan import Plan, identifier, view_ids


def write_plan(plan: Plan, folder: Path, asin: str, title: str | None = None, rig: Rig | None = None) -> Capture:
    """Copy the pictures into a new capture folder and describe them there; a rig that was found lies beside.

    The folder is made beside its place and renamed, so a kill leaves nothing under its name.

    Raises:
        CaptureError: the folder holds something already, or two cameras get the same name.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaptureError(f"{folder}: is there already and not empty; name a new folder, or move it away first")
    names: dict[str, str] = {}
    for name in plan.cameras:
        if (other := names.setdefault(identifier(name).casefold(), name)) != name:
            raise CaptureError(f"cameras {other!r} and {name!r} both become {identifier(name)!r}; rename one")
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        capture = _fill(plan, making, asin, title)
        if rig is not None:
            write_rig(making / "rig.json", rig)
        if folder.is_dir():
            folder.rmdir()
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Capture(folder, capture.asin, capture.cameras, capture.views, capture.tags, capture.title)


def _fill(plan: Plan, folder: Path, asin: str, title: str | None) -> Capture:
    ids = view_ids([shot.name for shot in plan.shots])
    plates = _plate_names(plan)
    views = []
    for shot in plan.shots:
        image = _copy(folder, f"images/{ids[shot.name]}", shot.path)
        plate = _copy(folder, f"plates/{plates[shot.plate]}", shot.plate) if shot.plate else None
        camera = identifier(shot.camera)
        views.append(View(ids[shot.name], camera, image, plate, None, shot.platen_deg, shot.pose))
    cameras = {identifier(name): camera for name, camera in plan.cameras.items()}
    capture = Capture(folder, asin, cameras, tuple(views), (), title)
    write_capture(capture)
    for name, source in plan.extras.items():
        _copy(folder, name, source)
    return capture


def _plate_names(plan: Plan) -> dict[Path, str]:
    """Name each plate after its camera if it has one plate alone, else after itself, with a number where names meet."""
    per_camera: dict[str, set[Path]] = {}
    for shot in plan.shots:
        if shot.plate:
            per_camera.setdefault(shot.camera, set()).add(shot.plate)
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for camera, plates in sorted(per_camera.items()):
        for plate in sorted(plates - set(names)):
            wanted = identifier(camera if len(plates) == 1 else plate.stem)
            free = (f"{wanted}_{index}" if index else wanted for index in range(len(taken) + 1))
            names[plate] = next(name for name in free if name.casefold() not in taken)
            taken.add(names[plate].casefold())
    return names


def _copy(folder: Path, name: str, source: Path) -> str:
    target = folder / f"{name}{source.suffix.lower()}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copyfile(source, target)
    return target.relative_to(folder).as_posix()
