"""cleanplate: from clean-plate captures to AR models."""

__version__ = "0.1.0"
