"""The cache of answers, on each of its adapters."""

from collections.abc import Callable

import pytest
import redis

from loupe_inference.answers import Answer, Answers, MemoryAnswers, content_key
from loupe_inference.valkey_answers import KEY, ValkeyAnswers
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.result import ImageProperties, Prediction
from loupe_shared.settings import QueueSettings

MODEL = b"m" * 32


def answer(label: str) -> Answer:
    """What a model might say."""
    return Answer(
        predictions=(Prediction(label=label, score=0.123456789), Prediction(label="other", score=0.1)),
        heatmap=((0, 255), (17, 3)),
        properties=ImageProperties(format="JPEG", width=640, height=480, size_bytes=1000),
    )


@pytest.fixture(params=["memory", "valkey"])
def answers(request: pytest.FixtureRequest, valkey_client: redis.Redis) -> Answers:
    """An adapter that knows nothing."""
    if request.param == "memory":
        return MemoryAnswers()
    valkey_client.delete(KEY)
    settings: Callable[[str], QueueSettings] = request.getfixturevalue
    return ValkeyAnswers(settings("broker_settings"), places=1000)


def key(content: bytes) -> bytes:
    """Of the content under a model."""
    return content_key(MODEL, content)


def test_what_was_remembered_is_recalled_as_it_was(answers: Answers) -> None:
    answers.remember({key(b"a"): answer("cat"), key(b"b"): answer("ünïcode")})
    assert answers.recall([key(b"b"), key(b"c"), key(b"a")]) == {key(b"a"): answer("cat"), key(b"b"): answer("ünïcode")}


def test_nothing(answers: Answers) -> None:
    answers.remember({})
    assert answers.recall([]) == {}
    assert answers.recall([key(b"a")]) == {}


def test_the_last_word_counts(answers: Answers) -> None:
    answers.remember({key(b"a"): answer("cat")})
    answers.remember({key(b"a"): answer("dog")})
    assert answers.recall([key(b"a")]) == {key(b"a"): answer("dog")}


def test_the_broker_keeps_only_so_many(broker_settings: QueueSettings, valkey_client: redis.Redis) -> None:
    valkey_client.delete(KEY)
    few = ValkeyAnswers(broker_settings, places=3)
    keys = [key(bytes([number])) for number in range(50)]
    for one in keys:
        few.remember({one: answer(one.hex())})
    assert valkey_client.hlen(KEY) <= 3
    known = few.recall(keys)
    assert known[keys[-1]] == answer(keys[-1].hex())
    assert all(found == answer(one.hex()) for one, found in known.items())  # never that of another who had the place


def test_a_broker_that_is_away(unused_port: int) -> None:
    away = ValkeyAnswers(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"), places=3)
    with pytest.raises(BrokerUnavailable, match="the cache of answers"):
        away.recall([key(b"a")])
    with pytest.raises(BrokerUnavailable, match="the cache of answers"):
        away.remember({key(b"a"): answer("cat")})
