"""A result in, a folder for a shop's page out."""

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from cleanplate.asset.cutout import Cutout, cut_out
from cleanplate.asset.listing.frames import aim, front, ring, seen_by, sight, widest_gap
from cleanplate.asset.listing.linked import KINDS, linked_data
from cleanplate.asset.listing.shadow import Floor, shade_seen, shaded_floor
from cleanplate.asset.model import FRONT_DEG
from cleanplate.asset.photos import CapturePhotos
from cleanplate.capture import Capture
from cleanplate.errors import MeshError
from cleanplate.files import atomic_path, read_object, write_bytes, write_json
from cleanplate.geometry import Camera, Mesh, Pose, read_mesh
from cleanplate.image import write_image
from cleanplate.image.colour import to_linear, to_srgb
from cleanplate.types import Image

SIDE = 1600
"""Pixels along the pictures' side at most: what marketplaces ask for at best."""
THUMBNAILS = (512, 256, 128)
MOVING = 480
"""Pixels along the side of the animated picture."""
LAP = 6.0
"""Seconds once around."""
VERTICES = 20_000
"""Of the hull, that the pictures' frames are found from."""
WIDEST = 61.0
"""Degrees between neighbours beyond which a spin jumps instead of turning."""


@dataclass(frozen=True)
class Listing:
    """What was written.

    Attributes:
        folder: where.
        side: of poster and spin, pixels.
        frames: of the spin; 0 where too few views stand evenly around the product at one height.
        models: files that were copied.
    """

    folder: Path
    side: int
    frames: int
    models: tuple[str, ...]


def write_listing(
    result: Path, capture: Capture, out: Path, side: int = SIDE, front_deg: float | None = None, url: str = ""
) -> Listing:
    """Write what a shop's page needs of one product below `out`.

    poster.jpg (the front on white, with a contact shadow), cutout.png (the same without background), thumb-*.jpg,
    spin/*.jpg and spin.webp (once around), copies of the models, product.jsonld, and index.html, which shows it all.
    The pictures are the photographs themselves, masked, their edges freed of the background, turned upright and to one
    scale; they are never enlarged.

    Args:
        result: a run's folder of the product, with hull.ply, masks and models.
        side: of the pictures, pixels, at most.
        front_deg: azimuth in the world of the front; by default the models'.
        url: of the folder that the files will lie in on the web.

    Raises:
        MeshError: the result holds no model.
        ImageError, CaptureError: a photograph or mask cannot be used, or a view has no pose.
    """
    glb, facts = result / f"{capture.asin}.glb", read_object(result / f"{capture.asin}.json")
    if not glb.is_file():
        raise MeshError(f"{glb}: there is no model; 'cleanplate run' makes it")
    capture = _usable(capture, result)
    front_deg = float(facts.get("front_deg", FRONT_DEG)) if front_deg is None else front_deg
    mesh = read_mesh(result / "hull.ply")
    studio = _Studio(capture, result / "masks", mesh, shaded_floor(mesh))
    main = front(studio.sights, front_deg)
    poster, (cutout,) = studio.take([main], side)
    _write_posters(out, studio.on_white(cutout, *poster[0]), cutout)
    around = ring(studio.sights, front_deg)
    turns = widest_gap([studio.sights[n].azimuth for n in around]) <= WIDEST
    names = _write_spin(out, studio, around, side) if turns else []
    _remove_older(out, names)
    models = _copy_models(result, capture.asin, out)
    small = [f"thumb-{each}.jpg" for each in THUMBNAILS if each < len(cutout.share)] or ["poster.jpg"]
    linked = linked_data(capture, models, ["poster.jpg", small[0]], facts.get("extent"), url)
    write_json(out / "product.jsonld", linked)
    _write_page(out / "index.html", capture, linked, names, models)
    return Listing(out, len(cutout.share), len(names), tuple(path.name for path in models))


def _usable(capture: Capture, result: Path) -> Capture:
    """Return the capture with the views that the hull was carved from."""
    unused = read_object(result / "hull.json").get("unused", {})
    views = [
        view for view in capture.views if view.id not in unused and (result / "masks" / f"{view.id}.png").is_file()
    ]
    if not views:
        raise MeshError(f"{result}: no view has a mask; 'cleanplate run' makes them")
    return replace(capture, views=tuple(views))


class _Studio:
    """The photographs of one product, its floor, and where they were taken from."""

    def __init__(self, capture: Capture, masks: Path, mesh: Mesh, floor: Floor) -> None:
        self.photos, self.floor, self.poses = CapturePhotos(capture, masks), floor, capture.poses()
        self.cameras = [capture.camera_of(view) for view in capture.views]
        self.vertices = mesh.vertices[:: max(1, len(mesh.vertices) // VERTICES)]
        middle = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
        self.sights = [sight(pose, middle) for pose in self.poses]

    def take(self, which: Sequence[int], side: int) -> tuple[list[tuple[Camera, Pose]], "list[Cutout]"]:
        """Return the virtual cameras of some views, all at one scale, and the product as they see it."""
        _, aimed = aim([self.cameras[n] for n in which], [self.poses[n] for n in which], self.vertices, side)
        return aimed, [self.seen(n, *each) for n, each in zip(which, aimed, strict=True)]

    def seen(self, number: int, virtual: Camera, turned: Pose) -> Cutout:
        """Return the product as one virtual camera sees it."""
        photo = self.photos[number]
        cutout = cut_out(photo.image, photo.mask, photo.plate)
        return seen_by(cutout, photo.camera, photo.pose, virtual, turned)

    def on_white(self, cutout: Cutout, virtual: Camera, turned: Pose) -> Image:
        """Return a picture on white, with the shadow that the product casts."""
        ground = np.repeat(shade_seen(self.floor, virtual, turned)[..., None], 3, axis=2)
        share = cutout.share[..., None]
        return _encoded(share * cutout.colour + (1 - share) * to_linear(ground))


def _encoded(light: Float[np.ndarray, "h w 3"]) -> Image:
    return np.rint(255 * np.clip(to_srgb(light), 0, 1)).astype(np.uint8)


def _write_posters(out: Path, picture: Image, cutout: Cutout) -> None:
    import cv2

    write_image(out / "poster.jpg", picture)
    alpha = np.rint(255 * cutout.share).astype(np.uint8)
    data = cv2.imencode(".png", np.dstack([_encoded(cutout.colour)[..., ::-1], alpha]))[1].tobytes()
    write_bytes(out / "cutout.png", data)
    for side in THUMBNAILS:
        if side < len(picture):
            write_image(out / f"thumb-{side}.jpg", cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA))


def _write_spin(out: Path, studio: _Studio, around: Sequence[int], side: int) -> list[str]:
    """Write the frames, one in memory at a time, and a small moving picture of them; return the frames' names."""
    import cv2
    from PIL import Image as Pillow

    _, aimed = aim([studio.cameras[n] for n in around], [studio.poses[n] for n in around], studio.vertices, side)
    names, small = [], []
    for number, (view, each) in enumerate(zip(around, aimed, strict=True)):
        picture = studio.on_white(studio.seen(view, *each), *each)
        names.append(f"spin/{number:03d}.jpg")
        write_image(out / names[-1], picture)
        if len(picture) > MOVING:
            picture = cv2.resize(picture, (MOVING, MOVING), interpolation=cv2.INTER_AREA)
        small.append(Pillow.fromarray(picture))
    stream, pause = io.BytesIO(), round(1000 * LAP / len(small))
    small[0].save(stream, "WEBP", save_all=True, append_images=small[1:], duration=pause, loop=0, quality=80)
    write_bytes(out / "spin.webp", stream.getvalue())
    return names


def _remove_older(out: Path, names: Sequence[str]) -> None:
    """Remove the frames of an earlier spin that had more of them, or that there is no more."""
    older = [path for path in (out / "spin").glob("[0-9][0-9][0-9].jpg") if f"spin/{path.name}" not in names]
    for path in older if names else [*older, out / "spin.webp"]:
        path.unlink(missing_ok=True)


def _copy_models(result: Path, asin: str, out: Path) -> list[Path]:
    """Copy the models of all profiles, the first that of the run itself."""
    found = [path for kind in KINDS for path in sorted(result.glob(f"{asin}*{kind}"))]
    found.sort(key=lambda path: (path.stem != asin, path.stem))
    for path in found:
        with atomic_path(out / path.name) as temporary:
            shutil.copyfile(path, temporary)
    return [out / path.name for path in found]


def _write_page(
    path: Path, capture: Capture, linked: dict[str, Any], frames: Sequence[str], models: Sequence[Path]
) -> None:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("listing.html.j2").render(
        title=capture.title or capture.asin, linked=linked, frames=frames, models=[each.name for each in models]
    )
    write_bytes(path, page.encode())
