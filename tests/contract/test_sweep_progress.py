"""What every record of a sweep promises."""

import pytest
import redis

from loupe_reconciler.memory import MemoryProgress
from loupe_reconciler.ports import Place, Progress
from loupe_reconciler.valkey_progress import ValkeyProgress
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.settings import QueueSettings
from tests.factories import ACCOUNT, CONTAINER


@pytest.fixture(params=["memory", "valkey"])
def progress(request: pytest.FixtureRequest) -> Progress:
    """An empty record of each kind."""
    if request.param == "memory":
        return MemoryProgress()
    request.getfixturevalue("valkey_client").flushall()
    return ValkeyProgress(request.getfixturevalue("broker_settings"), ACCOUNT, CONTAINER)


def test_places_are_remembered_until_the_sweep_is_complete(progress: Progress) -> None:
    assert progress.load() == {}
    progress.save("", Place("2!92!marker", "ü/\U0001f600"))
    progress.save("a b:{}/", Place(done=True))
    progress.save("", Place("2!96!later", "z"))
    assert progress.load() == {"": Place("2!96!later", "z"), "a b:{}/": Place(done=True)}
    progress.clear()
    assert progress.load() == {}


def test_another_process_goes_on_and_another_container_does_not(
    broker_settings: QueueSettings, valkey_client: redis.Redis
) -> None:
    valkey_client.flushall()
    ValkeyProgress(broker_settings, ACCOUNT, CONTAINER).save("", Place("m"))
    assert ValkeyProgress(broker_settings, ACCOUNT, CONTAINER).load() == {"": Place("m")}
    assert ValkeyProgress(broker_settings, ACCOUNT, "other").load() == {}
    (key,) = valkey_client.keys()
    assert 86_000 < valkey_client.ttl(key) <= 86_400


def test_a_broker_that_is_away(unused_port: int) -> None:
    away = ValkeyProgress(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"), ACCOUNT, CONTAINER)
    for call in (away.load, away.clear, lambda: away.save("", Place())):
        with pytest.raises(BrokerUnavailable, match="the record of the sweep"):
            call()
