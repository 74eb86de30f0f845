"""The page that walks through the code names functions that are there, each once."""

import importlib
import re
from collections import Counter
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/explanation/life-of-a-capture.md"
ROOMS = "asset|capture|geometry|hull|image|report|segment|state"


def test_every_function_on_the_way_is_there_and_named_once() -> None:
    named = re.findall(rf"`((?:{ROOMS})\.(?!json`|ply`)[\w.]+)`", PAGE.read_text())
    assert len(named) > 20
    assert not [name for name, count in Counter(named).items() if count > 1]
    for name in named:
        module, _, attribute = f"cleanplate.{name}".rpartition(".")
        try:
            holder = importlib.import_module(module)
        except ModuleNotFoundError:  # a method: module.Class.method
            module, _, owner = module.rpartition(".")
            holder = getattr(importlib.import_module(module), owner)
        assert hasattr(holder, attribute), name
