"""What every record of claims promises."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from loupe_query.review.memory import MemoryClaims
from loupe_query.review.ports import Claims
from loupe_query.review.valkey_claims import ValkeyClaims
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.settings import QueueSettings
from tests.waiting import wait_for

LONG_S = 60
ADA, BOB = "s1/Ada", "s1/Bob {ü}: *"


@pytest.fixture(params=["memory", "valkey"])
def claims(request: pytest.FixtureRequest) -> Claims:
    """A record of each kind, without claims."""
    if request.param == "memory":
        return MemoryClaims()
    request.getfixturevalue("valkey_client").flushall()
    return ValkeyClaims(request.getfixturevalue("broker_settings"))


@pytest.fixture
def images() -> list[str]:
    """Ids of images."""
    return [uuid.uuid4().hex for _ in range(6)]


def test_nobody_has_what_another_has(claims: Claims, images: list[str]) -> None:
    assert claims.claim(ADA, images, 2, LONG_S) == images[:2]
    assert claims.claim(BOB, images, 3, LONG_S) == images[2:5]
    assert claims.claim(ADA, images[2:], 9, LONG_S) == images[5:]
    assert claims.claim(BOB, images[:2], 9, LONG_S) == []
    assert set(claims.held(ADA)) == {*images[:2], images[5]}
    assert set(claims.held(BOB)) == set(images[2:5])
    assert claims.held("s2/Ada") == []


def test_what_one_has_already_it_is_given_again_in_the_order_that_it_asks_for(
    claims: Claims, images: list[str]
) -> None:
    claims.claim(ADA, images, 3, LONG_S)
    asked = [*reversed(images), images[0]]
    assert claims.claim(ADA, asked, 9, LONG_S) == asked[:6]
    assert len(claims.held(ADA)) == 6
    assert claims.claim(ADA, [], 9, LONG_S) == claims.claim(ADA, images, 0, LONG_S) == []


def test_what_others_have_is_told_apart(claims: Claims, images: list[str]) -> None:
    claims.claim(ADA, images, 2, LONG_S)
    assert claims.taken(BOB, images) == set(images[:2])
    assert claims.taken(ADA, images) == claims.taken(BOB, []) == set()


def test_what_is_given_back_is_free(claims: Claims, images: list[str]) -> None:
    claims.claim(ADA, images, 3, LONG_S)
    assert claims.release(ADA, images[:2]) == 2
    assert claims.held(ADA) == [images[2]]
    assert claims.claim(BOB, images, 9, LONG_S) == [*images[:2], *images[3:]]
    assert claims.release(ADA, images[3:]) == claims.release(ADA, []) == 0


def test_what_others_have_cannot_be_given_back(claims: Claims, images: list[str]) -> None:
    claims.claim(ADA, images, 2, LONG_S)
    assert claims.release(BOB, images) == 0
    assert claims.claim(BOB, images[:2], 9, LONG_S) == []
    assert set(claims.held(ADA)) == set(images[:2])


def test_a_claim_runs_out(claims: Claims, images: list[str]) -> None:
    claims.claim(ADA, images, 2, 0.1)
    claims.claim(ADA, images[2:], 1, LONG_S)
    wait_for(lambda: claims.held(ADA) == [images[2]], "the claims to run out")
    wait_for(lambda: claims.taken(BOB, images) == {images[2]}, "others to learn of it")
    assert claims.claim(BOB, images[:2], 9, LONG_S) == images[:2]
    assert claims.release(ADA, images[:2]) == 0
    assert claims.held(ADA) == [images[2]]


def test_a_claim_that_is_renewed_lasts_longer(claims: Claims, images: list[str]) -> None:
    claims.claim(ADA, images, 2, 0.2)
    claims.claim(ADA, images, 1, LONG_S)
    wait_for(lambda: claims.claim(BOB, images, 2, 0.2) and claims.held(ADA) == images[:1], "the other to run out")
    assert claims.taken(BOB, images) == {images[0]}


def test_many_at_once_never_get_the_same(claims: Claims) -> None:
    images = [uuid.uuid4().hex for _ in range(200)]
    holders = [f"s{number}/Ada" for number in range(8)]
    start = threading.Barrier(len(holders))

    def work(holder: str) -> list[str]:
        start.wait()
        for _ in range(5):
            claims.claim(holder, images, len(claims.held(holder)) + 4, LONG_S)
        return claims.held(holder)

    with ThreadPoolExecutor(len(holders)) as threads:
        held = Counter(id_ for ids in threads.map(work, holders) for id_ in ids)
    assert set(held.values()) == {1}
    assert set(held) == set(images[: len(held)])
    assert len(held) == 8 * 5 * 4


def test_valkey_forgets_in_time(broker_settings: QueueSettings, valkey_client: redis.Redis, images: list[str]) -> None:
    valkey_client.flushall()
    claims = ValkeyClaims(broker_settings)
    claims.claim(ADA, images, 2, LONG_S)
    claims.claim(ADA, images[2:], 1, 1)
    keys = set(valkey_client.scan_iter())
    assert keys == {f"{{loupe}}:claims:{ADA}", *(f"{{loupe}}:claim:{id_}" for id_ in images[:3])}
    assert 0 < valkey_client.ttl(f"{{loupe}}:claim:{images[2]}") <= 1
    assert all(1 < valkey_client.ttl(key) <= LONG_S for key in keys - {f"{{loupe}}:claim:{images[2]}"})


def test_a_broker_that_is_away_is_a_transient_error(unused_port: int, images: list[str]) -> None:
    away = ValkeyClaims(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"))
    for call in (
        lambda: away.claim(ADA, images, 1, LONG_S),
        lambda: away.held(ADA),
        lambda: away.taken(ADA, images),
        lambda: away.release(ADA, images),
    ):
        with pytest.raises(BrokerUnavailable, match="does not answer"):
            call()
