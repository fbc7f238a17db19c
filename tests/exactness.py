"""Whatever comes late, twice or in disorder, an archive ends as if each result had been written once and in order.

What it is to end as is worked out here in the plainest way, without ``succeed``.
"""

import random
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from loupe_shared.counters import CountFilter, Dimension, Key, Kind, keys_of
from loupe_shared.errors import StoreUnavailable
from loupe_shared.listing import Order, Position, ResultFilter
from loupe_shared.ports import ResultStore
from loupe_shared.result import Embedding, Result
from tests.factories import CONTAINER, NOON, deletion, rejection, result

SEED = 7
WRITERS = 8
MAX_DELIVERIES = 5
GROUPS = (64, 128)
DAYS = 4
LABELS = 30
FOUND_AT_ONCE = 500
ALL = tuple(Kind)
BY_EVERYTHING: tuple[Dimension, ...] = ("day", "container", "model", "kind", "key")


def make_results(count: int) -> list[Result]:
    """Results of images that were written, requested anew, answered by other models and deleted, each once."""
    chance = random.Random(SEED)
    made: dict[tuple[str, tuple[str, int]], Result] = {}
    blob = 0
    while len(made) < count:
        blob += 1
        for sequencer in range(1, chance.randint(1, 3) + 1):
            for _ in range(chance.randint(1, 3)):
                one = _make_result(chance, f"{blob}.jpg", f"{sequencer:02x}")
                made.setdefault((one.image.id, one.revision), one)
    return list(made.values())[:count]


def _make_result(chance: random.Random, blob: str, sequencer: str) -> Result:
    completed_at = NOON + timedelta(days=chance.randrange(DAYS), seconds=chance.randrange(40_000))
    match chance.randrange(10):
        case 0:
            return deletion(blob, sequencer=sequencer, completed_at=completed_at)
        case 1:
            return rejection(blob, sequencer=sequencer, completed_at=completed_at)
    requested_at: datetime | None = NOON + timedelta(seconds=chance.randint(1, 3)) if chance.random() < 0.3 else None
    classified = result(
        blob,
        f"label {chance.randrange(LABELS)}",
        score=chance.uniform(0.2, 1.0),
        sequencer=sequencer,
        model_version=chance.randint(1, 3),
        completed_at=completed_at,
        container=CONTAINER if int(blob.split(".", maxsplit=1)[0]) % 3 else "other",
        requested_at=requested_at,
    )
    if chance.random() < 0.5:
        return classified
    return classified.model_copy(update={"embedding": Embedding(values=chance.randbytes(8), scale=0.5)})


def deliver(results: Sequence[Result], stores: Sequence[ResultStore]) -> int:
    """Write each result once or several times, in any order, from several threads. What is refused is written again.

    Returns:
        How often a store refused.
    """
    chance = random.Random(SEED)
    deliveries = [one for one in results for _ in range(chance.randint(1, MAX_DELIVERIES))]
    chance.shuffle(deliveries)
    groups: deque[list[Result]] = deque()
    while deliveries:
        size = chance.randint(*GROUPS)
        groups.append(deliveries[:size])
        del deliveries[:size]

    def write(writer: int) -> int:
        refused = 0
        while True:
            try:
                group = groups.popleft()
            except IndexError:
                return refused
            try:
                stores[writer % len(stores)].write(group)
            except StoreUnavailable:
                refused += 1
                groups.append(group)

    with ThreadPoolExecutor(WRITERS) as writers:
        return sum(writers.map(write, range(WRITERS)))


def check(store: ResultStore, results: Sequence[Result]) -> dict[str, Result]:
    """Assert that a store has exactly what it must have. Returns the results that are shown, by image."""
    revisions: dict[str, list[Result]] = defaultdict(list)
    for one in sorted(results, key=lambda one: one.revision, reverse=True):
        revisions[one.image.id].append(one)
    current = {image_id: newest for image_id, (newest, *_) in revisions.items()}

    ids = list(revisions)
    found: dict[str, str] = {}
    for start in range(0, len(ids), FOUND_AT_ONCE):
        found |= store.find(ids[start : start + FOUND_AT_ONCE])
    assert found == {image_id: one.document() for image_id, one in current.items()}

    for image_id, (_, *earlier) in revisions.items():
        assert store.history(image_id) == [one.document() for one in earlier]

    counters: Counter[Key] = Counter(key for one in current.values() for key in keys_of(one))
    assert store.count(CountFilter(ALL), BY_EVERYTHING) == {tuple(key): images for key, images in counters.items()}

    listed, page = list[str](), store.page(ResultFilter(), Order(), len(ids))
    while page.next:
        listed += page.documents
        page = store.page(ResultFilter(), Order(), len(ids), page.next)
    listed += page.documents
    assert listed == [one.document() for one in sorted(current.values(), key=Position.of, reverse=True)]
    return current
