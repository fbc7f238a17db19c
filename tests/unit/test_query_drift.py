"""Drift over the application, its archive and its registry."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from loupe_query.drift import stream as streams
from loupe_query.drift.look import REMEMBERED_S, DriftLook
from loupe_query.drift.references import BundleReferences
from loupe_query.drift.stream import AT_A_MOMENT, MOMENTS, ByDay, Stream, spans, spread
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.adapters.memory_registry import MemoryRegistry
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.api import statistics as statistics_views
from loupe_shared.api.drift import DriftQuery, DriftReport
from loupe_shared.embedding import quantize
from loupe_shared.ports import ResultStore
from loupe_shared.result import Embedding, Prediction, Result
from tests.apps import api, archive
from tests.commands import loupe, said, shown
from tests.drifting import KINDS, MIX, Seen, see
from tests.factories import NOON, result
from tests.manifests import write_bundle
from tests.unit.test_client import serving

MODEL = "test:1"
CHANCE = np.random.default_rng(8)
TRAINING = see(CHANCE, 400)
ALIKE = see(CHANCE, 350)
OTHERS = see(CHANCE, 350, mix=(0.5, 0.2, 0.3), light=0.7)
FIRST_DAY, NOW = date(2026, 11, 16), datetime.combine(date(2026, 11, 22), NOON.timetz())


class AskedStore(MemoryStore):
    """Counts how often it is asked for embeddings."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def embeddings(self, image_ids: Sequence[str]) -> dict[str, tuple[str, Embedding]]:
        """See ``ResultStore.embeddings``."""
        self.asked += 1
        return super().embeddings(image_ids)


def results_of(seen: Seen, prefix: str = "", ago: timedelta = timedelta(0)) -> list[Result]:
    """Images as the archive has them, each day's in the minutes after noon."""
    made = []
    for number, (kind, score, embedding) in enumerate(
        zip(seen.kinds, seen.scores, quantize(seen.features), strict=True)
    ):
        at = datetime.combine(date.fromisoformat(seen.days[number]), NOON.timetz()) + timedelta(minutes=number % 50)
        one = result(f"{prefix}{number}.jpg", KINDS[kind], score=float(score), completed_at=at - ago)
        said = (Prediction(label=KINDS[kind], score=float(score)), Prediction(label="other", score=0.0))
        made.append(one.model_copy(update={"predictions": said, "embedding": embedding}))
    return made


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day of the last image is today."""
    monkeypatch.setattr(statistics_views, "now", lambda: NOW)


@pytest.fixture
def registry(tmp_path: Path) -> MemoryRegistry:
    """A registry in which the model's first version says what it was trained for, and the second does not."""
    registry = MemoryRegistry()
    registry.register(write_bundle(tmp_path / "1", 1, "test", reference=TRAINING.reference().to_json()))
    registry.register(write_bundle(tmp_path / "2", 2, "test"))
    registry.register(write_bundle(tmp_path / "3", 3, "test", reference="{}"))
    registry.register(write_bundle(tmp_path / "4", 4, "test", reference=see(CHANCE, 49).reference().to_json()))
    registry.register(write_bundle(tmp_path / "5", 5, "test", reference=see(CHANCE, 75).reference(25).to_json()))
    return registry


def look(results: Sequence[Result], registry: MemoryRegistry, **query: object) -> DriftReport:
    """What is found in an archive with these results."""
    store = MemoryStore()
    store.write(results)
    over = archive(store, references=BundleReferences(registry, None))
    with api(over, raises=True) as client:
        answer = client.get("/v1/drift", params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return DriftReport.model_validate_json(answer.content)


def test_images_like_those_of_the_training_are_steady(registry: MemoryRegistry) -> None:
    report = look(results_of(ALIKE), registry)
    assert (report.model, report.reference, report.verdict) == (MODEL, "training", "steady")
    assert (report.since, report.until) == (FIRST_DAY, date(2026, 11, 23))
    assert [(one.aspect, one.verdict) for one in report.figures] == [
        ("labels", "steady"),
        ("scores", "steady"),
        ("embeddings", "steady"),
    ]
    assert {(one.images, one.reference_images) for one in report.figures} == {(350, 400)}


def test_drift_is_told_with_the_labels_whose_shares_have_changed(registry: MemoryRegistry) -> None:
    report = look(results_of(OTHERS), registry)
    labels, scores, embeddings = report.figures
    assert (report.verdict, labels.verdict, embeddings.verdict) == ("drift", "drift", "drift")
    assert {share.name for share in labels.shares} == set(KINDS)
    assert labels.shares[0].name == "intact"
    assert labels.shares[0].reference == pytest.approx(MIX[1], abs=0.1)
    assert labels.shares[0].window == pytest.approx(0.2, abs=0.1)
    assert [share.name for share in scores.shares] == [f"{number * 0.05:.2f}" for number in range(20)]
    assert embeddings.shares == ()


def test_other_days_of_the_archive_can_be_compared_with(registry: MemoryRegistry) -> None:
    earlier = results_of(TRAINING, "earlier/", timedelta(weeks=4))
    baseline = {"baseline_since": "2026-10-19", "baseline_until": "2026-10-26"}
    steady = look([*earlier, *results_of(ALIKE)], registry, **baseline)
    assert (steady.reference, steady.verdict, steady.baseline_until) == ("archive", "steady", date(2026, 10, 26))
    assert look([*earlier, *results_of(OTHERS)], registry, **baseline).verdict == "drift"
    none = look([*earlier, *results_of(OTHERS)], registry, baseline_since="2026-09-01", baseline_until="2026-09-08")
    assert (none.verdict, none.figures[2].reference_images) == ("unknown", 0)
    assert none.figures[0].note == "what is compared with has 0 images with labels, and 50 are needed: take more days"


@pytest.mark.parametrize(
    ("version", "lacking"),
    [
        (4, "has 49 images with labels, and 50 are needed"),
        (5, "has too few groups, or one that is too large: it counts as 3 parts of equal sizes, and 17 are needed"),
    ],
)
def test_a_training_that_was_too_small_says_so_and_not_to_take_more_days(
    version: int, lacking: str, registry: MemoryRegistry
) -> None:
    of_version = [
        one.model_copy(update={"model": one.model.model_copy(update={"version": version})})
        for one in results_of(ALIKE)
        if one.model
    ]
    report = look(of_version, registry, model=f"test:{version}")
    assert (report.reference, report.verdict) == ("training", "unknown")
    note = report.figures[0].note
    assert note is not None
    assert note.startswith(f"the validation split of the training {lacking}")
    assert note.endswith(": choose days of the archive as the baseline, or train on more")


def test_few_days_say_nothing(registry: MemoryRegistry) -> None:
    report = look(results_of(OTHERS), registry, since="2026-11-20")
    assert report.until == date(2026, 11, 27)
    assert report.verdict == "unknown"
    assert report.figures[0].note == (
        "there are images of 3 days, and 4 are needed, because images of one day resemble each other: take more days"
    )


def test_without_embeddings_labels_and_scores_are_judged(registry: MemoryRegistry) -> None:
    bare = [one.model_copy(update={"embedding": None}) for one in results_of(ALIKE)]
    report = look(bare, registry)
    assert [one.verdict for one in report.figures] == ["steady", "steady", "unknown"]
    assert report.verdict == "steady"
    assert report.figures[2].note == "these days have 0 images with embeddings, and 50 are needed: take more days"


def test_where_nothing_can_be_compared_the_note_says_what_to_do(registry: MemoryRegistry) -> None:
    assert look([], registry).note == "no image was classified in these days: take others"
    found = look(results_of(ALIKE), registry, model="test:2")
    assert (found.reference, found.verdict, found.figures) == (None, "unknown", ())
    assert found.note is not None
    assert "choose days of the archive as the baseline" in found.note
    assert look([], registry, model="../../x").note == found.note.replace("test:2", "../../x")


def test_a_reference_that_cannot_be_used_is_named(registry: MemoryRegistry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING")
    note = look(results_of(ALIKE), registry, model="test:3").note
    assert note is not None
    assert note.startswith("reference.json of test:3 cannot be used: ")
    assert note in caplog.text


def test_without_a_registry_the_bundle_of_the_service_says_it(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "local", 1, "test", reference=TRAINING.reference().to_json()).folder
    references = BundleReferences(None, folder)
    assert references.of(MODEL) == TRAINING.reference()
    assert references.of("test:2") is None


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-11-22&until=2026-11-22",
        "since=2026-01-01&until=2026-11-22",
        "baseline_since=2026-11-01",
        "baseline_since=2026-11-02&baseline_until=2026-11-01",
        "baseline=training",
    ],
)
def test_what_cannot_be_compared_is_refused(query: str) -> None:
    with api(archive()) as client:
        assert client.get(f"/v1/drift?{query}").status_code == 422


def test_an_answer_is_remembered_for_a_while(registry: MemoryRegistry) -> None:
    results, seconds = results_of(ALIKE), 0.0
    store = AskedStore()
    store.write(results)
    look = DriftLook(store, BundleReferences(registry, None), lambda: seconds)
    first = look.report(DriftQuery())
    asked = store.asked
    assert look.report(DriftQuery()) is first
    seconds = REMEMBERED_S
    assert look.report(DriftQuery()) == first
    assert store.asked == 2 * asked
    look.report(DriftQuery(container="images"))
    assert store.asked == 3 * asked


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ResultStore]:
    """Each kind of archive on one machine."""
    with closing(MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "results.sqlite")) as store:
        yield store


def test_embeddings_are_of_a_bounded_sample_of_the_days(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOMENTS", 14)
    monkeypatch.setattr(streams, "AT_A_MOMENT", 5)
    results = results_of(ALIKE)
    store.write([*results, *results_of(OTHERS, "before/", timedelta(days=7))])
    vectors, days = Stream(store, MODEL, FIRST_DAY, date(2026, 11, 23)).embeddings()
    assert len(vectors) == len(days) == 70
    assert sorted(set(days)) == sorted(set(ALIKE.days))
    kept = {one.embedding.values for one in results if one.embedding}
    assert {vector.tobytes() for vector in vectors} <= kept
    assert not len(Stream(store, "test:9", FIRST_DAY, date(2026, 11, 23)).embeddings()[0])


def test_a_sample_has_the_more_images_of_a_time_the_more_there_were() -> None:
    busy: ByDay = {("2026-11-16", str(slot)): 900 for slot in range(9)}
    quiet: ByDay = {("2026-11-17", str(slot)): 9 for slot in range(100)}
    found = spans({**busy, **quiet})
    assert sum(span.images for span in found) == 9000
    assert all(span.images >= AT_A_MOMENT for span in found[:-1])
    chosen = [span.day for span in spread(found)]
    assert len(chosen) == MOMENTS
    assert chosen.count("2026-11-16") == 45
    assert list(spread([])) == []


def test_the_command_shows_figures_and_fails_after_drift(registry: MemoryRegistry, unused_port: int) -> None:
    results = results_of(OTHERS)
    store = MemoryStore()
    store.write(results)
    over = archive(store, references=BundleReferences(registry, None))
    with serving(over, unused_port) as url:
        done = loupe("drift", url=url)
        as_json = loupe("drift", "--json", url=url)
        steady = loupe("drift", "--baseline", "2026-11-16..2026-11-23", url=url)
        nothing = loupe("drift", "--model", "test:2", url=url)
        refused = said(2, "drift", "--baseline", "2026-11-16..2026-11-16", url=url)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.exit_code == as_json.exit_code == 1
    assert lines[0] == "test:1, 2026-11-16 to 2026-11-23, compared with its training: drift"
    assert [line.split()[:2] for line in lines[3:6]] == [
        ["labels", "drift"],
        ["scores", "steady"],
        ["embeddings", "drift"],
    ]
    assert lines[8].startswith("intact ")
    assert json.loads(as_json.stdout)["verdict"] == "drift"
    assert (steady.exit_code, "compared with 2026-11-16 to 2026-11-23: steady" in steady.stdout) == (0, True)
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "choose days of the archive as the baseline" in nothing.stderr
    assert "must lie before" in refused


@pytest.mark.parametrize("days", ["2026-11-16", "yesterday..today", "2026-11-16..", "2026-11-16..2026-11-31"])
def test_what_are_no_days_is_refused(days: str) -> None:
    done = loupe("drift", "--baseline", days)
    assert (done.exit_code, "write one such as" in " ".join(done.stderr.split())) == (2, True)


def test_the_command_shows_what_the_client_gives(unused_port: int) -> None:
    with serving(archive(), unused_port) as url:
        assert json.loads(shown("drift", "--json", url=url))["verdict"] == "unknown"
