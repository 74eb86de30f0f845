"""Length units."""

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}


def to_metres(unit: str) -> float:
    """Return how many metres one `unit` is.

    Raises:
        ValueError: the unit is not one of m, cm, mm, in.
    """
    if unit not in METRES_PER_UNIT:
        raise ValueError(f"unknown length unit {unit!r}; use one of {', '.join(METRES_PER_UNIT)}")
    return METRES_PER_UNIT[unit]
