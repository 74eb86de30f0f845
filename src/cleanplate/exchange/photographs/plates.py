"""Which photograph of the empty set belongs to which pictures: by folder, by name, by EXIF, or because it is alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from cleanplate.capture.naming import is_plate, plate_label
from cleanplate.errors import CaptureError
from cleanplate.exchange.photographs.lens import taken_by, taken_when
from cleanplate.exchange.photographs.plan import Shot
from cleanplate.exchange.poses.pictures import orientation
from cleanplate.image import image_size

Fits = Callable[[Shot], bool]


def split_plates(root: Path, found: Sequence[Path], pattern: str | None) -> tuple[list[Path], list[Path]]:
    """Split pictures into photographs of the product and of the empty set.

    Args:
        pattern: of the plates' names, such as "*empty*"; by default a name, or a folder's name, that says plate,
            background, backdrop, empty, blank or bg.
    """

    def says_plate(path: Path) -> bool:
        relative = path.relative_to(root)
        if pattern is not None:
            lowered = Path(str(relative).lower())
            return lowered.match(pattern.lower())
        return any(is_plate(part) for part in (*relative.parts[:-1], path.stem))

    return [path for path in found if not says_plate(path)], [path for path in found if says_plate(path)]


def pair_plates(shots: list[Shot], plates: Sequence[Path], root: Path) -> tuple[list[Shot], list[str]]:
    """Give each shot its plate.

    A plate belongs to the shots that it fits by the first of these that holds for any: its path is a picture's
    (left/0001), its name a camera's (cam03_empty, cam03), its folder a picture's or a camera's (left/plate), its name
    a single picture's, its EXIF camera that of one camera alone; or it is the only one left for the only camera left.

    Args:
        root: folder that the plates' own folders are told from.

    Returns:
        The shots, and a sentence for what has no partner.

    Raises:
        CaptureError: a shot has several plates, a plate several pictures that only share a name, or another size.
    """
    offers: dict[Path, list[tuple[int, Path]]] = {shot.path: [] for shot in shots}
    unused = []
    for plate in plates:
        rank, fitting = _fitting(plate, root, shots)
        for shot in fitting:
            offers[shot.path].append((rank, plate))
        unused += [] if fitting else [plate]
    bare = [shot for shot in shots if not offers[shot.path]]
    if len(unused) == 1 and bare and len({shot.camera for shot in bare}) == 1:
        for shot in bare:
            offers[shot.path].append((9, unused[0]))
        unused = []
    paired = [replace(shot, plate=_best(shot, offers[shot.path])) for shot in shots]
    for shot in {(shot.plate, shot.camera): shot for shot in paired if shot.plate}.values():
        _check_same_frame(shot)
    used = {shot.plate for shot in paired}
    problems = [f"{path}: a plate that fits no picture; name it as its camera" for path in plates if path not in used]
    missing = [shot.name for shot in paired if shot.plate is None]
    if plates and missing:
        shown = f"{', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}"
        problems.append(f"{len(missing)} pictures have no plate: {shown}")
    return paired, problems


def _fitting(plate: Path, root: Path, shots: list[Shot]) -> tuple[int, list[Shot]]:
    relative = plate.relative_to(root) if plate.is_relative_to(root) else Path(plate.name)
    label = plate_label(plate.stem).casefold()
    path = str(relative.with_suffix("")).casefold()
    folder = "/".join(part for part in relative.parts[:-1] if not is_plate(part)).casefold()
    rules: list[Fits] = [
        lambda shot: str(Path(shot.name).with_suffix("")).casefold() == path,
        lambda shot: bool(label) and label in (shot.camera.casefold(), shot.camera.rpartition("/")[2].casefold()),
        lambda shot: bool(folder) and folder in (str(Path(shot.name).parent).casefold(), shot.camera.casefold()),
        lambda shot: Path(shot.name).stem.casefold() == label,
    ]
    for rank, rule in enumerate(rules):
        fitting = [shot for shot in shots if rule(shot)]
        if rank == 3 and len(fitting) > 1:
            raise CaptureError(
                f"{plate}: fits {fitting[0].name} and {fitting[1].name} alike; put plates into folders as the pictures "
                f"are, or name each as its camera: {', '.join(sorted({shot.camera for shot in shots})[:4])}"
            )
        if fitting:
            return rank, fitting
    body = taken_by(plate)
    cameras = {shot.camera for shot in shots if body and taken_by(shot.path) == body}
    if len(cameras) == 1 and len({shot.camera for shot in shots}) > 1:
        return len(rules), [shot for shot in shots if shot.camera in cameras]
    return len(rules), []


def _best(shot: Shot, offers: list[tuple[int, Path]]) -> Path | None:
    best = [path for rank, path in offers if rank == min(rank for rank, _ in offers)]
    if len(best) > 1 and (when := taken_when(shot.path)) is not None:
        times = [taken_when(path) for path in best]
        if all(time is not None for time in times) and len(set(times)) == len(times):
            return min(zip(times, best, strict=True), key=lambda item: abs(item[0] - when))[1]  # type: ignore[operator]
    if len(best) > 1:
        raise CaptureError(
            f"{shot.name}: {len(best)} plates fit it, {best[0].name} and {best[1].name}; keep one for each camera, or "
            f"say which with --plate PATTERN"
        )
    return best[0] if best else None


def _check_same_frame(shot: Shot) -> None:
    if shot.plate is None:
        return
    size, other = image_size(shot.path), image_size(shot.plate)
    if size != other:
        raise CaptureError(
            f"{shot.plate}: {other[0]}x{other[1]} pixels, but {shot.name} has {size[0]}x{size[1]}; a plate is the same "
            f"camera's picture at the same size"
        )
    turned, own = orientation(shot.path), orientation(shot.plate)
    if turned != own:
        raise CaptureError(
            f"{shot.plate}: EXIF orientation {own}, but {shot.name} has {turned}, so the plate would lie turned over "
            f"it; switch automatic turning off in the camera, or give both the same orientation"
        )
