"""How long something takes, in words."""


def duration(seconds: float) -> str:
    """Return a time to two digits or so, for people: "40 s", "12 min", "1.5 h", "3.2 days"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
