"""Different ways to the same pixels, and what the rule's short cut costs in answers."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from loupe_inference.runtime import Runtime
from loupe_inference.session import OnnxSession
from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import Pixels, Preprocessing, decode_into, resize
from loupe_shared.preprocess.jpeg import decode_jpeg
from loupe_shared.preprocess.resize import crop_and_resize, crop_and_resize_with_pillow
from loupe_shared.result import Precision
from tests.factories import BUNDLE, SAMPLES, encode, photo

RULE = Preprocessing(size=224, crop=0.875, resample="bicubic", oversample=2.0)
MAX_PIXELS = 10**8


def decode(data: bytes, rule: Preprocessing) -> Pixels:
    """Decode into a fresh array."""
    pixels = np.empty((rule.size, rule.size, 3), np.uint8)
    decode_into(pixels, data, rule, MAX_PIXELS)
    return pixels


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}])
def test_jpegs_have_the_pixels_that_pillow_finds(scale: int, mode: str, options: dict[str, object]) -> None:
    data = encode(photo().convert(mode).crop((0, 0, 501, 333)), "JPEG", quality=90, **options)
    with Image.open(io.BytesIO(data)) as image:
        image.draft(None, (image.width // scale, image.height // scale))
        expected = np.asarray(image.convert("RGB"))
    decoded = decode_jpeg(data, 501, 333, scale)
    assert decoded is not None
    assert np.array_equal(np.asarray(decoded)[..., :3], expected)
    assert (np.asarray(decoded)[..., 3] == 255).all()


def test_a_jpeg_with_a_flaw_is_left_to_pillow() -> None:
    data = encode(photo(), "JPEG")
    assert decode_jpeg(data[: len(data) // 2], 640, 427, 1) is None
    assert decode_jpeg(b"\xff\xd8 no picture", 640, 427, 1) is None


@pytest.mark.parametrize("resample", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [32, 224, 500])
def test_both_resizers_agree(resample: str, size: int) -> None:
    rule = Preprocessing.model_validate({**RULE.model_dump(), "resample": resample, "size": size})
    one = np.asarray(crop_and_resize(photo(), rule, opaque=True)).astype(int)
    other = np.asarray(crop_and_resize_with_pillow(photo(), rule)).astype(int)
    edge = max(2, round(3 * size / 374))  # how far the filter reaches over the edge of the crop, in pixels
    inside = np.abs(one - other)[edge:-edge, edge:-edge]
    assert (inside <= 1).mean() > 0.995
    assert inside.max() <= 12  # where bicubic overshoots at the first of two passes, and is clipped
    assert np.abs(one - other).mean() < 0.2


def test_both_resizers_weigh_colours_with_their_opacity() -> None:
    picture = photo().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    white = Image.new("RGBA", (RULE.size, RULE.size), "white")
    one, other = (
        np.asarray(Image.alpha_composite(white, square)).astype(int)
        for square in (crop_and_resize(picture, RULE, opaque=False), crop_and_resize_with_pillow(picture, RULE))
    )
    difference = np.abs(one - other)[3:-3, 3:-3]
    assert (difference <= 2).mean() > 0.995
    assert difference.max() <= 12


def test_without_vector_instructions_pillow_resizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resize, "simd", None)
    expected = np.asarray(crop_and_resize_with_pillow(photo(), RULE))
    assert np.array_equal(np.asarray(crop_and_resize(photo(), RULE, opaque=True)), expected)


def large_photos(count: int) -> Iterator[bytes]:
    """JPEGs of 1600×1200: parts of the sample photos."""
    photos = [Image.open(path).convert("RGB") for path in sorted(SAMPLES.iterdir()) if path.suffix in (".png", ".jpg")]
    chance = np.random.default_rng(1)
    for number in range(count):
        picture = photos[number % len(photos)]
        height = min(picture.height, picture.width * 3 / 4) * chance.uniform(0.4, 1.0)
        width = height * 4 / 3
        left, top = chance.uniform(0, picture.width - width), chance.uniform(0, picture.height - height)
        box = (left, top, left + width, top + height)
        yield encode(picture.resize((1600, 1200), Image.Resampling.BICUBIC, box), "JPEG", quality=90)


def test_decoding_at_a_reduced_scale_costs_few_answers() -> None:
    """The bound on the price of ``oversample``: answers compared with those after a full decode."""
    bundle = Bundle.load(BUNDLE)
    session = OnnxSession(bundle, Precision.FP32, Runtime(), max_batch_size=72)
    rule = bundle.manifest.preprocessing
    assert rule.jpeg_scale(1600, 1200) == 2
    photos = list(large_photos(72))
    reduced = session.run(np.stack([decode(data, rule) for data in photos])).probabilities
    full = session.run(
        np.stack([decode(data, rule.model_copy(update={"oversample": 0.0})) for data in photos])
    ).probabilities
    agree = reduced.argmax(axis=1) == full.argmax(axis=1)
    sure = full.max(axis=1) > 0.3
    assert agree.mean() >= 0.95
    assert agree[sure].mean() >= 0.98
    assert np.abs(reduced.max(axis=1) - full.max(axis=1)).mean() < 0.01
