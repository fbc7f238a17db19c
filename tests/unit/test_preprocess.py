"""From the bytes of a file to pixels: what real uploads look like, and what hostile ones do."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from loupe_shared.domain import Reason
from loupe_shared.errors import ImageRejected
from loupe_shared.preprocess import Pixels, Preprocessing, decode_into
from loupe_shared.result import ImageProperties
from tests.factories import SAMPLES, encode, photo

RULE = Preprocessing(size=64, crop=0.875, resample="bicubic", oversample=2.0)
FULL = RULE.model_copy(update={"oversample": 0.0})
MAX_PIXELS = 10_000_000


def decode(data: bytes, rule: Preprocessing = FULL, max_pixels: int = MAX_PIXELS) -> tuple[Pixels, ImageProperties]:
    """Decode into a fresh array."""
    pixels = np.empty((rule.size, rule.size, 3), np.uint8)
    return pixels, decode_into(pixels, data, rule, max_pixels)


def difference(one: Pixels, other: Pixels) -> float:
    """Mean absolute difference, in steps of 256."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def reason(data: bytes, max_pixels: int = MAX_PIXELS) -> Reason:
    """Why these bytes are rejected."""
    with pytest.raises(ImageRejected) as caught:
        decode(data, max_pixels=max_pixels)
    assert caught.value.detail
    return caught.value.reason


REFERENCE, _ = decode(encode(photo()))


@pytest.mark.parametrize(
    ("format_", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("GIF", {}, 8),
        ("JPEG", {"quality": 95}, 2),
        ("JPEG", {"quality": 95, "progressive": True}, 2),
    ],
)
def test_formats_agree(format_: str, options: dict[str, object], tolerance: float) -> None:
    pixels, properties = decode(encode(photo(), format_, **options))
    assert difference(pixels, REFERENCE) <= tolerance
    assert (properties.format, properties.width, properties.height) == (format_, 640, 427)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_jpeg_decoded_at_reduced_scale_is_close(options: dict[str, object]) -> None:
    data = encode(photo().resize((1280, 854)), "JPEG", quality=95, **options)
    assert difference(decode(data, RULE)[0], decode(data, FULL)[0]) < 1.5


def test_the_central_square_is_kept() -> None:
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (100, 0, 300, 200))
    pixels, _ = decode(encode(image))
    assert (pixels == (0, 0, 255)).all()


def test_cmyk() -> None:
    pixels, _ = decode(encode(photo().convert("CMYK"), "JPEG", quality=95))
    assert difference(pixels, REFERENCE) < 3


def test_grayscale_fills_three_channels() -> None:
    pixels, _ = decode(encode(photo().convert("L")))
    assert (pixels[..., 0] == pixels[..., 1]).all()
    assert (pixels[..., 0] == pixels[..., 2]).all()


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_16_bit_becomes_8_bit(format_: str) -> None:
    gray = photo().convert("L")
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    assert difference(decode(encode(deep, format_))[0], decode(encode(gray))[0]) == 0


def test_palette_with_transparency_is_laid_on_white() -> None:
    image = Image.new("P", (100, 100), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (0, 0, 100, 50))
    pixels, _ = decode(encode(image, transparency=0))
    assert (pixels[10] == (0, 0, 255)).all()
    assert (pixels[-10] == (255, 255, 255)).all()


def test_alpha_is_laid_on_white() -> None:
    pixels, _ = decode(encode(Image.new("RGBA", (50, 50), (0, 0, 0, 128))))
    assert difference(pixels, np.full_like(pixels, 127)) <= 1


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame(format_: str) -> None:
    frames = [Image.new("RGB", (80, 80), color) for color in ("lime", "red", "blue")]
    pixels, _ = decode(encode(frames[0], format_, save_all=True, append_images=frames[1:]))
    assert difference(pixels, np.broadcast_to(np.array([0, 255, 0], np.uint8), pixels.shape)) < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int) -> None:
    image = photo()
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(image, "JPEG", quality=95, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    pixels, properties = decode(data)
    assert difference(pixels, decode(encode(upright))[0]) < 0.5
    assert (properties.width, properties.height) == upright.size


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow's own word on it
def test_broken_exif_does_not_cost_the_picture() -> None:
    data = encode(photo(), "JPEG", quality=95, exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff")
    assert difference(decode(data)[0], REFERENCE) < 2


def test_tiny_and_narrow_pictures() -> None:
    for size in ((1, 1), (1, 500), (500, 1), (3, 2)):
        pixels, properties = decode(encode(Image.new("RGB", size, "green")))
        assert (properties.width, properties.height) == size
        assert (pixels == (0, 128, 0)).all()


def test_empty() -> None:
    assert reason(b"") is Reason.EMPTY


@pytest.mark.parametrize(
    "data", [b"Dear reader,\n" * 100, b"\x00" * 1000, b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_not_an_image(data: bytes) -> None:
    assert reason(data) is Reason.NOT_AN_IMAGE


def test_formats_that_start_programs_or_are_unknown_stay_closed() -> None:
    assert reason(encode(photo(), "EPS")) is Reason.NOT_AN_IMAGE
    assert reason(encode(photo(), "PDF")) is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_truncated(format_: str) -> None:
    data = encode(photo(), format_)
    assert reason(data[: len(data) // 2]) in (Reason.TRUNCATED, Reason.CORRUPT)


def test_a_truncated_jpeg_is_called_so() -> None:
    data = (SAMPLES / "rocket.jpg").read_bytes()
    assert reason(data[: len(data) // 2]) is Reason.TRUNCATED


def test_damaged_inside() -> None:
    data = bytearray(encode(photo()))
    data[len(data) // 2] ^= 0xFF
    assert reason(bytes(data)) is Reason.CORRUPT


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_a_decompression_bomb_is_not_decoded() -> None:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
    assert reason(bomb + png_chunk(b"IEND", b"")) is Reason.TOO_MANY_PIXELS


def test_a_jpeg_of_a_thousand_scans_is_not_decoded() -> None:
    data = encode(photo(), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    assert reason(data[:scan] + data[scan:-2] * 1000 + data[-2:]) is Reason.CORRUPT
    decode(data)


def test_the_limit_on_pixels_is_exact() -> None:
    data = encode(Image.new("RGB", (10, 10)))
    decode(data, max_pixels=100)
    assert reason(data, max_pixels=99) is Reason.TOO_MANY_PIXELS


def test_pixels_without_a_known_range() -> None:
    assert reason(encode(photo().convert("F"), "TIFF")) is Reason.UNSUPPORTED_PIXELS


SEEDS = [encode(photo().resize((64, 48)), format_) for format_ in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow's own words on damaged metadata
@settings(max_examples=300, deadline=None)
@given(
    data=st.sampled_from(SEEDS),
    damage=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8),
    end=st.floats(0, 1),
)
def test_any_damage_gives_pixels_or_a_reason(data: bytes, damage: list[tuple[float, int]], end: float) -> None:
    damaged = bytearray(data)
    for place, value in damage:
        damaged[int(place * len(damaged))] = value
    with suppress(ImageRejected):
        decode(bytes(damaged[: int(end * len(damaged))]), RULE)


def test_the_fingerprint_follows_the_rule() -> None:
    assert RULE.fingerprint() == RULE.model_copy().fingerprint()
    assert RULE.fingerprint() != FULL.fingerprint()


def test_a_line_at_the_edge_of_the_crop() -> None:
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 10, 199), fill="black")  # 12.5 of 200 pixels are cut on each side
    assert (decode(encode(image))[0] == 255).all()
