"""What stands between a version and the images that it is to answer for."""

import pytest

from loupe_shared.bundle import Manifest
from loupe_shared.release.gates import GATES, Candidate, objections, reservation
from tests.manifests import manifest, metrics, quantized

GOOD = manifest(2, metrics=metrics(), quantization=quantized())


def test_nothing_speaks_against_a_good_version() -> None:
    assert objections(Candidate(GOOD), GATES) == ()
    assert objections(Candidate(GOOD, manifest(1, metrics=metrics())), GATES) == ()


@pytest.mark.parametrize(
    ("candidate", "serving", "says"),
    [
        (manifest(2, preprocessing_hash="0"), None, "made for other preprocessing than this version of Loupe has"),
        (manifest(2, labels=("crack", "dirt", "sound")), manifest(), "it adds the label 'dirt': say so with `new_lab"),
        (
            manifest(2, labels=tuple("abcd")),
            manifest(),
            "adds the labels 'a', 'b', 'c' and 1 more and lacks the labels",
        ),
        (manifest(2, metrics=metrics(0.88)), manifest(metrics=metrics()), "its accuracy is 88.0%, and 90.0% that of"),
        (manifest(2, metrics=metrics(0.95, 0.8)), manifest(metrics=metrics()), "its balanced accuracy is 80.0%, and 9"),
        (manifest(2, quantization=quantized(0.89)), None, "agrees with fp32 on 89.0% of the images, less than 90%"),
        (manifest(2, quantization=quantized(accuracy=0.87)), None, "labels 87.0% rightly, and fp32 90.0%"),
        (
            manifest(2, metrics=metrics(ms=8)),
            manifest(metrics=metrics(ms=5)),
            "takes 8.0 ms per image, and the version",
        ),
    ],
)
def test_what_speaks_against_a_version(candidate: Manifest, serving: Manifest | None, says: str) -> None:
    (sentence,) = objections(Candidate(candidate, serving), GATES)
    assert says in sentence


@pytest.mark.parametrize(
    ("candidate", "serving"),
    [
        (manifest(2, metrics=metrics(0.895)), manifest(metrics=metrics())),  # within the margin
        (manifest(2, metrics=metrics(0.5, test_set="b")), manifest(metrics=metrics())),  # nothing to compare
        (manifest(2), manifest(metrics=metrics())),
        (manifest(2, metrics=metrics(0.5)), manifest()),
        (manifest(2, labels=("sound", "crack")), manifest()),  # the same, in another order
        (manifest(2, metrics=metrics(ms=7)), manifest(metrics=metrics(ms=5))),
        (manifest(2, metrics=metrics(ms=70)), manifest(metrics=metrics())),
    ],
)
def test_what_does_not(candidate: Manifest, serving: Manifest) -> None:
    assert objections(Candidate(candidate, serving), GATES) == ()


def test_accuracies_of_different_test_sets_are_said_not_to_be_comparable() -> None:
    other = manifest(2, metrics=metrics(test_set="b"))
    assert "different test sets" in str(reservation(Candidate(other, manifest(metrics=metrics()))))
    for serving in (manifest(metrics=metrics(test_set="b")), manifest(), None):
        assert reservation(Candidate(other, serving)) is None


def test_other_labels_may_be_meant() -> None:
    candidate = manifest(2, labels=("crack", "dirt"))
    assert objections(Candidate(candidate, manifest(), new_labels=True), GATES) == ()


def test_everything_that_speaks_against_a_version_is_said() -> None:
    candidate = manifest(2, labels=("a", "b"), metrics=metrics(0.1), preprocessing_hash="0")
    assert len(objections(Candidate(candidate, manifest(metrics=metrics())), GATES)) == 3
