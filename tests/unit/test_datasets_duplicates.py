"""Pictures that look alike are found, and others are not."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from loupe_shared.errors import ImageRejected
from loupe_training.datasets import duplicates
from loupe_training.datasets.connected import Connected
from loupe_training.datasets.duplicates import MAX_PAIRS, NearPairs, near_pairs
from loupe_training.datasets.fingerprint import Fingerprint, fingerprint
from loupe_training.datasets.groups import joined
from loupe_training.datasets.rules import DISTANCE
from tests.factories import SAMPLES, encode
from tests.textures import texture


def noisy(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, 10, (*image.size[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def turned_by_exif(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif.tobytes())


WAYS: dict[str, Callable[[Image.Image], bytes]] = {
    "saved as a JPEG of low quality": lambda image: encode(image, "JPEG", quality=30),
    "at half the size": lambda image: encode(image.resize((image.width // 2, image.height // 2))),
    "brighter": lambda image: encode(ImageEnhance.Brightness(image).enhance(1.2)),
    "with less contrast": lambda image: encode(ImageEnhance.Contrast(image).enhance(0.6)),
    "in grey": lambda image: encode(image.convert("L")),
    "noisy": lambda image: encode(noisy(image)),
    "blurred": lambda image: encode(image.filter(ImageFilter.GaussianBlur(1))),
    "mirrored": lambda image: encode(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "upside down": lambda image: encode(image.transpose(Image.Transpose.ROTATE_180)),
    "turned by a quarter": lambda image: encode(image.transpose(Image.Transpose.ROTATE_270)),
    "turned, and turned back by its EXIF": turned_by_exif,
}


def look(data: bytes) -> Fingerprint:
    found = fingerprint(data)
    assert found is not None
    return found


TEXTURES = [texture(seed) for seed in range(20)]
PHOTOS = [Image.open(path).convert("RGB").reduce(2) for path in sorted(SAMPLES.glob("*.[jp][pn]g"))]
PICTURES = TEXTURES + PHOTOS


@pytest.mark.parametrize("way", WAYS)
def test_the_same_picture_is_found_again(way: str) -> None:
    looks = [look(encode(one)) for one in PICTURES] + [look(WAYS[way](one)) for one in PICTURES]
    assert set(near_pairs(looks, DISTANCE).distances) == {
        (place, place + len(PICTURES)) for place in range(len(PICTURES))
    }


def test_other_pictures_are_three_times_as_far_apart() -> None:
    looks = [look(encode(texture(seed))) for seed in range(300)] + [look(encode(one)) for one in PHOTOS]
    words = np.stack(looks).view(np.uint64)
    apart = np.bitwise_count(words[:, None, None, 0] ^ words[None]).sum(axis=-1).min(axis=-1)
    np.fill_diagonal(apart, 255)
    assert apart.min() > 3 * DISTANCE


def test_what_is_not_the_same_any_more_is_not_found() -> None:
    """Parts of pictures and tilted ones: who has such says so with groups."""
    cut = [one.crop((5, 5, one.width - 5, one.height - 5)) for one in TEXTURES]
    looks = [look(encode(one)) for one in TEXTURES] + [look(encode(one)) for one in cut]
    assert near_pairs(looks, DISTANCE) == NearPairs()


def test_what_has_no_structure_looks_like_nothing() -> None:
    assert fingerprint(encode(Image.new("RGB", (50, 50), (0, 0, 0)))) is None
    assert fingerprint(encode(Image.new("L", (50, 50), 200))) is None


@pytest.mark.parametrize("data", [b"", b"no picture", encode(texture(1))[:-100], encode(texture(1), "JPEG")[:-500]])
def test_what_cannot_be_decoded_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRejected):
        fingerprint(data)


@pytest.mark.parametrize("at_once", [50, 1_000_000])
@pytest.mark.parametrize("distance", [0, 7, 25, 60])
def test_every_pair_is_found_that_comparing_all_with_all_finds(
    distance: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", at_once)
    chance = np.random.default_rng(distance)
    bits = chance.integers(0, 2, (120, 8, 256), dtype=np.uint8)
    for near in range(60, 120):  # some of them near, in one of the ways
        way = chance.integers(8)
        bits[near, way] = bits[near - 60, 0]
        bits[near, way, chance.choice(np.arange(1, 256), chance.integers(0, 2 * distance + 2), replace=False)] ^= 1
    bits[:, :, 0] = 0
    apart = (bits[:, None, None, 0] ^ bits[None]).sum(axis=-1).min(axis=-1)
    expected = {(i, j): int(apart[i, j]) for i in range(120) for j in range(i + 1, 120) if apart[i, j] <= distance}
    assert len(expected) > 10
    looks = list(np.packbits(bits, axis=-1))
    assert near_pairs(looks, distance) == NearPairs(expected)
    monkeypatch.setattr(duplicates, "MAX_PAIRS", len(expected))
    assert near_pairs(looks, distance) == NearPairs(expected)


def scene(chance: np.random.Generator, count: int, noise: int) -> list[Fingerprint]:
    """Fingerprints of pictures of one thing, in each of which some bits are others."""
    bits = np.repeat(chance.integers(0, 2, (1, 8, 256), dtype=np.uint8), count, axis=0)
    for picture in bits:
        picture[:, 1 + chance.choice(255, noise, replace=False)] ^= 1
    bits[:, :, 0] = 0
    return list(np.packbits(bits, axis=-1))


@pytest.mark.parametrize("at_once", [50, 250_000])
@pytest.mark.parametrize("noise", [0, 5, 12, 14])
def test_of_very_many_pairs_those_are_found_that_connect_all(
    noise: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", at_once)
    chance = np.random.default_rng(noise)
    looks = [*scene(chance, 60, noise), *scene(chance, 60, noise), *scene(chance, 30, 100)]
    looks = [looks[place] for place in chance.permutation(len(looks))]
    every = near_pairs(looks, DISTANCE)
    monkeypatch.setattr(duplicates, "MAX_PAIRS", 40)
    some = near_pairs(looks, DISTANCE)
    assert (every.complete, some.complete) == (True, False)
    assert some.distances.items() <= every.distances.items()
    assert len(some.distances) < 40 + len(looks)
    names = [f"{place:03}" for place in range(len(looks))]
    assert joined(names, some.distances) == joined(names, every.distances)


def test_many_pictures_of_one_scene_are_one_group_and_not_all_their_pairs() -> None:
    looks = scene(np.random.default_rng(4), 2000, 5)
    found = near_pairs(looks, DISTANCE)
    assert not found.complete
    assert len(found.distances) < MAX_PAIRS + len(looks)
    assert len(set(joined([f"{place:04}" for place in range(len(looks))], found.distances))) == 1


def test_what_is_connected_has_its_smallest_place_as_its_root() -> None:
    connected = Connected(7)
    one, other = np.array([5, 5, 6, 2, 1]), np.array([4, 4, 4, 6, 1])
    assert connected.connect(one, other).tolist() == [0, 2, 3]
    assert connected.roots.tolist() == [0, 1, 2, 3, 2, 2, 2]
    assert connected.connect(np.array([5, 0]), np.array([6, 5])).tolist() == [1]
    assert connected.roots.tolist() == [0, 1, 0, 3, 0, 0, 0]


def test_none_are_alike_among_none() -> None:
    assert near_pairs([], DISTANCE) == NearPairs()


def test_pictures_of_all_kinds_have_a_fingerprint() -> None:
    kinds = [texture(3).convert(mode) for mode in ("RGB", "L", "P", "RGBA", "CMYK", "1")]
    for image, format_ in zip(kinds, ("WEBP", "GIF", "PNG", "PNG", "JPEG", "TIFF"), strict=True):
        buffer = io.BytesIO()
        image.save(buffer, format_)
        assert look(buffer.getvalue()).shape == (8, 32)
