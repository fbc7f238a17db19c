"""Which images are worth a person's time."""

from datetime import timedelta

import numpy as np
import pytest

from loupe_query.review.usefulness import DISAGREEMENT, LAMBDA, by_relevance, disagreement, usefulness
from loupe_shared.api.reviews import Disagreement
from loupe_shared.embedding import quantize
from loupe_shared.result import Embedding, Prediction, Result
from tests.factories import NOON, deletion, rejection, result

AXES = np.eye(8, dtype=np.float32)


def embedded(*directions: np.ndarray, space: str = "test:1") -> list[tuple[str, Embedding]]:
    """Embeddings that point there."""
    return [(space, embedding) for embedding in quantize(np.stack(directions).astype(np.float32))]


def earlier(label: str = "dog", **changes: object) -> Result:
    """What the first version of the model said."""
    return result("a", label, score=0.7).model_copy(update=changes)


def test_what_an_earlier_version_said_if_it_was_something_else() -> None:
    shown = result("a", model_version=3)
    said = Disagreement(model="test:1", label="dog", score=0.7)
    assert disagreement(shown, [earlier()]) == said
    assert disagreement(shown, [result("a", model_version=2), earlier()]) == said
    second = Disagreement(model="test:2", label="fox", score=0.5)
    assert disagreement(shown, [result("a", "fox", model_version=2), earlier()]) == second
    asked_anew = earlier(image=shown.image.model_copy(update={"requested_at": NOON + timedelta(days=1)}))
    assert disagreement(shown, [asked_anew]) == said


@pytest.mark.parametrize(
    "other",
    [
        earlier("cat"),
        result("a", "dog", model_version=2),
        result("a", "dog", model_version=3),
        result("a", "dog", sequencer="00"),
        earlier(image=earlier().image.model_copy(update={"etag": "0x2"})),
        earlier(model=earlier().model and earlier().model.model_copy(update={"name": "another"})),  # type: ignore[union-attr]
        rejection("a"),
        deletion("a"),
    ],
)
def test_what_is_no_disagreement(other: Result) -> None:
    assert disagreement(result("a", model_version=2), [other]) is None
    assert disagreement(deletion("a"), [earlier()]) is None


def test_the_less_sure_the_more_useful_and_more_so_after_a_disagreement() -> None:
    sure, unsure = result(score=0.9), result(score=0.2)
    assert usefulness(sure, None) == pytest.approx(0.2)
    assert usefulness(unsure, None) == pytest.approx(0.9)
    said = Disagreement(model="test:1", label="dog", score=0.7)
    assert usefulness(sure, said) == pytest.approx(0.2 + DISAGREEMENT)
    even = result().model_copy(
        update={"predictions": (Prediction(label="a", score=0.5), Prediction(label="b", score=0.5))}
    )
    assert usefulness(even, said) > usefulness(even, None) == 1
    assert usefulness(rejection(), None) == 0


def test_without_embeddings_the_most_useful_comes_first() -> None:
    assert by_relevance({"a": 0.1, "b": 0.9, "c": 0.5, "d": 0.9}, {}) == ["b", "d", "c", "a"]
    assert by_relevance({}, {}) == []


def test_the_second_photo_of_a_cup_waits_until_something_else_was_shown() -> None:
    rng = np.random.default_rng(5)
    cups = [AXES[0] + 0.02 * rng.standard_normal(8) for _ in range(5)]
    useful = {**{f"cup {n}": 0.95 - n / 1000 for n in range(5)}, "fox": 0.8, "owl": 0.75, "sure": 0.3}
    embeddings = dict(zip(useful, embedded(*cups, AXES[1], AXES[2], AXES[3]), strict=True))
    order = by_relevance(useful, embeddings)
    assert order[:3] == ["cup 0", "fox", "owl"]
    assert order[3:] == ["cup 1", "cup 2", "cup 3", "cup 4", "sure"]


def test_each_choice_is_the_best_beside_those_before_it() -> None:
    rng = np.random.default_rng(7)
    useful = {str(n): float(value) for n, value in enumerate(rng.random(30))}
    vectors = rng.standard_normal((30, 64)) + 0.5
    embeddings = dict(zip(useful, embedded(*vectors), strict=True))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = np.maximum(units @ units.T, 0)
    order = [int(id_) for id_ in by_relevance(useful, embeddings, chosen=["4", "9"])]
    assert sorted(order) == list(range(30))
    for place, chosen in enumerate(order):
        before = [4, 9, *order[:place]]
        relevance = {n: LAMBDA * useful[str(n)] - (1 - LAMBDA) * likeness[n, before].max() for n in order[place:]}
        assert relevance[chosen] >= max(relevance.values()) - 0.01  # embeddings are kept in eight bits


def test_what_was_chosen_before_counts() -> None:
    embeddings = dict(zip(["old", "cup", "fox"], embedded(AXES[0], AXES[0], AXES[1]), strict=True))
    useful = {"cup": 0.9, "fox": 0.8}
    assert by_relevance(useful, embeddings) == ["cup", "fox"]
    assert by_relevance(useful, embeddings, chosen=["old", "none"]) == ["fox", "cup"]


def test_embeddings_of_different_models_and_lengths_are_not_compared() -> None:
    useful = {"first": 0.9, "same": 0.85, "new model": 0.8, "longer": 0.75, "none": 0.7}
    (first, same), (other,) = embedded(AXES[0], AXES[0]), embedded(AXES[0], space="test:2")
    (longer,) = embedded(np.ones(16))
    embeddings = {"first": first, "same": same, "new model": other, "longer": longer}
    assert by_relevance(useful, embeddings) == ["first", "new model", "longer", "none", "same"]
