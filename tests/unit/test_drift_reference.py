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


def test_groups_are_in_parts_of_about_the_same_size() -> None:
    groups = see(np.random.default_rng(0), 300).reference(25)
    many = see(np.random.default_rng(0), 300).reference(2)
    assert [sum(part.scores) for part in groups.parts] == [25] * 12
    assert {sum(part.scores) for part in many.parts} == {14, 16}
    assert len(many.parts) == 20
    assert Reference.read(many.to_json().encode(), "cells:1") == many
    assert len(many.to_json()) < 20_000


def test_images_that_are_groups_by_themselves_have_no_parts() -> None:
    assert SEEN.reference().parts == ()


@pytest.mark.parametrize("change", [{"labels": {"cracked": 1}}, {"scores": [1] * 20}, {"embeddings": [[1]]}])
def test_parts_that_are_not_all_images_are_refused(change: dict[str, object]) -> None:
    document = json.loads(see(np.random.default_rng(0), 300).reference(25).to_json())
    document["parts"][0] |= change
    with pytest.raises(InvalidBundle, match="parts must"):
        Reference.read(json.dumps(document).encode(), "cells:1")
    document["parts"].pop(0)
    with pytest.raises(InvalidBundle, match="parts must"):
        Reference.read(json.dumps(document).encode(), "cells:1")


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
