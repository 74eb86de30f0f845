"""Pictures and masks: reading and writing, colour, morphology, alignment, comparison."""

from cleanplate.image.files import check_size, image_size, read_image, read_mask, write_image, write_mask

__all__ = ["check_size", "image_size", "read_image", "read_mask", "write_image", "write_mask"]
