"""Captures -> a tool's file, a tool's file -> masks of captures, and one tool's file -> another's."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanplate.capture import Capture, View, check_output, read_capture
from cleanplate.errors import ImageError
from cleanplate.exchange.masks.bundle import open_bundle, safe_name
from cleanplate.exchange.masks.formats import detect_format, find_format
from cleanplate.exchange.masks.frames import BACKGROUND, Frame, NamedMasks, Reading, Size, Style, check_size, decoded
from cleanplate.exchange.masks.names import ViewIndex, path_of, stem_of, view_names
from cleanplate.image import image_size, read_mask, write_mask
from cleanplate.state import GIVEN, State, exclusive
from cleanplate.types import Mask


@dataclass(frozen=True)
class Exchange:
    """What came of an exchange.

    Attributes:
        written: how many masks.
        problems: one sentence for each mask that was not.
        notes: what the user should know, such as what a format loses.
    """

    written: int
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"written": self.written, "problems": list(self.problems), "notes": list(self.notes)}


def export_masks(
    captures: Sequence[Path],
    out: Path,
    to: str,
    masks: Path | None = None,
    label: str = "product",
    prefix: str = "",
) -> Exchange:
    """Write the masks of captures for an annotation tool.

    Args:
        captures: capture folders.
        out: the file or, for png and labelme, the folder to write.
        to: a name in FORMATS.
        masks: folder of predicted masks, `<asin>/masks/<view id>.png`; without it the captures' own are written.
        label: the class in the tool.
        prefix: put before every picture's name, such as "/data/local-files/?d=captures/" for Label Studio.

    Raises:
        CaptureError: a capture that cannot be read.
        ImageError: an unknown format or a label that it cannot hold; masks that fail are among the problems.
    """
    problems: list[str] = []
    frames = _capture_frames([read_capture(folder) for folder in captures], masks, prefix, problems)
    drawn = decoded(frames, problems, lambda frame: frame.decode(None, None))
    return _write(drawn, out, to, Style(label, masks is not None), problems, [*captures, *([masks] if masks else [])])


def import_masks(
    source: Path,
    captures: Sequence[Path],
    out: Path,
    source_format: str | None = None,
    label: str | None = None,
    empty: bool = False,
) -> Exchange:
    """Write a tool's masks as `<out>/<asin>/masks/<view id>.png`.

    Args:
        source: the tool's file, a zip of it, or a folder.
        captures: the capture folders whose pictures were annotated.
        out: the folder to write to, as `cleanplate segment` does.
        source_format: a name in FORMATS; by default the file tells.
        label: the class to take; needed where there are several beside "background".
        empty: take pictures that nobody annotated as empty masks; by default they are problems.

    Raises:
        CaptureError: a capture that cannot be read.
        ImageError: a file that cannot be read at all; masks that fail are among the problems.
    """
    frames, problems = _read(source, source_format, label)
    described = [read_capture(folder) for folder in captures]
    for capture in described:
        check_output(out / capture.asin, capture.folder, source)
    index = ViewIndex(described)
    done: dict[tuple[str, str], str] = {}
    for frame in frames:
        try:
            capture, view = index.find(frame.name)
            if other := done.get((capture.asin, view.id)):
                raise ImageError(f"{other} was already imported as view {view.id!r} of {capture.asin}")
            _check_annotated(frame, empty)
            mask = _decoded(frame, label, _size(capture, view), empty)
            _give(out / capture.asin, view, mask)
            done[capture.asin, view.id] = frame.name
        except ImageError as error:
            problems.append(f"{source}: {frame.name}: {error}")
    return Exchange(len(done), tuple(problems))


def _give(folder: Path, view: View, mask: Mask) -> None:
    """Put a person's mask into a result; a file that is neither a run's nor given before stays.

    Raises:
        ImageError: there is such a file.
    """
    path = folder / "masks" / f"{view.id}.png"
    with exclusive(folder):
        state = State(folder)
        with state.making(GIVEN, path) as room:
            if path.exists() and not state.is_own(path):
                raise ImageError(f"{path} was made by hand; move it away to take this mask in its place")
            write_mask(room / "masks" / path.name, mask)


def convert_masks(
    source: Path,
    out: Path,
    to: str,
    source_format: str | None = None,
    label: str | None = None,
    prefix: str = "",
    empty: bool = False,
) -> Exchange:
    """Turn one tool's masks into another's; names stay, URLs become paths, `prefix` comes first.

    Args and errors are those of `import_masks` and `export_masks`.
    """
    frames, problems = _read(source, source_format, label)
    kept = []
    for frame in frames:
        try:
            name = safe_name(path_of(frame.name))
            _check_annotated(frame, empty)
            kept.append(Frame(prefix + name, frame.labels, frame.decode))
        except ImageError as error:
            problems.append(f"{source}: {frame.name}: {error}")
    masks = decoded(kept, problems, lambda frame: _decoded(frame, label, None, empty))
    return _write(masks, out, to, Style(label or "product"), problems, [source])


def _write(masks: NamedMasks, out: Path, to: str, style: Style, problems: list[str], given: Sequence[Path]) -> Exchange:
    target = find_format(to)
    check_output(out, *given)
    if target.suffix and out.suffix.lower() != target.suffix:
        raise ImageError(f"{out}: {to} is written as a {target.suffix} file; name it so")
    if not target.suffix and out.is_file():
        raise ImageError(f"{out}: is a file, {to} is written as a folder; name another")
    written = 0

    def counted() -> Iterator[tuple[str, Mask]]:
        nonlocal written
        taken: dict[str, str] = {}
        for name, mask in masks:
            key = name if target.keeps_suffix else stem_of(name)
            if key in taken:
                problems.append(f"{name}: {taken[key]} has the same name in {to}; rename one of the two pictures")
                continue
            taken[key] = name
            yield name, mask
            written += 1

    notes = target.write(counted(), out, style)
    return Exchange(written, tuple(problems), tuple(notes))


def _read(source: Path, source_format: str | None, label: str | None) -> Reading:
    bundle = open_bundle(source)
    reading = find_format(source_format or detect_format(bundle)).read(bundle)
    labels = frozenset[str]().union(*(frame.labels for frame in reading.frames)) - {BACKGROUND}
    if label is None and len(labels) > 1:
        raise ImageError(f"{source}: holds the labels {', '.join(sorted(labels))}; say which one with --label")
    if label is not None and labels and label not in labels:
        raise ImageError(f"{source}: has no label {label!r}, only {', '.join(sorted(labels))}; correct --label")
    return reading


def _check_annotated(frame: Frame, empty: bool) -> None:
    if not frame.annotated and not empty:
        raise ImageError("nobody has annotated this picture; do so, or say --empty if there is nothing in it")


def _decoded(frame: Frame, label: str | None, size: Size | None, empty: bool) -> Mask:
    """Return a frame's mask.

    Raises:
        ImageError: damaged, or only areas of other labels are drawn and nobody said that such a picture is empty.
    """
    mask = frame.decode(label, size)
    if label is not None and not empty and not mask.any() and frame.decode(None, size).any():
        raise ImageError(f"only other labels than {label!r} are drawn here; draw it, or say --empty if it is not there")
    return mask


def _capture_frames(
    captures: Iterable[Capture], masks: Path | None, prefix: str, problems: list[str]
) -> Iterator[Frame]:
    for name, capture, view in view_names(list(captures)):
        path = capture.mask_path(view) if masks is None else masks / capture.asin / "masks" / f"{view.id}.png"
        if path is None or not path.is_file():
            problems.append(
                f"{capture.folder}: view {view.id!r} has no mask{f' at {path}' if path else ''}; "
                f"{'give a folder of masks with --masks' if masks is None else 'segment it first'}"
            )
            continue
        yield _file_frame(prefix + name, path, _size(capture, view))


def _file_frame(name: str, path: Path, size: Size) -> Frame:
    def decode(_: str | None, __: Size | None) -> Mask:
        check_size(Size(*image_size(path)), size)
        return read_mask(path)

    return Frame(name, frozenset(), decode)


def _size(capture: Capture, view: View) -> Size:
    camera = capture.camera_of(view)
    return Size(camera.width, camera.height)
