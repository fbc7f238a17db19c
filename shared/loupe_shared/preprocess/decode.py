"""Decoding whatever people upload, and turning it upright."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from loupe_shared.domain import Reason
from loupe_shared.errors import ImageRejected
from loupe_shared.preprocess.jpeg import decode_jpeg
from loupe_shared.preprocess.resize import crop_and_resize
from loupe_shared.preprocess.rule import Pixels, Preprocessing
from loupe_shared.result import ImageProperties

# Decoders for what cameras and people produce. Others stay closed: some of them start programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")

BACKGROUND = (255, 255, 255)

# JPEG's marker of its start, and of each scan; neither occurs inside coded data. Encoders make up to ten scans.
JPEG = b"\xff\xd8"
START_OF_SCAN = b"\xff\xda"
MAX_SCANS = 100

# The limit on pixels is ours (``max_pixels``): Pillow's own is global and only warns.
Image.MAX_IMAGE_PIXELS = None

# How to turn a picture upright, by EXIF orientation (Exif 2.32, tag 0x0112).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_into(pixels: Pixels, data: bytes, rule: Preprocessing, max_pixels: int) -> ImageProperties:
    """Decode an image file into ``pixels``, ``uint8[size, size, 3]`` in RGB order.

    Transparent pictures are laid on white, 16-bit ones scaled to 8, the first frame of an animation is taken,
    EXIF orientation is applied.

    Raises:
        ImageRejected: with the reason. ``pixels`` is then unspecified.
    """
    with opened(data, max_pixels) as image:
        width, height = image.size  # before decoding at a reduced scale changes it
        orientation = orientation_of(image)
        square = _square(image, data, rule)
        if orientation in UPRIGHT:  # cropping and resizing a centred square commute with turning it
            square = square.transpose(UPRIGHT[orientation])
        pixels[...] = np.asarray(square)[..., :3]
        if orientation in (5, 6, 7, 8):
            width, height = height, width
        return ImageProperties(
            format=image.format or "",
            width=width,
            height=height,
            size_bytes=len(data),
            seen=rule.seen(width, height),
        )


@contextmanager
def opened(data: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """A picture of which no more than the header is read. Whatever goes wrong with it becomes ``ImageRejected``."""
    if not data:
        raise ImageRejected(Reason.EMPTY, "the blob has no bytes")
    if data.startswith(JPEG):
        _refuse_many_scans(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _refuse_many_pixels(image, max_pixels)
            yield image
    except ImageRejected:
        raise
    except MemoryError as error:
        raise ImageRejected(Reason.TOO_MANY_PIXELS, "there is not enough memory to decode it") from error
    except UnidentifiedImageError as error:
        raise ImageRejected(Reason.NOT_AN_IMAGE, f"not one of {', '.join(FORMATS)}") from error
    except Exception as error:  # whatever hostile bytes provoke in a decoder is about these bytes only
        truncated = "truncated" in str(error).lower()
        raise ImageRejected(Reason.TRUNCATED if truncated else Reason.CORRUPT, f"cannot be decoded: {error}") from error


def _square(image: Image.Image, data: bytes, rule: Preprocessing) -> Image.Image:
    """The part of a picture that the model sees, at its size; opaque, of mode RGB or RGBA."""
    if image.format == "JPEG" and image.mode in ("RGB", "L"):  # not CMYK
        scale = rule.jpeg_scale(*image.size)
        decoded = decode_jpeg(data, *image.size, scale)
        if decoded:
            return crop_and_resize(decoded, rule, opaque=True)
        image.draft(None, (image.width // scale, image.height // scale))
    decoded = to_8_bit(image)
    if decoded.mode == "RGB":
        return crop_and_resize(decoded, rule, opaque=True)
    # When it is laid on its background after the resize, it is small.
    transparent = crop_and_resize(decoded, rule, opaque=False)
    return Image.alpha_composite(Image.new("RGBA", transparent.size, (*BACKGROUND, 255)), transparent)


def orientation_of(image: Image.Image) -> int:
    """A picture's EXIF orientation, for ``UPRIGHT``."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, TypeError, ValueError, struct.error):  # unreadable EXIF says nothing about the pixels
        return 1


def _refuse_many_scans(data: bytes) -> None:
    """Each scan of a progressive JPEG is a pass over the whole picture, and a hundred bytes can ask for one."""
    scans = data.count(START_OF_SCAN)
    if scans > MAX_SCANS:
        raise ImageRejected(Reason.CORRUPT, f"a JPEG in {scans} scans: more than {MAX_SCANS} are not decoded")


def _refuse_many_pixels(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        size = f"{image.width}×{image.height} pixels"
        raise ImageRejected(Reason.TOO_MANY_PIXELS, f"{size} exceed the limit of {max_pixels}")


def to_8_bit(image: Image.Image) -> Image.Image:
    """A picture in mode RGB, or RGBA if it may be transparent."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ImageRejected(
            Reason.UNSUPPORTED_PIXELS, f"pixels of type {image.mode} have no known range: use 8 or 16 bit"
        )
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode == "RGB" else image.convert("RGB")
