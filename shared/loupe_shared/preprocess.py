"""From the bytes of an image file to the pixels that a model sees.

Training and serving use this one module, so that a model meets in production what it was trained on. The
numbers live in the model's manifest; ``fingerprint`` of the rule, which covers this code's revision too, is in
every result.

    bytes ─► header: format, pixels ─► decode (JPEG at reduced scale) ─► 8-bit RGB ─► crop + resize ─► upright
"""

import hashlib
import io
import struct
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError
from pydantic import Field

from loupe_shared.domain import ImageProperties, Model, Reason
from loupe_shared.errors import ImageRejected

# Raise this when a change below changes pixels: bundles made for another revision then refuse to start.
REVISION = 1

# Decoders for what cameras and people produce. Others stay closed: some of them start programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")

BACKGROUND = (255, 255, 255)

# JPEG's marker of its start, and of each scan; neither occurs inside coded data. Encoders make up to ten scans.
JPEG = b"\xff\xd8"
START_OF_SCAN = b"\xff\xda"
MAX_SCANS = 100

# The limit on pixels is ours (``max_pixels``): Pillow's own is global and only warns.
Image.MAX_IMAGE_PIXELS = None

Pixels = npt.NDArray[np.uint8]

# How to turn a picture upright, by EXIF orientation (Exif 2.32, tag 0x0112).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Preprocessing(Model):
    """The rule by which a picture becomes a square of pixels.

    Attributes:
        size: edge of the square that the model takes, in pixels.
        crop: edge of the central square that is kept, as a part of the picture's shorter edge.
        resample: filter for the resize to ``size``.
        oversample: a JPEG may be decoded at a reduced scale that still has this many times the pixels per edge
            that the resize needs. More is closer to a full decode; 0 decodes in full.
    """

    size: int = Field(ge=1)
    crop: float = Field(gt=0.0, le=1.0)
    resample: Literal["bilinear", "bicubic"]
    oversample: float = Field(ge=0.0)

    def fingerprint(self) -> str:
        """SHA-256 over the rule and this code's revision."""
        return hashlib.sha256(f"{REVISION}:{self.model_dump_json()}".encode()).hexdigest()


def decode_into(pixels: Pixels, data: bytes, rule: Preprocessing, max_pixels: int) -> ImageProperties:
    """Decode an image file into ``pixels``, ``uint8[size, size, 3]`` in RGB order.

    Transparent pictures are laid on white, 16-bit ones scaled to 8, the first frame of an animation is taken,
    EXIF orientation is applied.

    Raises:
        ImageRejected: with the reason. ``pixels`` is then unspecified.
    """
    if not data:
        raise ImageRejected(Reason.EMPTY, "the blob has no bytes")
    if data.startswith(JPEG):
        _refuse_many_scans(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return _decode_opened(pixels, image, len(data), rule, max_pixels)
    except ImageRejected:
        raise
    except MemoryError as error:
        raise ImageRejected(Reason.TOO_MANY_PIXELS, "there is not enough memory to decode it") from error
    except UnidentifiedImageError as error:
        raise ImageRejected(Reason.NOT_AN_IMAGE, f"not one of {', '.join(FORMATS)}") from error
    except Exception as error:  # whatever hostile bytes provoke in a decoder is about these bytes only
        truncated = "truncated" in str(error).lower()
        raise ImageRejected(Reason.TRUNCATED if truncated else Reason.CORRUPT, f"cannot be decoded: {error}") from error


def _decode_opened(
    pixels: Pixels, image: Image.Image, size_bytes: int, rule: Preprocessing, max_pixels: int
) -> ImageProperties:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageRejected(Reason.TOO_MANY_PIXELS, f"{width}×{height} pixels exceed the limit of {max_pixels}")
    orientation = _orientation(image)
    if rule.oversample:
        resized_edge = rule.size / rule.crop
        scale = rule.oversample * resized_edge / min(width, height)
        image.draft(None, (round(width * scale), round(height * scale)))
    square = _on_background(_resize(_to_8_bit(image), rule))
    if orientation in _UPRIGHT:  # cropping and resizing a centred square commute with turning it
        square = square.transpose(_UPRIGHT[orientation])
    pixels[...] = np.asarray(square)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    return ImageProperties(format=image.format or "", width=width, height=height, size_bytes=size_bytes)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, TypeError, ValueError, struct.error):  # unreadable EXIF says nothing about the pixels
        return 1


def _refuse_many_scans(data: bytes) -> None:
    """Each scan of a progressive JPEG is a pass over the whole picture, and a hundred bytes can ask for one."""
    scans = data.count(START_OF_SCAN)
    if scans > MAX_SCANS:
        raise ImageRejected(Reason.CORRUPT, f"a JPEG in {scans} scans: more than {MAX_SCANS} are not decoded")


def _to_8_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ImageRejected(
            Reason.UNSUPPORTED_PIXELS, f"pixels of type {image.mode} have no known range: use 8 or 16 bit"
        )
    # What is transparent is laid on the background after the resize, when it is small.
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _on_background(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, (*BACKGROUND, 255)), image).convert("RGB")


def _resize(image: Image.Image, rule: Preprocessing) -> Image.Image:
    edge = min(image.size) * rule.crop
    left, top = (image.width - edge) / 2, (image.height - edge) / 2
    resample = Image.Resampling[rule.resample.upper()]
    return image.resize((rule.size, rule.size), resample, box=(left, top, left + edge, top + edge))
