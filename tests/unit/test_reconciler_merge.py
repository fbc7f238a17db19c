"""Finding what differs between a listing and the archive."""

from itertools import pairwise
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from loupe_reconciler import merge
from loupe_reconciler.merge import Difference, Names, differences
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.container import Listed
from loupe_shared.listing import Known
from tests.factories import CONTAINER, deletion, result


def listed(name: str, etag: str = "0x1") -> Listed:
    """A blob."""
    return Listed(name, etag, "Sun, 22 Nov 2026 12:00:00 GMT", 1, "image/jpeg")


def found(store: MemoryStore, *pages: list[Listed]) -> list[Difference]:
    """All differences, of pages of a listing."""
    names = Names(store, CONTAINER, "", "")
    return [
        one for number, page in enumerate(pages, 1) for one in differences(page, names, is_last=number == len(pages))
    ]


def store_of(*names: str) -> MemoryStore:
    """An archive that knows version 1 of some blobs."""
    store = MemoryStore()
    store.write([result(name) for name in names])
    return store


def test_what_is_the_same_is_no_difference() -> None:
    assert found(store_of("a", "b"), [listed("a"), listed("b")]) == []
    assert found(MemoryStore(), []) == []


def test_each_kind_of_difference() -> None:
    store = store_of("b", "c", "d", "f")
    store.write([deletion("c"), deletion("d"), deletion("e")])
    page = [listed("a"), listed("b", "0x2"), listed("c")]
    expected = [("a", page[0]), ("b", page[1]), ("c", page[2]), ("f", None)]
    assert [tuple(one) for one in found(store, page)] == expected


def test_pages_end_anywhere() -> None:
    store = store_of("a", "b", "c", "d", "e")
    assert found(store, [listed("a")], [], [listed("b"), listed("c")], [listed("d"), listed("e")], []) == []
    assert [one.name for one in found(store, [listed("b")], [listed("d")])] == ["a", "c", "e"]


def test_the_place_after_a_page_is_where_the_next_sweep_goes_on() -> None:
    store = store_of("a", "b", "c", "d")
    names = Names(store, CONTAINER, "", "")
    assert list(differences([listed("a"), listed("b")], names, is_last=False)) == []
    assert (names.after, names.taken) == ("b", 2)
    again = Names(store, CONTAINER, "", names.after)
    assert list(differences([listed("c"), listed("d")], again, is_last=True)) == []


states = st.dictionaries(st.text("ab/é\uff41\U0001f600", min_size=1, max_size=3), st.sampled_from(["0x1", "0x2"]))


@given(states, states, st.sets(st.text("ab/", min_size=1, max_size=2)), st.integers(1, 4), st.integers(1, 4))
def test_all_differences_and_no_others(
    there: dict[str, str], known: dict[str, str], deleted: set[str], page_size: int, archive_page: int
) -> None:
    store = MemoryStore()
    store.write(
        [
            one.model_copy(update={"image": one.image.model_copy(update={"etag": known[one.image.blob]})})
            for one in map(result, known)
        ]
    )
    store.write([deletion(name) for name in deleted])
    shown = {name: etag for name, etag in known.items() if name not in deleted}
    blobs = [listed(name, there[name]) for name in sorted(there)]
    cuts = [*range(0, len(blobs), page_size), len(blobs)]
    with patch.object(merge, "PAGE", archive_page):
        differing = found(store, *[blobs[start:end] for start, end in pairwise(cuts)] or [[]])
    expected = {name for name in there.keys() | shown.keys() if there.get(name) != shown.get(name)}
    assert [one.name for one in differing] == sorted(expected)
    assert all(one.listed == (listed(one.name, there[one.name]) if one.name in there else None) for one in differing)


class OddlyOrdered(MemoryStore):
    """A store that orders names by UTF-16, as no other here does."""

    def known(self, container: str, prefix: str, after: str, limit: int) -> list[Known]:
        """See ``ResultStore.known``."""
        every = super().known(container, prefix, "", 1_000_000)
        by = sorted(every, key=lambda one: one.blob.encode("utf-16-be"))
        return [one for one in by if one.blob.encode("utf-16-be") > after.encode("utf-16-be")][:limit]


@given(states, states, st.integers(1, 3))
def test_another_order_costs_differences_that_are_none_but_hides_none(
    there: dict[str, str], known: dict[str, str], page_size: int
) -> None:
    store = OddlyOrdered()
    store.write([result(name) for name in known])
    blobs = [listed(name, there[name]) for name in sorted(there)]
    pages = [blobs[start : start + page_size] for start in range(0, len(blobs), page_size)] or [[]]
    differing = {one.name for one in found(store, *pages)}
    wrong = {name for name in there.keys() | known.keys() if there.get(name) != ("0x1" if name in known else None)}
    assert differing >= wrong
