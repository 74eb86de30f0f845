"""capture -> probabilities -> masks -> hull -> asset -> report: the only place that composes the stages."""

from cleanplate.pipeline.job import RESULT, ProductResult
from cleanplate.pipeline.run import Progress, asked_for, run_product
from cleanplate.pipeline.stages import STAGES

__all__ = ["RESULT", "STAGES", "ProductResult", "Progress", "asked_for", "run_product"]
