"""What every stream of changes promises, and what only the one in the broker must withstand."""

import asyncio

import pytest
import redis

from loupe_shared.adapters import changes as valkey_changes
from loupe_shared.adapters.changes import KEY, NOTHING_YET, ValkeyAnnouncer, ValkeyChanges
from loupe_shared.adapters.memory import MemoryChanges
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.ports import Announcer, Change, Changes
from loupe_shared.settings import BrokerSettings, QueueSettings

Stream = tuple[Announcer, Changes]


@pytest.fixture(params=["memory", "valkey"])
def stream(request: pytest.FixtureRequest) -> Stream:
    """An empty stream of each kind."""
    if request.param == "memory":
        made = MemoryChanges()
        return made, made
    client: redis.Redis = request.getfixturevalue("valkey_client")
    client.delete(KEY)
    settings: QueueSettings = request.getfixturevalue("broker_settings")
    return ValkeyAnnouncer(settings), ValkeyChanges(settings, 8)


async def read(changes: Changes, after: str, count: int) -> list[Change]:
    """As many changes as there will be."""
    found: list[Change] = []
    while len(found) < count:
        found += await changes.after(found[-1].id if found else after, 5)
    return found


def test_changes_come_in_order_and_once(stream: Stream) -> None:
    announcer, changes = stream
    documents = [f'{{"n": {n}}}' for n in range(500)]
    announcer.announce(["earlier"])

    async def follow() -> None:
        begin = await changes.latest()
        announcer.announce(documents[:300])
        first = await read(changes, begin, 300)
        announcer.announce(documents[300:])
        rest = await read(changes, first[-1].id, 200)
        assert [change.document for change in first + rest] == documents
        ids = [tuple(map(int, change.id.split("-"))) for change in first + rest]
        assert ids == sorted(set(ids))
        assert [change.document for change in await read(changes, first[9].id, 490)] == documents[10:]
        await changes.close()

    asyncio.run(follow())


def test_changes_of_batch_jobs_are_told_apart(stream: Stream) -> None:
    announcer, changes = stream
    announcer.announce(["earlier"])

    async def follow() -> None:
        begin = await changes.latest()
        announcer.announce(["a job"], "job")
        announcer.announce(["an image"])
        found = await read(changes, begin, 2)
        assert [(change.document, change.event) for change in found] == [("a job", "job"), ("an image", "image")]
        await changes.close()

    asyncio.run(follow())


def test_who_waits_is_told_at_once(stream: Stream) -> None:
    announcer, changes = stream

    async def follow() -> None:
        begin = await changes.latest()
        waiting = asyncio.create_task(changes.after(begin, 30))
        await asyncio.sleep(0)
        await asyncio.to_thread(announcer.announce, ["new"])
        async with asyncio.timeout(10):
            assert [change.document for change in await waiting] == ["new"]
        assert await changes.after(await changes.latest(), 0.01) == []
        await changes.close()

    asyncio.run(follow())


def test_it_is_known_whether_something_is_missing(stream: Stream) -> None:
    announcer, changes = stream

    async def follow() -> None:
        begin = await changes.latest()
        assert await changes.has_all_after(begin)
        await asyncio.to_thread(announcer.announce, ["a", "b", "c"])
        assert await changes.has_all_after(begin)
        assert await changes.has_all_after(await changes.latest())
        await changes.close()

    asyncio.run(follow())


def test_the_oldest_are_forgotten(
    broker_settings: QueueSettings, valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey_client.delete(KEY)
    monkeypatch.setattr(valkey_changes, "KEPT", 100)
    announcer = ValkeyAnnouncer(broker_settings)
    announcer.announce(["first"])

    async def follow() -> None:
        changes = ValkeyChanges(broker_settings, 8)
        begin = await changes.latest()
        assert await changes.has_all_after(begin)
        assert await changes.has_all_after(NOTHING_YET)
        announcer.announce(["x" * 100] * 1000)
        assert valkey_client.xlen(KEY) < 400  # the broker forgets whole blocks
        assert not await changes.has_all_after(begin)
        assert not await changes.has_all_after(NOTHING_YET)
        await changes.close()

    asyncio.run(follow())


def test_without_a_broker(unused_port: int) -> None:
    settings = BrokerSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0")
    with pytest.raises(BrokerUnavailable, match="the stream of changes does not answer"):
        ValkeyAnnouncer(settings).announce(["x"])

    async def follow() -> None:
        changes = ValkeyChanges(settings, 8)
        with pytest.raises(BrokerUnavailable):
            await changes.latest()
        await changes.close()

    asyncio.run(follow())


def test_a_quiet_stream_is_no_broken_one(stream: Stream) -> None:
    _, changes = stream

    async def follow() -> None:
        assert await changes.after(await changes.latest(), 5.5) == []  # longer than clients of the broker usually wait
        await changes.close()

    asyncio.run(follow())


def test_as_many_can_wait_as_are_expected(broker_settings: QueueSettings, valkey_client: redis.Redis) -> None:
    valkey_client.delete(KEY)
    readers = 150

    async def follow() -> None:
        changes = ValkeyChanges(broker_settings, readers)
        waiting = [asyncio.create_task(changes.after(NOTHING_YET, 30)) for _ in range(readers)]
        await asyncio.to_thread(ValkeyAnnouncer(broker_settings).announce, ["new"])
        assert [change.document for found in await asyncio.gather(*waiting) for change in found] == ["new"] * readers
        await changes.close()

    asyncio.run(follow())
