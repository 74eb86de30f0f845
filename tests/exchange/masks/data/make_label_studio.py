"""Write label_studio_brush.json with Label Studio's own encoder; run by the Python that has label-studio-sdk.

python -m venv ls && ls/bin/pip install label-studio-sdk==2.1.2
ls/bin/python tests/exchange/data/make_label_studio.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from label_studio_sdk.converter.brush import decode_rle, encode_rle


def case(mask: np.ndarray, colour: tuple[int, int, int] | None = None) -> dict:
    """Encode one mask as RGBA: the mask in all channels, or a constant colour with the mask as alpha."""
    alpha = mask.astype(np.uint8) * 255
    rgba = np.repeat(alpha[..., None], 4, axis=2)
    if colour:
        rgba[..., :3] = colour
    rle = encode_rle(rgba.ravel())
    assert (decode_rle(rle) == rgba.ravel()).all()
    height, width = mask.shape
    return {"width": width, "height": height, "bits": np.packbits(mask).tolist(), "rle": rle, "same": colour is None}


def main() -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:180, :200]
    radius = np.hypot(rows - 90, columns - 100)
    masks = [np.ones((1, 1), bool), np.zeros((5, 7), bool), np.ones((6, 6), bool), rng.random((12, 9)) < 0.5]
    masks += [(radius < 80) & (radius > 40) | (radius < 10), np.ones((140, 150), bool)]
    cases = [case(mask) for mask in masks] + [case(masks[3], (255, 10, 20)), case(masks[3], (0, 0, 0))]
    document = {"label-studio-sdk": version("label-studio-sdk"), "cases": cases}
    Path(__file__).with_name("label_studio_brush.json").write_text(json.dumps(document) + "\n")


main()
