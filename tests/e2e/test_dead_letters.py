"""Operators find what was set aside, have it handled when the reason is mended, and have images classified again."""

from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest
import redis
from azure.storage.blob import ContainerClient

from loupe_client import Loupe, NotFound
from loupe_local.azurite import CONTAINER, EVENT_QUEUE
from loupe_local.stack import Stack
from loupe_shared.adapters.broker import KEY_PREFIX, CeleryPublisher, make_celery
from loupe_shared.api.operate import DeadLetter
from loupe_shared.domain import ImageRef, Outcome, Reason, now
from loupe_shared.messages import StoreBatch
from loupe_shared.result import Result
from loupe_shared.settings import QueueSettings
from tests.e2e.conftest import Outcome as GetOutcome
from tests.factories import SAMPLES, image_ref, result
from tests.waiting import wait_for

COFFEE = (SAMPLES / "coffee.png").read_bytes()


@pytest.fixture
def loupe(stack: Stack) -> Iterator[Loupe]:
    """A client. No dead letter is left when the test ends."""
    with Loupe(stack.api) as loupe:
        yield loupe
        loupe.dismiss_matching()


def found(loupe: Loupe, source: str, reason: str) -> DeadLetter:
    """Waits for the dead letter of a source with such a reason."""

    def first() -> DeadLetter | None:
        return next(loupe.dead_letters(source=source, reason=reason), None)  # type: ignore[arg-type]

    return wait_for(first, f"a dead letter in {source}")


def test_poison_and_a_malformed_job_are_found_and_dismissed(stack: Stack, loupe: Loupe) -> None:
    with stack.azurite.queues() as queues:
        queues.get_queue_client(EVENT_QUEUE).send_message('{"subject": "no event"}')
    with make_celery(QueueSettings(broker_url=stack.valkey.url)) as app:
        app.send_task("loupe.classify", kwargs={"message": '{"version":1,"images":[]}'}, queue="classify")
    event, job = found(loupe, "events", "not an event"), found(loupe, "classify", "malformed")
    assert event.at
    assert job.at
    assert loupe.dead_letter(event.id).message == '{"subject": "no event"}'
    told = loupe.dead_letter(job.id)
    assert told.message == '{"version":1,"images":[]}'
    assert told.obstacle
    refused = loupe.replay([job.id])
    assert (refused.replayed, [one.id for one in refused.refusals]) == (0, [job.id])

    # Nothing is mended, so the event comes back as a new letter.
    assert loupe.replay([event.id]).replayed == 1
    again = found(loupe, "events", "not an event")
    assert again.id != event.id

    assert loupe.dismiss([again.id, job.id, event.id]).model_dump() == {"dismissed": 2, "missing": 1, "more": False}
    with pytest.raises(NotFound, match="no dead letter"):
        loupe.dead_letter(job.id)
    assert list(loupe.dead_letters()) == []


def test_a_result_whose_reason_is_mended_is_stored(stack: Stack, loupe: Loupe, outcome: GetOutcome) -> None:
    """As a worker of another version would have set it aside, for a reason that is not there any more."""
    stored = result("dead-letters/stored.jpg", "cat")
    batch = StoreBatch(results=(stored,))
    with make_celery(QueueSettings(broker_url=stack.valkey.url)) as app:
        letter = {"message": batch.to_json(), "reason": "DiskFull: no space left", "at": now().isoformat()}
        app.send_task("loupe.dead-letter", kwargs=letter, queue="store-dead")
    dead = found(loupe, "store", "no space")
    assert [name.blob for name in dead.images] == ["dead-letters/stored.jpg"]
    assert loupe.replay_matching(source="store", reason="no space").replayed == 1
    assert outcome("dead-letters/stored.jpg").label == "cat"
    wait_for(lambda: loupe.pipeline().outstanding == 0, "nothing to be outstanding")
    assert list(loupe.dead_letters(source="store")) == []


def test_a_rejected_image_whose_blob_is_fine_is_classified_again(
    stack: Stack, loupe: Loupe, container: ContainerClient, outcome: GetOutcome, api: httpx2.Client
) -> None:
    """As if decoding it had taken too long, on a machine that was busy."""
    name = "dead-letters/late.png"
    container.upload_blob(name, COFFEE, overwrite=True)
    image: ImageRef = outcome(name).image
    rejected = Result(
        image=image.model_copy(update={"requested_at": now()}),
        outcome=Outcome.REJECTED,
        reason=Reason.DECODE_TIMEOUT,
        completed_at=now(),
    )
    with make_celery(QueueSettings(broker_url=stack.valkey.url)) as app:
        CeleryPublisher(app).publish([StoreBatch(results=(rejected,))])
    wait_for(lambda: outcome(name).outcome is Outcome.REJECTED, "the rejection")

    asked = loupe.reclassify_matching(prefix="dead-letters/late", reason="decode_timeout")
    assert (asked.asked, asked.deleted, asked.next) == (1, 0, None)
    wait_for(lambda: outcome(name).label == "espresso", "the new answer")
    answer = outcome(name)
    assert answer.image.requested_at
    assert answer.timings_ms.queued < 60_000
    outcomes = {one["outcome"] for one in api.get(f"/v1/history/{CONTAINER}/{name}").json()["images"]}
    assert outcomes == {"classified", "rejected"}


def test_what_names_no_image_is_missing_and_what_is_deleted_is_left_out(
    loupe: Loupe, container: ContainerClient, outcome: GetOutcome
) -> None:
    name = "dead-letters/gone.png"
    container.upload_blob(name, COFFEE, overwrite=True)
    outcome(name)
    container.delete_blob(name)
    wait_for(lambda: outcome(name).outcome is Outcome.DELETED, "the deletion")
    asked = loupe.reclassify([(CONTAINER, name), (CONTAINER, "never/was.png")])
    assert (asked.asked, asked.deleted, [one.blob for one in asked.missing]) == (0, 1, ["never/was.png"])


def test_dead_letters_are_counted_by_the_pipeline(stack: Stack, loupe: Loupe) -> None:
    with closing(redis.Redis.from_url(stack.valkey.url)) as client:
        client.lpush(f"{KEY_PREFIX}store-dead", image_ref().to_json())
    assert {queue.name: queue.dead for queue in loupe.pipeline().queues} == {"classify": 0, "backfill": 0, "store": 1}
    assert loupe.dismiss_matching(source="store").dismissed == 1
    assert [queue.dead for queue in loupe.pipeline().queues] == [0, 0, 0]
