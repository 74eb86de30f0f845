"""Plans for photographs with poses of another program, and for photographs of a rig or a turntable."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cleanplate.capture.naming import NamedPicture, list_pictures, unreadable_pictures
from cleanplate.capture.rig import Rig
from cleanplate.errors import CaptureError, ImageError
from cleanplate.exchange.photographs.lens import guess_camera
from cleanplate.exchange.photographs.plan import Plan, Shot
from cleanplate.exchange.photographs.plates import pair_plates, split_plates
from cleanplate.exchange.poses import PosedImages
from cleanplate.exchange.poses.pictures import QUARTERS, find_picture, orientation, stored_size, upright
from cleanplate.geometry import Camera, Pose
from cleanplate.image import image_size


def plan_posed(
    images: Path, poses: PosedImages, plates: Path | None = None, pattern: str | None = None, tell: bool = True
) -> Plan:
    """Plan a capture of pictures with poses.

    Pictures are used as the poses were made for them: where those are of the pixels as stored, and EXIF says that the
    picture is to be shown turned, the camera turns with it.

    Args:
        images: folder that the names in `poses` are relative to.
        plates: folder of plates; by default those among the pictures.
        pattern: of the plates' names.
        tell: name the pictures in the folder that have no pose.

    Raises:
        CaptureError: no pose, two that name one picture, plates that do not fit. ImageError: a picture is missing or
            not of its camera's size.
    """
    if not poses.images:
        raise CaptureError(
            f"{images}: the file of poses tells a lens but no picture's pose; give one that holds both, or calibrate "
            f"a rig"
        )
    cameras: dict[str, Camera] = {}
    shots: dict[Path, Shot] = {}
    turned = 0
    for name, posed in poses.images.items():
        path = find_picture(images, name)
        if path in shots:
            raise CaptureError(f"{name} and {shots[path].name} are both {path}; give the folder that tells them apart")
        quarters, camera, pose = _as_shown(path, poses.cameras[posed.camera], posed.pose, posed.camera, poses.raw)
        key = posed.camera if quarters == 0 else f"{posed.camera}_turned{90 * quarters}"
        cameras[key] = camera
        turned += quarters > 0
        shots[path] = Shot(path, _relative(path, images), key, pose=pose)
    notes = [*poses.notes]
    if turned:
        notes.append(f"{turned} pictures are shown turned by EXIF, which their poses were made without: cameras turned")
    found = list(list_pictures(images, deep=True))
    among, empty = split_plates(images, [path for path in found if path not in shots], pattern)
    problems = unreadable_pictures(images, deep=True)
    if plates is not None:
        problems += unreadable_pictures(plates, deep=True)
        given = list(list_pictures(plates, deep=True))
        empty = split_plates(plates, given, pattern)[1] if pattern else given
        among = [path for path in among if not path.is_relative_to(plates)]
    paired, unpaired = pair_plates(list(shots.values()), empty, plates or images)
    if among and tell:
        shown = ", ".join(_relative(path, images) for path in among[:5])
        problems.append(f"{len(among)} pictures have no pose: {shown}{' ...' if len(among) > 5 else ''}; left out")
    return Plan(cameras, paired, notes, problems + list(poses.left_out) + unpaired)


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _as_shown(path: Path, camera: Camera, pose: Pose, name: str, raw: bool) -> tuple[int, Camera, Pose]:
    """Return the quarter turns of a picture, and the camera and pose of it as it is shown."""
    exif, shown, stored = orientation(path), image_size(path), stored_size(path)
    size = camera.width, camera.height
    as_stored = exif != 1 and stored == size and (raw or shown != size)
    if size != (stored if as_stored or raw else shown):
        raise ImageError(
            f"{path}: {shown[0]}x{shown[1]} pixels, but its camera {name!r} was calibrated at {size[0]}x{size[1]}; "
            f"import the pictures that the poses were made of"
        )
    if not as_stored:
        return 0, camera, pose
    if exif not in QUARTERS:
        raise ImageError(
            f"{path}: EXIF orientation {exif} mirrors it, as no camera does; remove the tag: exiftool -Orientation="
        )
    return QUARTERS[exif], *upright(camera, pose, QUARTERS[exif])


def plan_named(
    images: Path,
    named: Sequence[NamedPicture],
    empty: Sequence[Path],
    *,
    plates: Path | None = None,
    rig: Rig | None = None,
    lens_mm: float | None = None,
) -> Plan:
    """Plan a capture of pictures whose cameras and platen angles are known.

    Args:
        empty: the plates.
        plates: the folder that they were found in, if it is not `images`.
        rig: the rig's calibration. Without one the views have no pose, and K is a guess from EXIF or `lens_mm`:
            enough for masks alone.

    Raises:
        CaptureError: a camera that the rig has not, or pictures of several sizes; plates that do not fit.
    """
    cameras: dict[str, Camera] = {}
    notes, shots = [], []
    for item in named:
        size = image_size(item.path)
        if item.camera not in cameras:
            cameras[item.camera], note = _known_camera(rig, item, lens_mm)
            notes += note
        camera = cameras[item.camera]
        if size != (camera.width, camera.height):
            raise CaptureError(
                f"{item.path}: {size[0]}x{size[1]} pixels; camera {item.camera!r} has {camera.width}x{camera.height}. "
                f"One camera has one size and stands one way up: take it again, or give it another camera's name"
            )
        pose = rig.pose(item.camera, item.platen_deg) if rig else None
        shots.append(Shot(item.path, _relative(item.path, images), item.camera, None, item.platen_deg, pose))
    paired, problems = pair_plates(shots, empty, plates or images)
    return Plan(cameras, paired, notes, problems, lens_known=rig is not None or len(notes) == len(cameras))


def _known_camera(rig: Rig | None, item: NamedPicture, lens_mm: float | None) -> tuple[Camera, list[str]]:
    if rig is None:
        camera, film = guess_camera(item.path, lens_mm)
        if film is None:
            return camera, []
        told = "as given" if lens_mm else "from EXIF"
        return camera, [f"camera {item.camera!r}: {film:g} mm of 35 mm film {told}, {camera.K[0, 0]:.0f} pixels"]
    if item.camera not in rig.cameras:
        raise CaptureError(
            f"{item.path}: the rig has no camera {item.camera!r}, only {', '.join(rig.cameras)}; rename, or "
            f"calibrate it"
        )
    return rig.cameras[item.camera], []


def turned_clockwise(named: Sequence[NamedPicture]) -> list[NamedPicture]:
    """Return the pictures of a platen that turns clockwise, seen from above, at angles counted counter-clockwise."""
    return [replace(item, platen_deg=-item.platen_deg % 360) for item in named]
