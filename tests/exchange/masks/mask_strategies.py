"""Random masks that hold what breaks encoders: noise, rings with islands, single pixels, empty and full frames."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def masks(draw: st.DrawFn, largest: int = 24) -> np.ndarray:
    """Return a mask of up to `largest` pixels a side."""
    height, width = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    kind = draw(st.sampled_from(["empty", "full", "noise", "rings", "pixel"]))
    if kind in ("empty", "full"):
        return np.full((height, width), kind == "full")
    if kind == "pixel":
        mask = np.zeros((height, width), bool)
        mask[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = True
        return mask
    if kind == "noise":
        seed, density = draw(st.integers(0, 2**32 - 1)), draw(st.floats(0, 1))
        return np.random.default_rng(seed).random((height, width)) < density
    rows, columns = np.mgrid[:height, :width]
    radius = np.hypot(rows - draw(st.integers(0, height)), columns - draw(st.integers(0, width)))
    return radius.astype(int) // draw(st.integers(1, 4)) % 2 == 0
