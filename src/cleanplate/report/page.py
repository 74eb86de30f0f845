"""The report of one product: a single HTML file that needs neither network nor neighbours."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from cleanplate.errors import gathered
from cleanplate.files import write_bytes
from cleanplate.image.comparison import intersection_over_union
from cleanplate.report.overlay import disagreement, overlay, thumbnail
from cleanplate.types import Image, Mask

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
"""model-viewer, and what decodes the profiles `web` (meshoptimizer, MIT) and `web-draco` (Draco, Apache-2.0) for it."""
DRACO = b"KHR_draco_mesh_compression"


@dataclass(frozen=True)
class ViewPanel:
    """One row of the report.

    Attributes:
        id: the view's.
        agreement: IoU of its mask with the re-projected hull, 0..1; None without a hull.
        note: why the view needs a look; empty if it does not.
        pictures: caption and JPEG bytes, in the order shown.
    """

    id: str
    agreement: float | None
    note: str
    pictures: tuple[tuple[str, bytes], ...]


def jpeg(image: Image, quality: int = 80) -> bytes:
    """Encode a picture as JPEG."""
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ].tobytes()


def view_panel(
    id: str,
    image: Image,
    plate: Image | None,
    mask: Mask,
    silhouette: Mask | None,
    note: str = "",
) -> ViewPanel:
    """Draw one view: input, plate, mask, and the hull's silhouette against the mask."""
    pictures = [("input", jpeg(thumbnail(image)))]
    if plate is not None:
        pictures.append(("plate", jpeg(thumbnail(plate))))
    pictures.append(("mask", jpeg(thumbnail(overlay(image, mask)))))
    agreement = None
    if silhouette is not None:
        agreement = intersection_over_union(mask, silhouette)
        pictures.append(("mask and hull", jpeg(thumbnail(disagreement(mask, silhouette)))))
    return ViewPanel(id, agreement, note, tuple(pictures))


def write_report(
    path: Path,
    title: str,
    figures: dict[str, str],
    problems: Sequence[str],
    panels: Sequence[ViewPanel],
    models: Sequence[Path],
    tags: Sequence[str] = (),
) -> None:
    """Write the page atomically: figures, problems, the model to turn around, and the views, worst first.

    Args:
        models: GLBs, which go into the page, the one to be shown first before the others, and other files beside it,
            which are linked; empty if there is none.
        tags: what is said of the product besides its name.
    """
    from jinja2 import Environment, FileSystemLoader

    shown = {path: path.read_bytes() for path in models if path.suffix == ".glb"}
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["data_url"] = _data_url
    page = environment.get_template("report.html.j2").render(
        title=title,
        tags=tags,
        figures=figures,
        problems=gathered(problems),
        panels=sorted(panels, key=_worst_first),
        models=[(_profile(path, models[0]), _data_url(data, "model/gltf-binary")) for path, data in shown.items()],
        files=[(model.name, f"{model.stat().st_size / 1e6:.2f} MB") for model in models],
        viewer=(VENDOR / "model-viewer-umd.min.js").read_text() if models else "",
        meshopt=(VENDOR / "meshopt_decoder.js").read_text() if models else "",
        draco=_draco() if any(DRACO in data for data in shown.values()) else "",
    )
    write_bytes(path, page.encode())


def _profile(path: Path, first: Path) -> str:
    """Return a model's profile by its name, <asin>.<profile>.glb; the first, <asin>.glb, is the one asked for."""
    return path.stem.removeprefix(f"{first.stem}.") if path != first else "as asked for"


def _draco() -> str:
    """Return Draco's decoder as one script: its WebAssembly, which is a file of its own elsewhere, comes with it."""
    script = (VENDOR / "draco_wasm_wrapper.js").read_text()
    binary = base64.b64encode((VENDOR / "draco_decoder.wasm").read_bytes()).decode()
    return f"""{script}
{{
  const make = DracoDecoderModule, wasmBinary = Uint8Array.from(atob("{binary}"), (each) => each.charCodeAt(0));
  DracoDecoderModule = (config) => make(Object.assign(config, {{ wasmBinary }}));
}}"""


def _worst_first(panel: ViewPanel) -> tuple[bool, float, str]:
    return not panel.note, 1.0 if panel.agreement is None else panel.agreement, panel.id


def _data_url(data: bytes, kind: str) -> Any:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
