"""The results writer in a real worker, over a real broker and a real file."""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import redis
from celery.contrib.testing.worker import start_worker

from loupe_results import group
from loupe_results.writer import Writer
from loupe_shared.adapters import sqlite_file
from loupe_shared.adapters import worker as worker_adapter
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.changes import KEY as CHANGES
from loupe_shared.adapters.changes import ValkeyAnnouncer
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.adapters.worker import consume
from loupe_shared.messages import StoreBatch
from loupe_shared.result import Result
from loupe_shared.settings import QueueSettings
from tests.factories import result
from tests.stored import labels, outcomes
from tests.waiting import wait_for

HANDLERS = 8
BATCHES = [StoreBatch(results=tuple(result(f"{batch}/{n}.jpg") for n in range(4))) for batch in range(40)]
IDS = [one.image.id for batch in BATCHES for one in batch.results]


@pytest.fixture(autouse=True)
def _quick(valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    valkey_client.flushall()
    monkeypatch.setattr(worker_adapter, "_delay_s", lambda *_: 0)
    monkeypatch.setattr(group, "GATHER_S", 1.0)
    monkeypatch.setattr(sqlite_file, "TIMEOUT_S", 0.1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the results are."""
    return tmp_path / "results.sqlite"


@contextmanager
def writing(settings: QueueSettings, store: SqliteStore) -> Iterator[None]:
    """Publish all batches and let a worker write them until the block ends."""
    outstanding = ValkeyOutstanding(settings)
    outstanding.add([one.image for batch in BATCHES for one in batch.results])
    with make_celery(settings) as publishes:
        CeleryPublisher(publishes).publish(BATCHES)
    with make_celery(settings, consumes="store") as app:
        writer = Writer(store, outstanding, ValkeyAnnouncer(settings), HANDLERS)
        consume(app, StoreBatch, writer.handle, give_up=writer.settle)
        options = {"pool": "threads", "concurrency": HANDLERS, "queues": ["store"], "perform_ping_check": False}
        with start_worker(app, **options, shutdown_timeout=30):
            yield
    store.close()


def settled(client: redis.Redis) -> bool:
    """Whether no message waits or is being handled, and no outcome is outstanding."""
    return not any(
        (
            client.llen("{loupe}:store"),
            client.hlen("{loupe}:unacked-store"),
            client.hlen("{loupe}:outstanding"),
        )
    )


def test_batches_that_come_at_once_are_written_in_fewer_transactions(
    broker_settings: QueueSettings, valkey_client: redis.Redis, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "loupe_results.writer")
    store = SqliteStore(path)
    with writing(broker_settings, store):
        wait_for(lambda: settled(valkey_client), "all batches")
        assert set(store.find(IDS)) == set(IDS)
        assert valkey_client.xlen(CHANGES) == len(IDS)
    groups = [record for record in caplog.records if record.name == "loupe_results.writer"]
    assert len(groups) < len(BATCHES)


def test_while_the_store_takes_nothing_all_waits(
    broker_settings: QueueSettings, valkey_client: redis.Redis, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "loupe_shared.adapters.worker")
    store = SqliteStore(path)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        with writing(broker_settings, store):
            wait_for(lambda: caplog.text.count("put back") >= HANDLERS, "batches that are put back")
            assert valkey_client.hlen("{loupe}:outstanding") == len(IDS)
            assert outcomes(store) == {}
            other.execute("ROLLBACK")
            wait_for(lambda: settled(valkey_client), "all batches")
            assert set(store.find(IDS)) == set(IDS)
            assert labels(store) == {"cat": len(IDS)}


def test_a_result_that_can_never_be_written_costs_no_other(
    broker_settings: QueueSettings, valkey_client: redis.Redis, path: Path
) -> None:
    class Refusing(SqliteStore):
        def write(self, results: Sequence[Result]) -> list[Result]:
            if any(one.image.id == IDS[17] for one in results):
                raise KeyError("a mistake")
            return super().write(results)

    store = Refusing(path)
    with writing(broker_settings, store):
        wait_for(lambda: valkey_client.llen("{loupe}:store-dead") and settled(valkey_client), "the dead letter")
        assert set(store.find(IDS)) == {*IDS} - {IDS[17]}
        assert labels(store) == {"cat": len(IDS) - 1}
    assert valkey_client.llen("{loupe}:store-dead") == 1
