"""From the bytes of a file to those of a thumbnail."""

import io

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from loupe_query.pictures.shrink import shrink
from loupe_shared.domain import Reason
from loupe_shared.errors import ImageRejected
from tests.factories import encode, photo

MAX_PIXELS = 10_000_000


def thumbnail(data: bytes) -> Image.Image:
    """The thumbnail of a file."""
    with Image.open(io.BytesIO(shrink(data, MAX_PIXELS))) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        image.load()
        return image


def reason(data: bytes, max_pixels: int = MAX_PIXELS) -> Reason:
    """Why there is none."""
    with pytest.raises(ImageRejected) as caught:
        shrink(data, max_pixels)
    assert caught.value.detail
    return caught.value.reason


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference, in steps of 256."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


REFERENCE = photo().resize((256, 171), Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("format_", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("WEBP", {"quality": 95}),
        ("GIF", {}),
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
    ],
)
def test_formats_agree(format_: str, options: dict[str, object]) -> None:
    small = thumbnail(encode(photo(), format_, **options))
    assert small.size == (256, 171)
    assert difference(small, REFERENCE) < 5


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((2560, 1708), (256, 171)),
        ((1000, 4000), (64, 256)),
        ((4000, 100), (256, 6)),
        ((4000, 1), (256, 1)),
        ((256, 256), (256, 256)),
        ((3, 2), (3, 2)),
    ],
)
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_the_longest_edge_is_limited_and_nothing_enlarged(
    size: tuple[int, int], expected: tuple[int, int], format_: str
) -> None:
    assert thumbnail(encode(Image.new("RGB", size, "green"), format_)).size == expected


def test_a_jpeg_decoded_at_reduced_scale_is_close() -> None:
    assert difference(thumbnail(encode(photo().resize((2560, 1708)), "JPEG", quality=95)), REFERENCE) < 5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(photo(), "JPEG", quality=95, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert difference(thumbnail(data), thumbnail(encode(upright))) < 3


def test_metadata_stays_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    small = shrink(encode(photo(), "JPEG", exif=exif, comment=b"taken at home", icc_profile=b"profile" * 9), MAX_PIXELS)
    with Image.open(io.BytesIO(small)) as image:
        assert not image.getexif()
        assert not {"comment", "icc_profile"} & set(image.info)


def test_transparent_pictures_are_laid_on_white() -> None:
    image = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 600, 300))
    small = thumbnail(encode(image))
    white, blue = small.getpixel((128, 200)), small.getpixel((128, 50))
    assert white == (255, 255, 255)
    assert isinstance(blue, tuple)
    assert max(abs(a - b) for a, b in zip(blue, (0, 0, 255), strict=True)) < 4


def test_cmyk_and_grayscale() -> None:
    assert difference(thumbnail(encode(photo().convert("CMYK"), "JPEG", quality=95)), REFERENCE) < 5
    assert difference(thumbnail(encode(photo().convert("L"))), REFERENCE.convert("L").convert("RGB")) < 3


def test_what_is_no_picture() -> None:
    photo_bytes = encode(photo())
    assert reason(b"") is Reason.EMPTY
    assert reason(b"Dear reader,\n" * 100) is Reason.NOT_AN_IMAGE
    assert reason(encode(photo(), "PDF")) is Reason.NOT_AN_IMAGE
    assert reason(encode(photo(), "JPEG")[:5000]) is Reason.TRUNCATED
    assert reason(photo_bytes[: len(photo_bytes) // 2]) in (Reason.TRUNCATED, Reason.CORRUPT)
    assert reason(encode(photo().convert("F"), "TIFF")) is Reason.UNSUPPORTED_PIXELS


def test_the_limit_on_pixels_is_exact() -> None:
    data = encode(Image.new("RGB", (10, 10)))
    shrink(data, max_pixels=100)
    assert reason(data, max_pixels=99) is Reason.TOO_MANY_PIXELS


def test_a_jpeg_of_a_thousand_scans_is_not_decoded() -> None:
    data = encode(photo(), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    assert reason(data[:scan] + data[scan:-2] * 1000 + data[-2:]) is Reason.CORRUPT
