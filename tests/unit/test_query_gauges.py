"""What the metrics say of the pipeline as a whole."""

from datetime import timedelta

import pytest

from loupe_query.gauges import queue_look
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.pipeline import Backlog, Lane, QueueDepth
from loupe_shared.settings import ServiceSettings
from loupe_shared.telemetry.exposition import Exposition
from tests.metering import Scrape

GIVEN_BY_THE_BROKER = ("loupe_queue_", "loupe_outstanding_", "loupe_oldest_", "loupe_dead_letters")


class Queues:
    """Queues with much in them, which can be away."""

    def __init__(self) -> None:
        self.away = False

    def backlog(self) -> Backlog:
        """The same at all times."""
        if self.away:
            raise BrokerUnavailable("the broker is away")
        depths = (
            QueueDepth(name="classify", waiting=3, running=2, dead=1),
            QueueDepth(name="backfill", waiting=0, running=0, dead=0),
            QueueDepth(name="store", waiting=0, running=4, dead=0),
        )
        return Backlog(outstanding=70, queues=depths)

    def lanes(self) -> list[Lane]:
        """The same at all times."""
        return [Lane("classify", 70, now() - timedelta(minutes=5)), Lane("backfill", 0, None)]


def test_queues_lanes_and_dead_letters() -> None:
    queues = Queues()
    with Exposition(ServiceSettings(metrics_port=0), "query", [queue_look(queues)]) as exposition:
        url = f"http://127.0.0.1:{exposition.port}/metrics"
        found = Scrape.of(url)
        assert found.value("loupe_broker_up") == 1
        assert [found.value("loupe_queue_jobs", queue="classify", state=s) for s in ("waiting", "running", "dead")] == [
            3,
            2,
            1,
        ]
        assert [found.value("loupe_queue_open_jobs", queue=queue) for queue in ("classify", "store")] == [5, 4]
        assert found.value("loupe_outstanding_images", queue="classify") == 70
        assert found.value("loupe_oldest_outstanding_seconds", queue="classify") == pytest.approx(300, abs=60)
        assert found.value("loupe_oldest_outstanding_seconds", queue="backfill") == 0
        assert found.value("loupe_dead_letters", source="classify") == 1

        queues.away = True
        found = Scrape.of(url)
        assert found.value("loupe_broker_up") == 0
        assert found.has("loupe_broker_up")
        assert not any(name.startswith(GIVEN_BY_THE_BROKER) for name, _, _ in found.samples)

        queues.away = False
        assert Scrape.of(url).value("loupe_queue_jobs", queue="store", state="running") == 4
