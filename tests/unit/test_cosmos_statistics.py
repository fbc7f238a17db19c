"""Counters that are read from Cosmos DB no more often than they must be."""

from datetime import date, timedelta
from typing import cast

import pytest

from loupe_shared.adapters.cosmos_archive import CosmosArchive
from loupe_shared.adapters.cosmos_container import READ_PATIENCE_S
from loupe_shared.adapters.cosmos_counts import changes, counts_document
from loupe_shared.adapters.cosmos_documents import Document
from loupe_shared.adapters.cosmos_queries import Query
from loupe_shared.adapters.cosmos_statistics import MARGIN_S, MAX_AGE_S, CosmosStatistics
from loupe_shared.counters import CountFilter, Kind
from loupe_shared.errors import StoreUnavailable
from loupe_shared.result import Result
from loupe_shared.succession import Succession
from tests.factories import NOON, result

LABELS = CountFilter((Kind.LABEL,))


class Shelf:
    """An archive with nothing but counts."""

    def __init__(self) -> None:
        self.time = 50.0
        self.documents: dict[tuple[str, str], Document] = {}
        self.asked: list[tuple[str | None, int]] = []
        self.away: set[str | None] = set()

    def now(self) -> float:
        """As it was set."""
        return self.time

    def buckets(self) -> list[str]:
        """Two."""
        return ["0001", "0002"]

    def query(self, query: Query, bucket: str | None, deadline: float) -> list[Document]:
        """Those that have changed since."""
        assert deadline == self.time + READ_PATIENCE_S
        if bucket in self.away:
            raise StoreUnavailable("away")
        (since,) = (parameter["value"] for parameter in query.parameters)
        self.asked.append((bucket, since))
        found = [document for document in self.documents.values() if document["_ts"] >= since]
        return [document for document in found if bucket in (None, document["bucket"])]

    def put(self, bucket: str, changed_at: int, *results: Result) -> None:
        """Let a bucket have these results and no others on a day."""
        ((day, keys),) = changes(Succession(one, None, ()) for one in results).items()
        document = counts_document(bucket, day, None, keys)
        self.documents[bucket, day] = document | {"_ts": changed_at}


@pytest.fixture
def shelf() -> Shelf:
    """Without anything on it."""
    return Shelf()


@pytest.fixture
def statistics(shelf: Shelf) -> CosmosStatistics:
    """What it says."""
    return CosmosStatistics(cast("CosmosArchive", shelf))


def by_label(statistics: CosmosStatistics, wanted: CountFilter = LABELS) -> dict[str, int]:
    """How many images have which label."""
    return {label: images for (label,), images in statistics.count(wanted, ["key"]).items()}


def test_buckets_and_days_are_added_up(shelf: Shelf, statistics: CosmosStatistics) -> None:
    tomorrow = result(label="dog", completed_at=NOON + timedelta(days=1))
    shelf.put("0001", 1000, result(), result("b"))
    shelf.put("0002", 1000, result("c"), result("d", "fox"))
    shelf.put("0002", 1000, tomorrow)
    assert by_label(statistics) == {"cat": 3, "fox": 1, "dog": 1}
    assert by_label(statistics, CountFilter((Kind.LABEL,), since=date(2026, 11, 23))) == {"dog": 1}
    assert by_label(statistics, CountFilter((Kind.LABEL,), until=date(2026, 11, 23))) == {"cat": 3, "fox": 1}


def test_only_what_has_changed_is_read_again(shelf: Shelf, statistics: CosmosStatistics) -> None:
    shelf.put("0001", 1000, result("a"), result("b"))
    shelf.put("0002", 2000, result("c"))
    assert by_label(statistics) == {"cat": 3}
    shelf.time += MAX_AGE_S
    shelf.put("0001", 3000, result("a"), result("b", "dog"))
    assert by_label(statistics) == {"cat": 2, "dog": 1}
    shelf.time += MAX_AGE_S
    assert by_label(statistics) == {"cat": 2, "dog": 1}
    assert shelf.asked == [("0002", 0), ("0001", 0), (None, 2000 - MARGIN_S), (None, 3000 - MARGIN_S)]


def test_a_first_reading_that_is_interrupted_goes_on(shelf: Shelf, statistics: CosmosStatistics) -> None:
    shelf.put("0001", 1000, result("a"))
    shelf.put("0002", 1000, result("b"))
    shelf.away = {"0001"}
    with pytest.raises(StoreUnavailable):
        by_label(statistics)
    shelf.put("0001", 9000, result("a"))
    shelf.put("0002", 2000, result("b"), result("c"))  # when it has been read already
    shelf.away.clear()
    assert by_label(statistics) == {"cat": 2}
    assert [bucket for bucket, _ in shelf.asked] == ["0002", "0001"]
    shelf.time += MAX_AGE_S
    assert by_label(statistics) == {"cat": 3}


def test_what_is_young_is_not_read_again(shelf: Shelf, statistics: CosmosStatistics) -> None:
    shelf.put("0001", 1000, result("a"))
    assert by_label(statistics) == {"cat": 1}
    shelf.put("0001", 1000, result("a"), result("b"))
    shelf.time += MAX_AGE_S / 2
    assert by_label(statistics) == {"cat": 1}
    shelf.time += MAX_AGE_S / 2
    assert by_label(statistics) == {"cat": 2}
    assert len(shelf.asked) == 3


def test_what_the_store_itself_wrote_is_read_at_once(shelf: Shelf, statistics: CosmosStatistics) -> None:
    shelf.put("0001", 1000, result("a"))
    assert by_label(statistics) == {"cat": 1}
    shelf.put("0001", 1001, result("a"), result("b"))
    statistics.outdate()
    assert by_label(statistics) == {"cat": 2}
    assert by_label(statistics) == {"cat": 2}
    assert len(shelf.asked) == 3


def test_what_could_not_be_read_is_not_taken_for_unchanged(shelf: Shelf, statistics: CosmosStatistics) -> None:
    shelf.put("0001", 1000, result("a"))
    assert by_label(statistics) == {"cat": 1}
    shelf.put("0001", 1001, result("a"), result("b"))
    statistics.outdate()
    shelf.away = {None}
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            by_label(statistics)
    shelf.away.clear()
    assert by_label(statistics) == {"cat": 2}
