"""What every ledger of sequencers promises."""

import uuid

import pytest
import redis

from loupe_ingestion.memory import MemoryLedger
from loupe_ingestion.ports import SequencerLedger
from loupe_ingestion.valkey_ledger import ValkeyLedger
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.settings import QueueSettings


@pytest.fixture(params=["memory", "valkey"])
def ledger(request: pytest.FixtureRequest) -> SequencerLedger:
    """A ledger of each kind."""
    if request.param == "memory":
        return MemoryLedger()
    return ValkeyLedger(request.getfixturevalue("broker_settings"), 60)


@pytest.fixture
def image() -> str:
    """An image that no other test has."""
    return uuid.uuid4().hex


def test_it_knows_what_it_was_told(ledger: SequencerLedger, image: str) -> None:
    assert ledger.known([image, "stranger"]) == {}
    ledger.advance({image: "05"})
    assert ledger.known([image, "stranger"]) == {image: "05"}


def test_it_never_goes_back(ledger: SequencerLedger, image: str) -> None:
    other = uuid.uuid4().hex
    ledger.advance({image: "05", other: "01"})
    ledger.advance({image: "04", other: "0a"})
    assert ledger.known([image, other]) == {image: "05", other: "0a"}


def test_valkey_forgets_in_time(broker_settings: QueueSettings, image: str, valkey_client: redis.Redis) -> None:
    ValkeyLedger(broker_settings, 60).advance({image: "05"})
    assert 0 < valkey_client.ttl(f"{{loupe}}:seen:{image}") <= 60


def test_a_broker_that_is_away_is_a_transient_error(unused_port: int, image: str) -> None:
    ledger = ValkeyLedger(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"), 60)
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        ledger.known([image])
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        ledger.advance({image: "01"})
