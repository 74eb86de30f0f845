"""Many products: run them; compare methods on them, measure the yield, each in a module of its own."""

from cleanplate.batch.run import BatchResult, run_batch, run_each

__all__ = ["BatchResult", "run_batch", "run_each"]
