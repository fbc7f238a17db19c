"""What the query API says of queues and workers."""

from loupe_shared.adapters.memory_workers import MemoryWorkers
from loupe_shared.adapters.queues import ValkeyQueues
from loupe_shared.adapters.workers import ValkeyWorkers
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.pipeline import Backlog, QueueDepth, WorkerReport
from loupe_shared.result import Precision
from loupe_shared.settings import BrokerSettings
from tests.apps import api, archive
from tests.factories import NOON

BACKLOG = Backlog(
    outstanding=100,
    queues=(
        QueueDepth(name="classify", waiting=3, running=2, dead=1),
        QueueDepth(name="store", waiting=0, running=1, dead=0),
    ),
)


class Queues:
    """Queues with much in them."""

    def backlog(self) -> Backlog:
        """The same at all times."""
        return BACKLOG


def test_queues_and_workers() -> None:
    workers = MemoryWorkers()
    workers.report(WorkerReport(service="results", name="b:1", started_at=NOON, images=5, images_per_minute=4))
    workers.report(
        WorkerReport(
            service="inference",
            name="a:1",
            model="test:1",
            precision=Precision.FP32,
            device="cpu",
            started_at=NOON,
            images=7,
            images_per_minute=6,
        )
    )
    with api(archive(queues=Queues(), workers=workers)) as client:
        answer = client.get("/v1/pipeline").json()
    Pipeline.model_validate(answer)
    moments = [worker.pop("reported_at") for worker in answer["workers"]]
    assert moments == [worker.reported_at.isoformat().replace("+00:00", "Z") for worker in workers.all()]
    assert answer == {
        "outstanding": 100,
        "queues": [
            {"name": "classify", "waiting": 3, "running": 2, "dead": 1},
            {"name": "store", "waiting": 0, "running": 1, "dead": 0},
        ],
        "workers": [
            {
                "service": "inference",
                "name": "a:1",
                "model": "test:1",
                "precision": "fp32",
                "device": "cpu",
                "started_at": "2026-11-22T12:00:00Z",
                "images": 7,
                "images_per_minute": 6,
            },
            {
                "service": "results",
                "name": "b:1",
                "model": None,
                "precision": None,
                "device": None,
                "started_at": "2026-11-22T12:00:00Z",
                "images": 5,
                "images_per_minute": 4,
            },
        ],
    }


def test_without_workers() -> None:
    with api(archive()) as client:
        assert client.get("/v1/pipeline").json() == {"outstanding": 0, "queues": [], "workers": []}


def test_a_broker_that_is_away_is_503(unused_port: int) -> None:
    away = BrokerSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0")
    for parts in ({"queues": ValkeyQueues(away)}, {"workers": ValkeyWorkers(away)}):
        with api(archive(**parts)) as client:
            answer = client.get("/v1/pipeline")
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
        assert "does not answer" in answer.json()["detail"]
