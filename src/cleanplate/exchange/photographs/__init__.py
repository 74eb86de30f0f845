"""Folders of photographs into captures: which picture is whose, where its plate is, and what was not understood."""

from cleanplate.exchange.photographs.angles import by_order, by_pattern, by_table
from cleanplate.exchange.photographs.plan import Plan, Shot, product_id
from cleanplate.exchange.photographs.plates import pair_plates, split_plates
from cleanplate.exchange.photographs.take import plan_named, plan_posed, turned_clockwise
from cleanplate.exchange.photographs.views_plate import with_plates_from_views
from cleanplate.exchange.photographs.write import write_plan

__all__ = [
    "Plan",
    "Shot",
    "by_order",
    "by_pattern",
    "by_table",
    "pair_plates",
    "plan_named",
    "plan_posed",
    "product_id",
    "split_plates",
    "turned_clockwise",
    "with_plates_from_views",
    "write_plan",
]
