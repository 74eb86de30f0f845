"""Does each view's plate belong to it, and is it empty? Found beside the masks, told with the result."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.capture import Capture, read_view_mask
from cleanplate.image import read_image
from cleanplate.image.plate_check import LEAST_AGREEMENT, MOST_EXCESS, plate_agreement, plate_excess


def plate_facts(capture: Capture, masks: Path) -> dict[str, dict[str, float]]:
    """Return what the pictures tell of the plates; where they cannot tell, a view or plate is left out.

    Args:
        masks: folder of masks, see `read_view_mask`; what the product covers is left out.

    Returns:
        `agreement`: for each view the share of its plate's edges that its image shows, 0..1. `excess`: for each plate,
        by its path in the capture, the share of its views' outlines that only the plate shows, 0..1.

    Raises:
        ImageError: a picture cannot be read, or image, plate and mask differ in size.
    """
    agreement: dict[str, float] = {}
    excess: dict[str, list[float]] = defaultdict(list)
    for view in capture.views:
        path = capture.plate_path(view)
        if path is None:
            continue
        image, plate = read_image(capture.image_path(view)), read_image(path)
        mask = read_view_mask(capture, view, masks)
        if (agrees := plate_agreement(image, plate, mask)) is not None:
            agreement[view.id] = round(agrees, 4)
        if (more := plate_excess(image, plate, mask)) is not None:
            excess[str(view.plate)].append(more)
    return {"agreement": agreement, "excess": {path: round(float(np.mean(each)), 4) for path, each in excess.items()}}


def plate_problems(facts: dict[str, Any]) -> list[str]:
    """Name the views whose plates are other pictures', or else the plates that are not empty.

    Args:
        facts: see `plate_facts`.
    """
    agreement = facts.get("agreement", {})
    wrong = [view for view, agrees in agreement.items() if agrees < LEAST_AGREEMENT]
    if wrong:
        which, whose = ("view", "its plate") if len(wrong) == 1 else ("views", "their plates")
        seen = max(agreement[view] for view in wrong)
        return [  # another camera's plate shows more than the picture as well
            f"{which} {', '.join(wrong)}: {whose} seem to belong to another camera or position, or not to be empty: at "
            f"most {seen:.0%} of the plate's edges are seen in the image; name the plate of the same camera and "
            f"setting in capture.json, or take it anew"
        ]
    return [
        f"{path}: shows something where the product stands that its pictures do not show ({share:.0%} of their masks' "
        f"outlines); was the product in the plate? Take it anew, of the empty set"
        for path, share in facts.get("excess", {}).items()
        if share > MOST_EXCESS
    ]
