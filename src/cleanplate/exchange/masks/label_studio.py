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
from cleanplate.exchange.masks.frames import Frame, NamedMasks, Reading, Shape, Size, Style, number, painted, whole
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
        for place, (name, mask) in enumerate(masks):
            stream.write("[\n" if place == 0 else ",\n")
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
        tasks = bundle.json(name)
        if not isinstance(tasks, list):
            raise ImageError(f"{bundle.where(name)}: not a list of tasks; export as JSON from Label Studio")
        if any(isinstance(task, dict) and "data" not in task and "annotator" in task for task in tasks):
            raise ImageError(f"{bundle.where(name)}: this is JSON-MIN, which lacks what masks need; export as JSON")
        for place, task in enumerate(tasks):
            try:
                reading.frames.append(_frame(task))
            except (KeyError, TypeError, AttributeError) as error:
                reading.problems.append(f"{bundle.where(name)}: task {place} is damaged ({error!r}); export it again")
            except ImageError as error:
                reading.problems.append(f"{bundle.where(name)}: task {place}: {error}")
    return reading


def _frame(task: dict[str, Any]) -> Frame:
    data = task["data"]
    given = task.get("annotations") or []
    answers = [answer for answer in given if not answer.get("was_cancelled")]
    if given and not answers:
        raise ImageError(f"{_picture(data)} was skipped by its annotator; annotate it, or leave it out of the export")
    answers = answers or task.get("predictions") or []
    results = max(answers, key=lambda answer: answer.get("updated_at") or "")["result"] if answers else []
    sizes = {
        Size(whole(r["original_width"], "a width"), whole(r["original_height"], "a height")) for r in _sized(results)
    }
    if "width" in data and "height" in data:
        sizes.add(Size(whole(data["width"], "a width"), whole(data["height"], "a height")))
    if len(sizes) > 1:
        raise ImageError(f"several sizes for one picture: {', '.join(map(str, sizes))}")
    shapes = [Shape(label, _painter(area)) for label, area in _areas(results)]
    return painted(_picture(data), sizes.pop() if sizes else None, shapes, annotated=bool(answers))


def _sized(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in results if "original_width" in each and "original_height" in each]


def _areas(results: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the regions with pixels and their labels, each region once.

    Prompts (key points, boxes) that stand beside a brush or polygon led to it; without one they are what was drawn,
    and say when painted that they have no pixels. Numbers, choices and texts of a region are no areas. A brush and the
    labels given to it may be two results with one id.
    """
    drawn = [each for each in results if "rle" in each["value"] or "points" in each["value"]]
    labels: dict[str, str] = {}
    for each in results:
        if label := _label(each):
            labels.setdefault(str(each.get("id", id(each))), label)
    regions = {(str(each.get("id", id(each))), "rle" in each["value"]): each for each in drawn}
    if not regions:
        regions = {(str(each.get("id", id(each))), False): each for each in results if _is_prompt(each)}
    return [(labels.get(key, ""), each) for (key, _), each in regions.items()]


def _is_prompt(result: dict[str, Any]) -> bool:
    return "x" in result["value"] and "y" in result["value"]


def _picture(data: dict[str, Any]) -> str:
    if isinstance(data.get("image"), str):
        return str(data["image"])
    texts = [value for value in data.values() if isinstance(value, str)]
    if len(texts) != 1:
        raise ImageError(f"its data ({', '.join(data)}) does not say which field is the picture; name it 'image'")
    return texts[0]


def _label(result: dict[str, Any]) -> str:
    value = result["value"]
    found = value.get("labels") or (value.get(result["type"]) if str(result["type"]).endswith("labels") else None)
    return str(found[0]) if isinstance(found, list) and found else ""


def _painter(area: dict[str, Any]) -> Callable[[Mask], None]:
    def paint(canvas: Mask) -> None:
        if area.get("image_rotation"):
            raise ImageError("the picture was turned in Label Studio; turn it back and save again")
        value, (height, width) = area["value"], canvas.shape
        try:
            if "rle" in value:
                canvas |= brush_mask(bytes(list(value["rle"])), width, height)
            elif "points" in value:
                percent = [(number(x, "a corner"), number(y, "a corner")) for x, y in value["points"]]
                fill_polygon(canvas, [(x * width / 100, y * height / 100) for x, y in percent])
            else:
                raise ImageError(f"it holds a {area['type']}, which has no pixels; use brush or polygon labels")
        except (ValueError, TypeError, OverflowError) as error:
            raise ImageError(f"a {area['type']} is damaged ({error}); export it again") from error

    return paint
