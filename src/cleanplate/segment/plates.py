"""Does each view's plate belong to it? Found beside the masks, told with the result."""

from pathlib import Path

from cleanplate.capture import Capture
from cleanplate.image import read_image, read_mask
from cleanplate.image.plate_check import LEAST_AGREEMENT, plate_agreement


def plate_agreements(capture: Capture, masks: Path) -> dict[str, float]:
    """Return for each view with a plate the share of the plate's edges that its image shows, 0..1.

    Views whose plate has too few edges to tell are left out.

    Args:
        masks: folder of <view id>.png; what the product covers is left out.

    Raises:
        ImageError: a picture cannot be read, or image, plate and mask differ in size.
    """
    found = {}
    for view in capture.views:
        plate = capture.plate_path(view)
        if plate is None:
            continue
        mask = read_mask(masks / f"{view.id}.png")
        agreement = plate_agreement(read_image(capture.image_path(view)), read_image(plate), mask)
        if agreement is not None:
            found[view.id] = round(agreement, 4)
    return found


def plate_problems(agreements: dict[str, float]) -> list[str]:
    """Return a sentence that names the views whose plates are other pictures', none if all plates belong."""
    wrong = [view for view, agreement in agreements.items() if agreement < LEAST_AGREEMENT]
    if not wrong:
        return []
    which, whose = ("view", "its plate") if len(wrong) == 1 else ("views", "their plates")
    seen = max(agreements[view] for view in wrong)
    return [
        f"{which} {', '.join(wrong)}: {whose} seem to belong to another camera or position: at most {seen:.0%} of the "
        f"plate's edges are seen in the image; name the plate of the same camera and setting in capture.json, or take "
        f"it anew"
    ]
