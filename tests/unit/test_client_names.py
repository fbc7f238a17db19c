"""Names and values of any characters reach the application as they are."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loupe_client import Loupe, NotFound
from loupe_local.ports import free_port
from loupe_shared.adapters.memory import MemoryStore
from tests.apps import archive
from tests.factories import CONTAINER, result
from tests.unit.test_client import serving

# Nobody can name an image with a line feed: routes of the application do not match it.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    """A store."""
    return MemoryStore()


@pytest.fixture(scope="module")
def loupe(store: MemoryStore) -> Iterator[Loupe]:
    """A client of the application over the store."""
    with serving(archive(store), free_port()) as url, Loupe(url) as loupe:
        yield loupe


@given(blob=NAMES)
@example(blob="line 3/ü#?&%.jpg")
@example(blob="a//b")
@example(blob="//a/")
@example(blob=".hidden")
@example(blob="a/./b/../c")
@example(blob="..")
@example(blob="%2e%2E/%41")
@example(blob="x/blobs/y;a=b,c+d@e:f!$'()*~")
@example(blob='\u2028\x85 日本 🦊 [x] {y}|\\^`"<>')
@example(blob="\x00\r\t")
@settings(max_examples=150, deadline=None)
def test_any_name(store: MemoryStore, loupe: Loupe, blob: str) -> None:
    known = result(blob)
    store.write([known])
    assert loupe.image(CONTAINER, blob).image == known.image
    assert loupe.history(CONTAINER, blob) == ()
    assert loupe.review(CONTAINER, blob, blob).review
    assert loupe.take_back_review(CONTAINER, blob).review is None
    assert [one.image.blob for one in loupe.find([(CONTAINER, blob)]).images] == [blob]
    assert blob in [one.image.blob for one in loupe.images(prefix=blob)]
    assert loupe.counts(container=blob).labels == {}
    with pytest.raises(NotFound, match="has no embedding"):
        loupe.similar(CONTAINER, blob)
