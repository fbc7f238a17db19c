"""What every record of outstanding outcomes promises."""

import time

import pytest
import redis

from loupe_shared.adapters.memory import MemoryOutstanding
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.domain import ImageRef
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.ports import Outstanding
from loupe_shared.result import Result
from loupe_shared.settings import QueueSettings
from tests.factories import deletion, image_ref
from tests.waiting import wait_for

LONG_AGO = -1.0  # an age that everything has


@pytest.fixture(params=["memory", "valkey"])
def outstanding(request: pytest.FixtureRequest) -> Outstanding:
    """An empty record of each kind."""
    if request.param == "memory":
        return MemoryOutstanding()
    request.getfixturevalue("valkey_client").flushall()
    return ValkeyOutstanding(request.getfixturevalue("broker_settings"))


def lost(outstanding: Outstanding, after_s: float = LONG_AGO) -> list[ImageRef | Result]:
    """What is lost, in a known order."""
    return sorted(outstanding.lost(after_s), key=lambda due: due.model_dump_json())


def test_images_and_results_are_remembered_until_they_are_settled(outstanding: Outstanding) -> None:
    assert lost(outstanding) == []
    due: list[ImageRef | Result] = [image_ref("a", content_length=5), image_ref("ü/b"), deletion("c")]
    outstanding.add(due)
    assert lost(outstanding) == sorted(due, key=lambda one: one.model_dump_json())
    outstanding.settle([image_ref("a"), deletion("c").image])
    assert lost(outstanding) == [image_ref("ü/b")]
    outstanding.settle([image_ref("ü/b"), image_ref("stranger")])
    assert lost(outstanding) == []


def test_which_of_some_images_are_due(outstanding: Outstanding) -> None:
    outstanding.add([image_ref("a"), deletion("b")])
    ids = {name: image_ref(name).id for name in "abc"}
    assert outstanding.due(list(ids.values())) == {ids["a"], ids["b"]}
    assert outstanding.due([]) == set()
    outstanding.settle([image_ref("a")])
    assert outstanding.due([ids["a"]]) == set()


def test_what_is_young_is_not_lost(outstanding: Outstanding) -> None:
    outstanding.add([image_ref()])
    assert lost(outstanding, after_s=60) == []


def test_the_outcome_of_an_older_event_settles_nothing(outstanding: Outstanding) -> None:
    outstanding.add([image_ref(sequencer="02")])
    outstanding.settle([image_ref(sequencer="01")])
    assert lost(outstanding) == [image_ref(sequencer="02")]
    outstanding.settle([image_ref(sequencer="03")])
    assert lost(outstanding) == []


def test_an_older_event_does_not_hide_a_newer_one(outstanding: Outstanding) -> None:
    outstanding.add([image_ref(sequencer="02")])
    outstanding.add([image_ref(sequencer="01")])
    assert lost(outstanding) == [image_ref(sequencer="02")]


def test_what_is_written_down_again_is_young_again(outstanding: Outstanding) -> None:
    outstanding.add([image_ref()])
    started = time.time()
    wait_for(lambda: lost(outstanding, after_s=0.2), "it to be old enough")
    assert time.time() - started >= 0.2
    outstanding.add([image_ref()])
    assert lost(outstanding, after_s=0.2) == []


def test_what_waits_in_another_queue_is_lost_apart_and_settled_together(outstanding: Outstanding) -> None:
    outstanding.add([image_ref("live"), image_ref("both")])
    outstanding.add([image_ref("job"), image_ref("both")], "backfill")
    assert lost(outstanding) == [image_ref("both"), image_ref("live")]
    assert sorted(due.model_dump_json() for due in outstanding.lost(LONG_AGO, "backfill")) == sorted(
        image_ref(name).model_dump_json() for name in ("both", "job")
    )
    ids = [image_ref(name).id for name in ("live", "job", "both")]
    assert outstanding.due(ids) == set(ids)
    outstanding.settle([image_ref("both"), image_ref("job")])
    assert outstanding.due(ids) == {image_ref("live").id}


@pytest.mark.parametrize("queue", ["classify", "store"])
def test_nothing_is_lost_while_something_waits(
    broker_settings: QueueSettings, valkey_client: redis.Redis, queue: str
) -> None:
    valkey_client.flushall()
    outstanding = ValkeyOutstanding(broker_settings)
    outstanding.add([image_ref()])
    valkey_client.lpush(f"{{loupe}}:{queue}", "a message")
    assert lost(outstanding) == []
    valkey_client.delete(f"{{loupe}}:{queue}")
    assert lost(outstanding) == [image_ref()]


def test_live_images_are_lost_although_batch_jobs_wait(
    broker_settings: QueueSettings, valkey_client: redis.Redis
) -> None:
    valkey_client.flushall()
    outstanding = ValkeyOutstanding(broker_settings)
    outstanding.add([image_ref("live")])
    outstanding.add([image_ref("job")], "backfill")
    valkey_client.lpush("{loupe}:backfill", "a message")
    assert lost(outstanding) == [image_ref("live")]
    assert outstanding.lost(LONG_AGO, "backfill") == []
    valkey_client.delete("{loupe}:backfill")
    assert outstanding.lost(LONG_AGO, "backfill") == [image_ref("job")]


def test_an_unreadable_entry_hides_no_other(broker_settings: QueueSettings, valkey_client: redis.Redis) -> None:
    valkey_client.flushall()
    outstanding = ValkeyOutstanding(broker_settings)
    outstanding.add([image_ref()])
    valkey_client.hset("{loupe}:outstanding", "of another version", "what?")
    assert lost(outstanding) == [image_ref()]


def test_a_broker_that_is_away_is_a_transient_error(unused_port: int) -> None:
    away = ValkeyOutstanding(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"))
    for call in (lambda: away.add([image_ref()]), lambda: away.settle([image_ref()]), lambda: away.lost(0)):
        with pytest.raises(BrokerUnavailable, match="does not answer"):
            call()
