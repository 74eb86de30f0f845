"""Every problem of a capture folder is named at once."""

from pathlib import Path

import numpy as np

from cleanplate.capture import validate_capture
from cleanplate.image import write_image, write_mask


def test_every_bad_file_of_a_capture_is_named_at_once(folder: Path) -> None:
    (folder / "images/v0.jpg").write_bytes(b"")
    (folder / "plates/cam0.jpg").unlink()
    write_image(folder / "images/v1.jpg", np.zeros((20, 30, 3), np.uint8))
    write_mask(folder / "masks/v2.png", np.zeros((5, 5), bool))
    problems = validate_capture(folder)
    assert len(problems) == 4
    for name, problem in zip(["v0.jpg", "cam0.jpg", "v1.jpg", "v2.png"], problems, strict=True):
        assert name in problem
