"""What a bundle says of its training, and how embeddings become bins."""

import json

import numpy as np
import pytest

from loupe_shared.drift.projections import BINS, PROJECTIONS, binned, edges_of, projected
from loupe_shared.drift.reference import Reference
from loupe_shared.errors import InvalidBundle
from tests.drifting import KINDS, see

SEEN = see(np.random.default_rng(0), 200)


def test_a_reference_says_what_was_answered() -> None:
    reference = SEEN.reference()
    assert Reference.read(reference.to_json().encode(), "cells:1") == reference
    assert reference.images == 200
    assert reference.labels == {kind: int((SEEN.kinds == number).sum()) for number, kind in enumerate(KINDS)}
    assert reference.scores == tuple(np.histogram(SEEN.scores, 20, (0, 1))[0])
    assert {counts for of_one in reference.embeddings.counts for counts in of_one} == {20}


def test_directions_never_change() -> None:
    vectors = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], np.int8)
    places = projected(vectors)
    assert places.shape == (3, PROJECTIONS)
    assert set(places[:2].ravel()) == {-1.0, 1.0}
    assert not places[2].any()
    signs = "".join("+" if place > 0 else "-" for place in projected(np.eye(3, dtype=np.int8)).T.ravel())
    assert signs == "-++-+-+-++-+-+-+++-+--+-++++++++-++---+-+++++-+-"


def test_bins_have_as_many_images_each_and_do_not_depend_on_lengths() -> None:
    vectors = np.random.default_rng(1).integers(-60, 61, (1000, 32), np.int8)
    places = projected(vectors)
    edges = edges_of(places)
    counts = binned(places, edges)
    assert edges.shape == (PROJECTIONS, BINS - 1)
    assert (abs(counts - 100) <= 2).all()
    assert np.allclose(projected(2 * vectors), places)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"images": 199}, "must be of all images"),
        ({"labels": {"cracked": 0}}, "labels.cracked"),
        ({"scores": [200]}, "scores"),
        ({"embeddings": {"edges": [], "counts": []}}, "edges must be 9 of each of 16 directions"),
        ({"embeddings": None}, "embeddings"),
    ],
)
def test_what_is_no_reference_is_refused(changes: dict[str, object], says: str) -> None:
    document = json.loads(SEEN.reference().to_json()) | changes
    with pytest.raises(InvalidBundle, match=f"reference.json of cells:1 cannot be used: .*{says}"):
        Reference.read(json.dumps(document).encode(), "cells:1")


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidBundle, match="the document"):
        Reference.read(b"{", "cells:1")
