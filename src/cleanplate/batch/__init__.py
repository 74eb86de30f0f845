"""Many products: run them, compare methods on them, measure the yield."""

from cleanplate.batch.compare import compare, make_masks, turned_over
from cleanplate.batch.given import refine_given
from cleanplate.batch.run import BatchResult, run_batch, run_each
from cleanplate.batch.yields import measure_yield

__all__ = [
    "BatchResult",
    "compare",
    "make_masks",
    "measure_yield",
    "refine_given",
    "run_batch",
    "run_each",
    "turned_over",
]
