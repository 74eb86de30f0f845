"""What a shop's page needs besides the model: pictures on white, a spin, and its description for machines."""

from cleanplate.asset.listing.stage import Listing, write_listing

__all__ = ["Listing", "write_listing"]
