"""What KTX2 textures would take, and how true they are, against the JPEGs that models have.

    python benchmarks/ktx2.py CAPTURE RESULTS [--profile web]

RESULTS is what `cleanplate run` made of the capture. Its hull is textured again, for the texture as it is before any
codec; PSNR is against that. KTX2 holds its mip levels, since compressed texels cannot be averaged on the way in; the
viewer makes a JPEG's. Needs alktx2 (pip install alktx2), which brings Basis Universal's encoder; it names no licence,
and is used here alone.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import alktx2
import cv2
import numpy as np

from cleanplate.asset import CapturePhotos, find_profile, simplify, texture_mesh
from cleanplate.asset.pictures import encode_jpeg, safe_colours
from cleanplate.asset.stage import texture_side
from cleanplate.capture import read_capture
from cleanplate.geometry import read_mesh
from cleanplate.types import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--profile", default="web")
    asked = parser.parse_args()
    limits = find_profile(asked.profile)
    photos = CapturePhotos(read_capture(asked.capture), asked.results / "masks")
    mesh = simplify(read_mesh(asked.results / "hull.ply"), limits.made_triangles)
    texture = texture_mesh(mesh, photos, texture_side(photos, limits))[0].texture
    assert texture is not None, "texture_mesh makes one"
    texture = safe_colours(texture)
    print(f"base colour of {len(texture)} x {len(texture)} texels")
    for quality in (90, 60, 40, 30):
        tell(f"JPEG {quality}", texture, partial(encode_jpeg, texture, quality), bytes)
    options = {"mime": "image/png", "effort": 1, "mipmaps": True, "threads": 1}
    png = cv2.imencode(".png", cv2.cvtColor(texture, cv2.COLOR_RGB2BGR))[1].tobytes()
    for codec, quality in (("etc1s", 50), ("etc1s", 100), ("uastc", 50)):
        encode = partial(alktx2.encode_bytes_to_ktx2, png, codec=codec, quality=quality, **options)
        tell(f"KTX2 {codec} {quality}", texture, encode, to_png)


def to_png(ktx2: bytes) -> bytes:
    return alktx2.decode_ktx2_to_bytes(ktx2, format="png")[0]


def tell(name: str, texture: Image, encode: Callable[[], bytes], to_picture: Callable[[bytes], bytes]) -> None:
    """Print a codec's bytes, PSNR and CPU seconds."""
    start = time.process_time()
    data = encode()
    seconds = time.process_time() - start
    decoded = cv2.imdecode(np.frombuffer(to_picture(data), np.uint8), cv2.IMREAD_COLOR)
    ratio = cv2.PSNR(cv2.cvtColor(texture, cv2.COLOR_RGB2BGR), decoded)
    print(f"{name:14s} {len(data):9,d} bytes {ratio:5.1f} dB {seconds:5.1f} s", flush=True)


if __name__ == "__main__":
    main()
