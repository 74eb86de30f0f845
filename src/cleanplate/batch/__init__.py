"""Many products, any executor."""

from cleanplate.batch.run import BatchResult, run_batch, run_one

__all__ = ["BatchResult", "run_batch", "run_one"]
