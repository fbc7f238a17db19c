"""Codes of embeddings: that they find what is near, and that they can be searched while they change."""

import random
import threading

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from loupe_query.similar.codes import Codes, encode
from loupe_shared.bundle import Bundle
from loupe_shared.embedding import Vectors, cosines, quantize, stack
from tests.factories import BUNDLE, SAMPLES

CROPS = 600


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """What the model that Loupe comes with makes of parts of real photos."""
    bundle = Bundle.load(BUNDLE)
    size, chance = bundle.manifest.preprocessing.size, random.Random(1)
    photos = [Image.open(path).convert("RGB") for path in sorted(SAMPLES.glob("*.[jp][pn]g"))]
    crops = np.empty((CROPS, size, size, 3), np.uint8)
    for crop in crops:
        photo = chance.choice(photos)
        edge = min(photo.size) * chance.uniform(0.2, 1)
        left, top = chance.uniform(0, photo.width - edge), chance.uniform(0, photo.height - edge)
        box = (left, top, left + edge, top + edge)
        crop[...] = np.asarray(photo.resize((size, size), Image.Resampling.BILINEAR, box))
    session = onnxruntime.InferenceSession(str(bundle.model_path()))
    parts = [session.run(["embedding"], {"images": part})[0] for part in np.split(crops, CROPS // 20)]
    return stack([embedding.values for embedding in quantize(np.concatenate(parts))])


def recall(vectors: Vectors, candidates: int) -> float:
    """Part of the ten nearest of each vector that is among its candidates."""
    codes = Codes(vectors.shape[1])
    codes.add(np.arange(len(vectors)), vectors)
    found = 0
    for vector in vectors:
        nearest = np.argsort(-cosines(vectors, vector))[:10]
        found += len(set(nearest.tolist()) & set(codes.nearest(vector, candidates).tolist()))
    return found / (10 * len(vectors))


def test_the_nearest_are_among_the_candidates(vectors: Vectors) -> None:
    assert recall(vectors, 60) >= 0.97


def test_so_they_are_if_no_value_is_below_zero(vectors: Vectors) -> None:
    """As embeddings of models without a rectifier at their end may be."""
    assert recall((vectors // 2 + 60).astype(np.int8), 60) >= 0.95


@given(arrays(np.int8, (3, 37), elements=st.integers(-60, 60)), st.integers(-60, 60))
def test_what_all_values_have_in_common_changes_no_code(vectors: Vectors, offset: int) -> None:
    codes = encode(vectors)
    assert codes.shape == (3, 5)
    assert np.array_equal(codes, encode(vectors + np.int8(offset)))


def test_only_what_is_kept_is_found() -> None:
    vectors = np.random.default_rng(1).integers(-127, 128, (3000, 20), np.int8)
    codes = Codes(20)
    for start in range(0, 3000, 700):
        codes.add(np.arange(start, min(start + 700, 3000)) * 3, vectors[start : start + 700])
    assert len(codes) == 3000
    assert codes.nearest(vectors[2999], 1).tolist() == [2999 * 3]
    codes.keep(np.array([8997, 6, 0, 7]))
    assert sorted(codes.nearest(vectors[0], 10).tolist()) == [0, 6, 8997]
    assert codes.nearest(vectors[2999], 1).tolist() == [8997]
    codes.keep(np.array([], np.int64))
    assert len(codes) == len(codes.nearest(vectors[0], 10)) == 0


def test_searches_while_codes_come_and_go() -> None:
    vectors = np.random.default_rng(2).integers(-127, 128, (20_000, 128), np.int8)
    codes = Codes(128)
    codes.add(np.arange(100), vectors[:100])
    done = threading.Event()
    wrong: list[object] = []

    def search(number: int) -> None:
        while not done.is_set():
            found = codes.nearest(vectors[number], 3)
            if found[0] != number or not np.all(found < len(vectors)):
                wrong.append(found)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            for start in range(100, 20_000, 100):
                codes.add(np.arange(start, start + 100), vectors[start : start + 100])
            codes.keep(np.arange(100))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert len(codes) == 100
