"""What the results service does with what shadow versions say."""

from collections.abc import Sequence

from loupe_results.shadow_writer import ShadowWriter
from loupe_shared.adapters.memory_shadows import MemoryShadows
from loupe_shared.errors import StoreUnavailable
from loupe_shared.messages import ShadowBatch
from loupe_shared.shadow import Comparison, Pair
from tests.comparisons import comparison

BATCH = ShadowBatch(comparisons=(comparison("a"), comparison("b")))


class FragileShadows(MemoryShadows):
    """A store that can be away."""

    away = False

    def write(self, comparisons: Sequence[Comparison]) -> None:
        """Fail, or not."""
        if self.away:
            raise StoreUnavailable("the store is away")
        super().write(comparisons)


def test_comparisons_that_come_twice_are_written_once() -> None:
    store = MemoryShadows()
    writer = ShadowWriter(store)
    writer.handle(BATCH)
    writer.handle(BATCH)
    assert store.count("test", 2) == {Pair(1, "cat", "dog"): 2}
    assert writer.dropped.total == 0


def test_no_result_waits_for_a_store_that_takes_no_comparisons() -> None:
    store = FragileShadows()
    store.away = True
    writer = ShadowWriter(store)
    writer.handle(BATCH)
    assert writer.dropped.total == 2
    store.away = False
    writer.handle(BATCH)
    assert store.count("test", 2) == {Pair(1, "cat", "dog"): 2}


def test_a_message_becomes_one_for_each_comparison() -> None:
    assert [part.comparisons for part in BATCH.split()] == [(comparison("a"),), (comparison("b"),)]
    assert ShadowBatch.from_json(BATCH.to_json()) == BATCH
