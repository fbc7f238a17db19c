"""The report on a version that looks on, over the application, from the command line, and as a gate."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient

from loupe_query.app import Archive
from loupe_shared.adapters.memory_shadows import MemoryShadows
from loupe_shared.bundle import Bundle
from loupe_shared.release.agreement import Agreement, agreement_gate, agreements
from loupe_shared.release.gates import Candidate
from loupe_shared.shadow import Comparison, Pair
from tests.apps import api, archive
from tests.commands import loupe, shown
from tests.comparisons import comparison
from tests.factories import BUNDLE
from tests.unit.test_client import serving

FOUND = [
    comparison("a", "cat", "cat"),
    comparison("b", "cat", "cat"),
    comparison("line 3/ü#.jpg", "cat", "dog", scores=(0.8, 0.9)),
    comparison("d", "cat", "dog", scores=(0.9, 0.5)),
    comparison("e", "dog", "cat", scores=(0.6, 0.6)),
    comparison("f", "cat", "cat", serving=3),
]


def stored(found: Sequence[Comparison] = FOUND) -> Archive:
    """An archive with comparisons."""
    shadows = MemoryShadows()
    shadows.write(found)
    return archive(shadows=shadows)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The application."""
    with api(stored()) as client:
        yield client


def comparisons(client: TestClient, **query: int) -> Any:  # noqa: ANN401
    """Those of the version that looks on."""
    answer = client.get("/v1/models/test/shadows/2", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["comparisons"]


def test_a_version_is_compared_with_each_that_answered(client: TestClient) -> None:
    newest, oldest = comparisons(client)
    assert (newest["serving"], newest["images"], newest["agreement"], newest["disagreements"]) == (3, 1, 1.0, [])
    assert (oldest["serving"], oldest["images"], oldest["agreement"]) == (1, 5, 0.4)
    assert [tuple(pair.values()) for pair in oldest["matrix"]] == [
        ("cat", "cat", 2),
        ("cat", "dog", 2),
        ("dog", "cat", 1),
    ]


def test_the_surest_disagreement_comes_first_and_leads_to_its_image(client: TestClient) -> None:
    first, *others = comparisons(client)[1]["disagreements"]
    assert first == {
        "image": {"container": "images", "blob": "line 3/ü#.jpg"},
        "etag": "0x1",
        "answered": {"label": "cat", "score": 0.8},
        "shadow": {"label": "dog", "score": 0.9},
        "at": "2026-11-22T12:00:00Z",
        "href": "/v1/images/images/line%203/%C3%BC%23.jpg",
        "picture": "/v1/content/images/line%203/%C3%BC%23.jpg",
    }
    assert [one["image"]["blob"] for one in others] == ["e", "d"]
    assert [len(one["disagreements"]) for one in comparisons(client, limit=1)] == [0, 1]
    assert [len(one["disagreements"]) for one in comparisons(client, limit=0)] == [0, 0]


def test_a_version_that_never_looked_on_has_no_comparisons(client: TestClient) -> None:
    assert client.get("/v1/models/test/shadows/9").json() == {"name": "test", "version": 9, "comparisons": []}


@pytest.mark.parametrize("path", ["Test/shadows/2", "test/shadows/0", "test/shadows/x", "test/shadows/2?limit=201"])
def test_what_is_no_version_is_refused(client: TestClient, path: str) -> None:
    assert client.get(f"/v1/models/{path}").status_code == 422


def test_the_command_shows_where_versions_disagree(unused_port: int) -> None:
    with serving(stored(), unused_port) as url:
        text = shown("models", "compare", "test", "2", url=url)
        assert json.loads(shown("models", "compare", "test", "2", "--json", url=url))["version"] == 2
        nothing = loupe("models", "compare", "test", "9", url=url)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "version 2 beside version 3: 100.0 % agreement over 1 image" in lines
    assert "version 2 beside version 1: 40.0 % agreement over 5 images" in lines
    assert lines.index("cat dog 2") < lines.index("dog cat 1")
    assert "line 3/ü#.jpg cat 80.0 % dog 90.0 %" in lines
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "has not looked on (yet)" in nothing.stderr


def test_agreement_is_told_for_each_version_that_answered() -> None:
    counts = {Pair(1, "cat", "cat"): 3, Pair(1, "cat", "dog"): 1, Pair(2, "cat", "cat"): 5}
    assert agreements(counts) == {2: Agreement(5, 5), 1: Agreement(4, 3)}
    assert list(agreements(counts)) == [2, 1]


def candidate(serving: int | None = 1, *, new_labels: bool = False) -> Candidate:
    """Version 2 of the model."""
    manifest = Bundle.load(BUNDLE).manifest.model_copy(update={"name": "test"})
    answers = None if serving is None else manifest.model_copy(update={"version": serving})
    return Candidate(manifest.model_copy(update={"version": 2}), answers, new_labels)


@pytest.mark.parametrize(
    ("given", "agreed", "refuses"),
    [
        (candidate(), 1, True),
        (candidate(), 2, False),
        (candidate(3), 1, False),
        (candidate(None), 1, False),
        (candidate(new_labels=True), 1, False),
    ],
    ids=["too little", "enough", "beside another version", "the first version", "new labels"],
)
def test_a_version_that_agreed_too_little_is_not_let_through(given: Candidate, agreed: int, *, refuses: bool) -> None:
    store = MemoryShadows()
    store.write([comparison(f"{number}", "cat", "cat" if number < agreed else "dog") for number in range(4)])
    sentence = agreement_gate(store, min_compared=4, min_agreement=0.5)(given)
    assert bool(sentence) is refuses
    if sentence:
        assert sentence.startswith("it names the label that was answered for 25.0% of the 4 images")


def test_few_comparisons_say_nothing() -> None:
    store = MemoryShadows()
    store.write([comparison(f"{number}") for number in range(3)])
    assert agreement_gate(store, min_compared=4)(candidate()) is None
