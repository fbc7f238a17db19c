"""What every store of comparisons promises, on each of them, and what some of them promise alone."""

import random
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from azure.cosmos import CosmosClient
from pydantic import SecretStr

from loupe_shared.adapters.cosmos_shadows import CosmosShadows, create_shadow_container
from loupe_shared.adapters.memory_shadows import MemoryShadows
from loupe_shared.adapters.sqlite_shadows import SqliteShadows, shadows_path
from loupe_shared.adapters.stores import open_shadow_store
from loupe_shared.domain import now
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.release.shadows import ShadowStore
from loupe_shared.settings import ShadowSettings
from loupe_shared.shadow import Pair
from tests.comparisons import comparison
from tests.cosmos_account import account_database
from tests.cosmos_faults import FaultyTransport, some, through

ODD = "a/b\\c?d#e 'f' \"g\" ß"


@pytest.fixture(params=["memory", "sqlite", "cosmos", pytest.param("account", marks=pytest.mark.account)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShadowStore]:
    """An empty store of each kind."""
    match request.param:
        case "memory":
            made: ShadowStore = MemoryShadows()
        case "sqlite":
            made = SqliteShadows(tmp_path / "results.shadows.sqlite")
        case "cosmos":
            client: CosmosClient = request.getfixturevalue("cosmos")
            database = client.create_database_if_not_exists("loupe")
            made = CosmosShadows(create_shadow_container(database, f"shadows-{uuid.uuid4().hex}"))
        case _:
            database = account_database()
            container = create_shadow_container(database, f"shadows-{uuid.uuid4().hex}")
            request.addfinalizer(lambda: database.delete_container(container))  # noqa: PT021  (only here)
            made = CosmosShadows(container)
    yield made
    made.close()


def test_where_nothing_was_compared_nothing_is_found(store: ShadowStore) -> None:
    store.check()
    store.write([])
    assert store.count("test", 2) == {}
    assert store.surest("test", 2, 1, 10) == []


def test_comparisons_are_counted_by_what_was_said(store: ShadowStore) -> None:
    store.write(
        [
            comparison("a", "cat", "dog"),
            comparison("b", "cat", "dog"),
            comparison("c", "cat", "cat"),
            comparison("d", "dog", "cat"),
            comparison("e", ODD, f"{ODD}!"),
            comparison("a", "cat", "cat", serving=3),
            comparison("a", "cat", "owl", version=4),
            comparison("a", "cat", "owl", model="other"),
        ]
    )
    assert store.count("test", 2) == {
        Pair(1, "cat", "dog"): 2,
        Pair(1, "cat", "cat"): 1,
        Pair(1, "dog", "cat"): 1,
        Pair(1, ODD, f"{ODD}!"): 1,
        Pair(3, "cat", "cat"): 1,
    }
    assert store.count("test", 4) == {Pair(1, "cat", "owl"): 1}
    assert store.count("other", 2) == {Pair(1, "cat", "owl"): 1}


def test_what_comes_again_is_counted_once_and_the_first_stays(store: ShadowStore) -> None:
    store.write([comparison("a"), comparison("a", shadow="owl"), comparison("b")])
    store.write([comparison("a", shadow="owl"), comparison("c")])
    assert store.count("test", 2) == {Pair(1, "cat", "dog"): 3}
    assert {one.image.blob: one.shadow.label for one in store.surest("test", 2, 1, 10)} == dict.fromkeys("abc", "dog")


def test_another_version_of_the_picture_is_another_comparison(store: ShadowStore) -> None:
    store.write([comparison("a"), comparison("a", etag="0x2")])
    assert store.count("test", 2) == {Pair(1, "cat", "dog"): 2}


def test_the_surest_disagreements_come_first(store: ShadowStore) -> None:
    found = [
        comparison("doubtful", scores=(0.9, 0.2)),
        comparison("surest", scores=(0.8, 0.9)),
        comparison("sure", scores=(0.7, 0.75)),
        comparison("agrees", "cat", "cat", scores=(1.0, 1.0)),
        comparison("elsewhere", serving=3, scores=(1.0, 1.0)),
        comparison("another", version=4, scores=(1.0, 1.0)),
    ]
    store.write(found)
    assert store.surest("test", 2, 1, 10) == [found[1], found[2], found[0]]
    assert store.surest("test", 2, 1, 2) == [found[1], found[2]]


def test_many_writers_with_much_in_common_count_exactly(store: ShadowStore) -> None:
    drawn = random.Random(7)
    labels = ("cat", "dog", "owl")
    every = [comparison(f"{n}.jpg", drawn.choice(labels), drawn.choice(labels), version=2 + n % 2) for n in range(120)]
    batches = [drawn.sample(every, 30) for _ in range(12)] + [every[start : start + 40] for start in (0, 40, 80)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(store.write, batches))
    for version in (2, 3):
        expected = Counter(one.pair for one in every if one.shadow.version == version)
        assert store.count("test", version) == expected


@pytest.mark.parametrize("seed", range(4))
def test_whatever_cosmos_db_does_each_comparison_is_counted_once(
    cosmos: CosmosClient, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loupe_shared.adapters.cosmos_requests.BACKOFF_S", 0.01)
    container = create_shadow_container(cosmos.create_database_if_not_exists("loupe"), f"shadows-{uuid.uuid4().hex}")
    transport, happened = FaultyTransport(), Counter[str]()
    transport.plan = some(0.3, seed, happened)
    store = CosmosShadows(through(transport, container))
    every = [comparison(f"{n}.jpg") for n in range(60)]
    for start in (0, 20, 40):
        store.write(every[start : start + 20])
    assert happened
    assert CosmosShadows(container).count("test", 2) == {Pair(1, "cat", "dog"): 60}


def test_the_settings_say_which_container(cosmos: CosmosClient) -> None:
    container = create_shadow_container(cosmos.create_database_if_not_exists("loupe"), f"shadows-{uuid.uuid4().hex}")

    def settings(name: str) -> ShadowSettings:
        return ShadowSettings(
            results_store="cosmos",
            cosmos_endpoint=cosmos.client_connection.url_connection,
            cosmos_key=SecretStr("a2V5"),
            cosmos_shadow_container=name,
            shadow_days=2,
        )

    store = open_shadow_store(settings(container.id))
    store.check()
    store.write([comparison()])
    documents = container.query_items("SELECT * FROM c", enable_cross_partition_query=True)
    assert {document["kind"]: document.get("ttl") for document in documents} == {"comparison": 172_800, "counts": None}
    with pytest.raises(ConfigurationError, match="loupe/none cannot be opened"):
        open_shadow_store(settings("none"))


def test_what_is_missing_is_not_taken_for_empty(cosmos: CosmosClient) -> None:
    database = cosmos.create_database_if_not_exists("loupe")
    container = create_shadow_container(database, f"shadows-{uuid.uuid4().hex}")
    store = CosmosShadows(container)
    database.delete_container(container.id)
    for ask in (
        store.check,
        lambda: store.write([comparison()]),
        lambda: store.count("test", 2),
        lambda: store.surest("test", 2, 1, 10),
    ):
        with pytest.raises(StoreUnavailable, match="404"):
            ask()


def test_the_file_lies_beside_that_of_the_results(tmp_path: Path) -> None:
    assert shadows_path(Path("a/results.sqlite")) == Path("a/results.shadows.sqlite")
    store = open_shadow_store(ShadowSettings(sqlite_path=tmp_path / "results.sqlite"))
    store.write([comparison()])
    store.close()
    with closing(sqlite3.connect(tmp_path / "results.shadows.sqlite")) as other:
        assert other.execute("SELECT answered, label, images FROM counts").fetchall() == [("cat", "dog", 1)]


def test_a_file_forgets_comparisons_in_time_but_not_their_counts(tmp_path: Path) -> None:
    store = SqliteShadows(tmp_path / "results.shadows.sqlite", days=2)
    store.write([comparison("old", at=now() - timedelta(days=3)), comparison("new", at=now() - timedelta(days=1))])
    assert [one.image.blob for one in store.surest("test", 2, 1, 10)] == ["new"]
    assert store.count("test", 2) == {Pair(1, "cat", "dog"): 2}
    store.close()
