"""Array types that every room shares."""

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

Image = UInt8[np.ndarray, "h w 3"]
"""RGB, row 0 at the top."""

Mask = Bool[np.ndarray, "h w"]
"""True is foreground."""

Probability = Float[np.ndarray, "h w"]
"""Of foreground, 0 to 1; from 0.5 on a pixel is foreground."""

ViewProbability = Float[np.ndarray, "_ _"]
"""The probabilities of a view among those of others, which may differ in size."""

ViewMask = Bool[np.ndarray, "_ _"]
"""A mask among those of other views, which may differ in size."""

Points = Float[np.ndarray, "n 3"]
"""Points or directions in 3D."""

Pixels = Float[np.ndarray, "n 2"]
"""(x, y) in pixels; the centre of pixel (0, 0) is (0.5, 0.5)."""

Faces = Int[np.ndarray, "f 3"]
"""Corner indices of triangles, counter-clockwise seen from outside."""
