"""Data set -> checkpoint."""

from cleanplate.train.recipes import RECIPES, Recipe, recipe

__all__ = ["RECIPES", "Recipe", "recipe"]
