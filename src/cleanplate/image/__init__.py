"""Pictures and masks: reading and writing, colour, morphology, alignment, comparison."""

from cleanplate.image.decode import Pixels, decode_image, decode_pixels
from cleanplate.image.files import (
    check_size,
    image_size,
    read_header,
    read_image,
    read_mask,
    read_probability,
    read_soft_mask,
    write_image,
    write_mask,
    write_probability,
)
from cleanplate.image.foreground import mask_of
from cleanplate.image.header import PIXEL_LIMIT, Header

__all__ = [
    "PIXEL_LIMIT",
    "Header",
    "Pixels",
    "check_size",
    "decode_image",
    "decode_pixels",
    "image_size",
    "mask_of",
    "read_header",
    "read_image",
    "read_mask",
    "read_probability",
    "read_soft_mask",
    "write_image",
    "write_mask",
    "write_probability",
]
