"""Collections of captures: manifest with splits by product and checksums, checks, statistics, card."""

from cleanplate.dataset.card import write_card
from cleanplate.dataset.manifest import Entry, has_manifest, read_manifest, split_of, write_manifest
from cleanplate.dataset.sheet import contact_sheet
from cleanplate.dataset.stats import DatasetStats, dataset_stats
from cleanplate.dataset.validate import validate_dataset

__all__ = [
    "DatasetStats",
    "Entry",
    "contact_sheet",
    "dataset_stats",
    "has_manifest",
    "read_manifest",
    "split_of",
    "validate_dataset",
    "write_card",
    "write_manifest",
]
