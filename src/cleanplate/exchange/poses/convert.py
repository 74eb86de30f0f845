"""Folders of pictures, with poses in any of the formats, into captures; and captures' poses into any of them."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cleanplate.capture.model import Capture, View
from cleanplate.capture.naming import list_pictures, scan_names
from cleanplate.capture.rig import Rig
from cleanplate.capture.write import write_capture
from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.colmap import read_colmap, write_colmap
from cleanplate.exchange.poses.matrices import read_matrices, read_middlebury, write_matrices, write_middlebury
from cleanplate.exchange.poses.model import PosedImages
from cleanplate.exchange.poses.nerfstudio import read_nerfstudio, write_nerfstudio
from cleanplate.exchange.poses.opencv import read_opencv, write_opencv
from cleanplate.files import atomic_path
from cleanplate.geometry import Camera
from cleanplate.image import image_size

READERS: dict[str, Callable[[Path, Path], PosedImages]] = {
    "colmap": lambda path, _: read_colmap(path),
    "nerfstudio": lambda path, _: read_nerfstudio(path),
    "middlebury": read_middlebury,
    "matrices": read_matrices,
    "opencv": lambda path, _: read_opencv(path),
}
WRITERS: dict[str, Callable[[Path, PosedImages], None]] = {
    "colmap": write_colmap,
    "colmap-binary": lambda path, poses: write_colmap(path, poses, binary=True),
    "nerfstudio": write_nerfstudio,
    "middlebury": write_middlebury,
    "matrices": write_matrices,
    "opencv": write_opencv,
}


def guess_format(path: Path) -> str:
    """Return the format that a pose file's or folder's name tells.

    Raises:
        CaptureError: it tells none.
    """
    if path.is_dir() or path.name in ("cameras.bin", "cameras.txt"):
        return "colmap"
    for suffix, name in (("_par.txt", "middlebury"), (".yml", "opencv"), (".yaml", "opencv"), (".xml", "opencv")):
        if path.name.endswith(suffix):
            return name
    if path.suffix == ".json":
        return "nerfstudio" if path.name.startswith("transforms") else "matrices"
    raise CaptureError(f"{path}: its name tells no pose format; name one of {', '.join(READERS)}")


def read_poses(path: Path, images: Path, format_name: str | None = None) -> PosedImages:
    """Read poses of one of the READERS' formats; `images` is the folder of the pictures.

    Raises:
        CaptureError: an unknown format, or a file that does not hold it.
    """
    name = format_name or guess_format(path)
    if name not in READERS:
        raise CaptureError(f"unknown pose format {name!r}; use one of {', '.join(READERS)}")
    return READERS[name](path.parent if name == "colmap" and path.is_file() else path, images)


def write_poses(path: Path, poses: PosedImages, format_name: str) -> None:
    """Write poses in one of the WRITERS' formats.

    Raises:
        CaptureError: an unknown format, or one that cannot hold these cameras.
    """
    if format_name not in WRITERS:
        raise CaptureError(f"unknown pose format {format_name!r}; use one of {', '.join(WRITERS)}")
    WRITERS[format_name](path, poses)


def import_posed(
    folder: Path, asin: str, images: Path, poses: PosedImages, *, plates: Path | None = None, scale: float = 1.0
) -> Capture:
    """Make a capture of pictures with poses.

    Args:
        folder: of the new capture; pictures are copied into it.
        images: folder that the names in `poses` are relative to.
        plates: folder of plates called as their camera or as their picture; None where there are none.
        scale: metres per unit of the poses' world.

    Raises:
        CaptureError: a picture is missing or not of its camera's size, or two get the same view id.
    """
    poses = poses.moved(scale, np.eye(3), np.zeros(3))
    found = {} if plates is None else {path.stem: path for path in list_pictures(plates)}
    ids = _view_ids(list(poses.images))
    views = []
    for name, posed in poses.images.items():
        camera = poses.cameras[posed.camera]
        source = images / name
        size = image_size(source)
        if size != (camera.width, camera.height):
            raise CaptureError(
                f"{source}: {size[0]}x{size[1]} pixels, but its camera {posed.camera!r} was calibrated at "
                f"{camera.width}x{camera.height}; import the pictures that the poses were made of"
            )
        plate = found.get(posed.camera, found.get(source.stem))
        paths = _copy(folder, "images", ids[name], source), plate and _copy(folder, "plates", plate.stem, plate)
        views.append(View(ids[name], _identifier(posed.camera), paths[0], paths[1] or None, pose=posed.pose))
    cameras = {_identifier(name): camera for name, camera in poses.cameras.items()}
    return _finish(Capture(folder, asin, cameras, tuple(views)))


def import_named(
    folder: Path, asin: str, images: Path, *, plates: Path | None = None, rig: Rig | None = None
) -> Capture:
    """Make a capture of pictures called <camera>_<degrees> (`scan_names`).

    Args:
        rig: the rig's calibration. Without one the views have no pose, and K is a placeholder whose focal length is
            the picture's longer side: enough for masks, refused by reconstruction.

    Raises:
        CaptureError: names that do not follow the convention, or a camera that the rig has not or has in another size.
    """
    pictures, found = scan_names(images, plates)
    cameras, views = {}, []
    ids = _view_ids([picture.path.name for picture in pictures])
    for picture in pictures:
        name = _identifier(picture.camera)
        size = image_size(picture.path)
        cameras[name] = _known_camera(rig, picture.camera, picture.path, size)
        pose = rig.pose(picture.camera, picture.platen_deg) if rig else None
        plate = found.get(picture.camera)
        identity = ids[picture.path.name]
        image = _copy(folder, "images", identity, picture.path)
        plate_path = _copy(folder, "plates", name, plate) if plate else None
        views.append(View(identity, name, image, plate_path, platen_deg=picture.platen_deg, pose=pose))
    return _finish(Capture(folder, asin, cameras, tuple(views)))


def _known_camera(rig: Rig | None, name: str, path: Path, size: tuple[int, int]) -> Camera:
    if rig is None:
        focal = float(max(size))
        return Camera(*size, np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]]))
    if name not in rig.cameras:
        raise CaptureError(
            f"{path}: the rig has no camera {name!r}, only {', '.join(rig.cameras)}; rename, or calibrate it"
        )
    camera = rig.cameras[name]
    if size != (camera.width, camera.height):
        raise CaptureError(f"{path}: {size[0]}x{size[1]} pixels; camera {name!r} has {camera.width}x{camera.height}")
    return camera


def _identifier(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "_"


def _view_ids(names: list[str]) -> dict[str, str]:
    """Name views after their files, with the folders where names repeat."""
    stems = [_identifier(Path(name).stem) for name in names]
    if len(set(stems)) < len(stems):
        stems = [_identifier(str(Path(name).with_suffix(""))) for name in names]
    if len(set(stems)) < len(stems):
        twice = next(name for name, stem in zip(names, stems, strict=True) if stems.count(stem) > 1)
        raise CaptureError(f"{twice}: another picture gets the same view id; give the pictures different names")
    return dict(zip(names, stems, strict=True))


def _copy(folder: Path, kind: str, name: str, source: Path) -> str:
    target = folder / kind / f"{name}{source.suffix.lower()}"
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
    return f"{kind}/{target.name}"


def _finish(capture: Capture) -> Capture:
    write_capture(capture)
    return capture
