"""What a run cannot be asked for."""

import pytest

from cleanplate.errors import SettingsError
from cleanplate.settings import Settings


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"also": ("tiktok",)}, "unknown profile 'tiktok'"),
        ({"also": ("quick-look",)}, "called 'quicklook' now"),
        ({"profile": "web", "also": ("amazon", "web")}, "name each once"),
        ({"also": ("web", "web")}, "name each once"),
        ({"vessel": 0.0}, "walls of 0 mm"),
        ({"vessel": -0.002}, "walls of -2 mm"),
        ({"vessel": float("nan")}, "walls of nan mm"),
        ({"vessel": 3.0}, "walls of 3000 mm"),
    ],
)
def test_what_cannot_be_made_is_refused(asked: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings(**asked)


def test_further_profiles_and_walls_are_taken() -> None:
    assert Settings(also=("web", "amazon"), vessel=0.003).profile == "default"
