"""Label Studio tasks (JSON) with brush masks: as predictions to correct, or as annotations.

https://labelstud.io/guide/task_format and https://labelstud.io/tags/brushlabels. Read are brushes and polygons of
each task's last annotation that was not cancelled, or of its last prediction where nobody has annotated.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cleanplate.errors import ImageError
from cleanplate.exchange.masks.bundle import Bundle
from cleanplate.exchange.masks.frames import Frame, NamedMasks, Reading, Shape, Size, Style, painted
from cleanplate.exchange.masks.polygon import fill_polygon
from cleanplate.exchange.masks.rle import brush_bytes, brush_mask
from cleanplate.files import atomic_path
from cleanplate.types import Mask

CONFIG = """<View>
  <Image name="image" value="$image"/>
  <BrushLabels name="tag" toName="image"><Label value="{label}"/></BrushLabels>
</View>
"""


def write_label_studio(masks: NamedMasks, out: Path, style: Style) -> list[str]:
    """Write one task per picture, for a project with the labelling interface that the returned note shows.

    Args:
        masks: names (what Label Studio shall load, hence often with a prefix) and masks.
        out: the .json.
        style: the label, and whether the masks are predictions.
    """
    kind = "predictions" if style.predicted else "annotations"
    with atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for number, (name, mask) in enumerate(masks):
            stream.write("[\n" if number == 0 else ",\n")
            stream.write(json.dumps(_task(name, mask, kind, style.label)))
        stream.write("[]\n" if stream.tell() == 0 else "\n]\n")
    return [f"labelling interface for Label Studio:\n{CONFIG.format(label=style.label)}"]


def _task(name: str, mask: Mask, kind: str, label: str) -> dict[str, Any]:
    height, width = mask.shape
    brush = {
        "id": "mask",
        "type": "brushlabels",
        "from_name": "tag",
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {"format": "rle", "rle": list(brush_bytes(mask)), "brushlabels": [label]},
    }
    answer: dict[str, Any] = {"result": [brush] if mask.any() else []}
    if kind == "predictions":
        answer["model_version"] = "cleanplate"
    # The size stands in the data, since an empty answer has no other place for it.
    return {"data": {"image": name, "width": width, "height": height}, kind: [answer]}


def read_label_studio(bundle: Bundle) -> Reading:
    """Read every task list of a bundle."""
    reading = Reading([], [])
    for name in bundle.with_suffix(".json"):
        for number, task in enumerate(bundle.json(name)):
            try:
                reading.frames.append(_frame(task))
            except (KeyError, TypeError, ValueError, AttributeError, ImageError) as error:
                reading.problems.append(f"{bundle.where(name)}: task {number} is damaged ({error!r}); export it again")
    return reading


def _frame(task: dict[str, Any]) -> Frame:
    data = task["data"]
    answers = [answer for answer in task.get("annotations") or [] if not answer.get("was_cancelled")]
    answers = answers or task.get("predictions") or []
    results = max(answers, key=lambda answer: answer.get("updated_at") or "")["result"] if answers else []
    sizes = {Size(int(r["original_width"]), int(r["original_height"])) for r in results if "original_width" in r}
    if "width" in data and "height" in data:
        sizes.add(Size(int(data["width"]), int(data["height"])))
    if len(sizes) > 1:
        raise ImageError(f"several sizes for one picture: {', '.join(map(str, sizes))}")
    areas = [result for result in results if result.get("type") not in ("choices", "textarea", "rating", "relation")]
    shapes = [Shape(_label(area), _painter(area)) for area in areas]
    return painted(_picture(data), sizes.pop() if sizes else None, shapes, annotated=bool(answers))


def _picture(data: dict[str, Any]) -> str:
    if isinstance(data.get("image"), str):
        return str(data["image"])
    texts = [value for value in data.values() if isinstance(value, str)]
    if len(texts) != 1:
        raise ImageError(f"its data ({', '.join(data)}) does not say which field is the picture; name it 'image'")
    return texts[0]


def _label(area: dict[str, Any]) -> str:
    value = area["value"]
    labels = value.get(area["type"]) or value.get("labels") or [""]
    return str(labels[0])


def _painter(area: dict[str, Any]) -> Callable[[Mask], None]:
    def paint(canvas: Mask) -> None:
        if area.get("image_rotation"):
            raise ImageError("the picture was turned in Label Studio; turn it back and save again")
        value, (height, width) = area["value"], canvas.shape
        try:
            if "rle" in value:
                canvas |= brush_mask(bytes(value["rle"]), width, height)
            elif "points" in value:
                fill_polygon(canvas, [(x * width / 100, y * height / 100) for x, y in value["points"]])
            else:
                raise ImageError(f"it holds a {area['type']}, which has no pixels; use brush or polygon labels")
        except (ValueError, TypeError) as error:
            raise ImageError(f"a {area['type']} is damaged ({error}); export it again") from error

    return paint
