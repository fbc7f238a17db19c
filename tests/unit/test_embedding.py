"""Embeddings in eight bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from loupe_shared.embedding import Floats, cosines, quantize, stack, values

FLOATS = st.floats(-(2.0**99), 2.0**99, width=32)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=20), elements=FLOATS))
def test_no_value_is_off_by_more_than_half_a_step(embeddings: Floats) -> None:
    for row, embedding in zip(embeddings, quantize(embeddings), strict=True):
        restored = values(embedding) * embedding.scale
        assert np.abs(restored - row).max() <= 0.5001 * embedding.scale
        assert np.abs(values(embedding)).max() <= 127


@given(arrays(np.float32, (3, 64), elements=st.floats(-1e6, 1e6, width=32)))
def test_the_direction_stays(embeddings: Floats) -> None:
    for row, embedding in zip(embeddings, quantize(embeddings), strict=True):
        exact, rounded = row.astype(np.float64), values(embedding).astype(np.float64)
        norm = np.linalg.norm(exact) * np.linalg.norm(rounded)
        # Each of 64 values is off by half a step at most, and the longest of them has 127 steps.
        assert exact @ rounded >= np.cos(np.arcsin(0.5 * 8 / 127)) * norm * 0.9999


def test_every_vector_has_a_scale() -> None:
    zero, smallest, small = quantize(np.array([[0, 0], [1e-45, 0], [127, -12.7]], np.float32))
    assert values(zero).tolist() == values(smallest).tolist() == [0, 0]
    assert zero.scale > 0
    assert (values(small).tolist(), small.scale) == ([127, -13], 1.0)


def test_cosines() -> None:
    vectors = stack([bytes(vector) for vector in (b"\x03\x04", b"\x06\x08", b"\xfd\xfc", b"\x04\xfd", b"\x00\x00")])
    assert cosines(vectors, vectors[0]) == pytest.approx([1, 1, -1, 0, 0])
    assert cosines(vectors, vectors[4]).tolist() == [0] * 5
