"""KEDA counts what Loupe counts."""

from typing import Any

import pytest
import redis

from loupe_batch.runner import MAX_OPEN
from loupe_batch.settings import BatchSettings
from loupe_shared.adapters.broker import QUEUES, dead_letter_queue, make_celery
from loupe_shared.api.jobs import JobRequest
from loupe_shared.batch.job import CHUNK
from loupe_shared.messages import BackfillJob, ClassifyJob, StoreBatch
from loupe_shared.settings import QueueSettings
from tests.helm import CPU, INSTALLATIONS, Manifest, environment, of_kind, render, services

SCALED = {"loupe-inference": ClassifyJob.queue, "loupe-backfill": BackfillJob.queue, "loupe-results": StoreBatch.queue}
MINI_BATCH = JobRequest.model_fields["mini_batch_size"].default


def measure(client: redis.Redis, key: str) -> int:
    """How large a key is, as the scaler asks for it: it looks what it is first."""
    return int(client.hlen(key) if client.type(key) == "hash" else client.llen(key))


def scaled(manifests: list[Manifest], name: str) -> dict[str, Any]:
    """What a ScaledObject says."""
    return dict(of_kind(manifests, "ScaledObject")[name]["spec"])


@pytest.mark.parametrize(("name", "queue"), SCALED.items())
def test_keda_measures_the_jobs_that_wait_and_run(
    name: str, queue: str, broker_settings: QueueSettings, valkey_client: redis.Redis
) -> None:
    valkey_client.flushdb()
    triggers = scaled(render(CPU), name)["triggers"]
    app = make_celery(broker_settings, consumes=queue)
    with app.connection_for_write() as connection, connection.channel() as channel:
        for other in QUEUES:
            for number in range(5):
                app.send_task("loupe.test", kwargs={"number": number}, queue=other)
            app.send_task("loupe.test", queue=dead_letter_queue(other))
        assert all(channel.basic_get(queue) for _ in range(2))  # held for as long as the channel is open
        measured = {trigger["name"]: measure(valkey_client, trigger["metadata"]["listName"]) for trigger in triggers}
    assert measured == {"waiting": 3, "running": 2}


def test_pods_are_as_many_as_the_sum_asks_for(manifests: list[Manifest]) -> None:
    for name in of_kind(manifests, "ScaledObject").keys() & SCALED.keys():
        spec = scaled(manifests, name)
        modifiers = spec["advanced"]["scalingModifiers"]
        assert modifiers["formula"] == "waiting + running"
        assert {trigger["name"] for trigger in spec["triggers"]} == {"waiting", "running"}
        assert {trigger["metadata"]["listLength"] for trigger in spec["triggers"]} == {modifiers["target"]}


def test_one_batch_job_is_enough_for_all_workers_of_batch_jobs(manifests: list[Manifest]) -> None:
    found = of_kind(manifests, "ScaledObject").get("loupe-backfill")
    told = environment(services(manifests)["batch"])
    if found is None:
        assert "LOUPE_BATCH_WINDOW" not in told
        return
    spec = found["spec"]
    images = spec["maxReplicaCount"] * int(spec["advanced"]["scalingModifiers"]["target"]) * MINI_BATCH
    assert int(told["LOUPE_BATCH_WINDOW"] or 0) >= images
    assert images <= (MAX_OPEN - 1) * CHUNK  # which is as much as a job opens of its input


def test_the_window_of_batch_jobs_follows_the_workers_unless_it_is_set() -> None:
    def window(changes: dict[str, object]) -> int:
        return int(environment(services(render(CPU, changes))["batch"])["LOUPE_BATCH_WINDOW"] or 0)

    assert window({"backfill.keda.maxReplicas": 16}) >= 16 * 16 * MINI_BATCH
    assert window({"backfill.keda.maxReplicas": 1}) == BatchSettings.model_fields["batch_window"].default
    assert window({"backfill.keda.maxReplicas": 1000}) == 100_000  # more would not be accepted
    assert window({"settings.LOUPE_BATCH_WINDOW": 77}) == 77
    assert window({"settings.LOUPE_BATCH_WINDOW": 77, "batch.settings.LOUPE_BATCH_WINDOW": 78}) == 78


def test_workers_go_to_zero_and_come_back_for_the_first_job() -> None:
    spec = scaled(render(INSTALLATIONS["prod-gpu"]), "loupe-inference")
    assert spec["minReplicaCount"] == 0
    assert spec["advanced"]["scalingModifiers"]["activationTarget"] == "0"  # active above it


def test_fewer_pods_come_slowly_and_one_at_a_time(manifests: list[Manifest]) -> None:
    for name, made in of_kind(manifests, "ScaledObject").items():
        down = made["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 300, name
        assert down["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 120}], name


def test_a_broker_that_is_silent_stops_no_pod(manifests: list[Manifest]) -> None:
    for name, made in of_kind(manifests, "ScaledObject").items():
        fallback = made["spec"]["fallback"]
        assert fallback["behavior"] == "currentReplicasIfHigher", name
        assert fallback["replicas"] >= max(1, made["spec"]["minReplicaCount"]), name


def test_what_triggers_sign_in_with_exists() -> None:
    manifests = render(CPU)
    authentications = of_kind(manifests, "TriggerAuthentication")
    for made in of_kind(manifests, "ScaledObject").values():
        for trigger in made["spec"]["triggers"]:
            assert trigger["authenticationRef"]["name"] in authentications
    broker = authentications["loupe-broker"]["spec"]["secretTargetRef"]
    assert broker == [{"parameter": "password", "name": "loupe-broker", "key": "password"}]
    assert authentications["loupe-ingestion"]["spec"]["podIdentity"]["provider"] == "azure-workload"


def test_ingestion_is_scaled_by_the_queue_that_it_reads() -> None:
    (trigger,) = scaled(render(CPU, {"settings.LOUPE_EVENT_QUEUE": "events-2"}), "loupe-ingestion")["triggers"]
    assert trigger["metadata"]["queueName"] == "events-2"
    assert trigger["metadata"]["queueLengthStrategy"] == "all"  # messages that a pod holds count, too


def test_one_value_turns_keda_off_and_cpu_on() -> None:
    manifests = render(CPU, {"inference.keda.enabled": False, "inference.hpa.enabled": True})
    assert "loupe-inference" not in of_kind(manifests, "ScaledObject")
    assert "loupe-inference" in of_kind(manifests, "HorizontalPodAutoscaler")
