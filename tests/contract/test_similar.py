"""What finding similar images promises, over the store that keeps the embeddings."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from loupe_query.similar import sqlite as similar_sqlite
from loupe_query.similar.sqlite import SqliteSimilar
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.adapters.sqlite_file import Row, SqliteFile
from loupe_shared.embedding import Vectors, cosines
from loupe_shared.errors import StoreUnavailable
from loupe_shared.ports import SimilarImages
from loupe_shared.result import Embedding, Result
from tests.factories import deletion, result
from tests.waiting import wait_for

POLL_INTERVAL_S = 0.02
LENGTH = 24


def embedded(blob: str, vector: Vectors, *, sequencer: str = "01", model_version: int = 1) -> Result:
    """A classified image with an embedding."""
    image = result(blob, sequencer=sequencer, model_version=model_version)
    return image.model_copy(update={"embedding": of(vector)})


def of(vector: Vectors) -> Embedding:
    """The embedding with these values."""
    return Embedding(values=vector.astype(np.int8).tobytes(), scale=0.5)


def vectors(count: int, length: int = LENGTH) -> Vectors:
    """Different ones, the same every time."""
    return np.random.default_rng(3).integers(-100, 101, (count, length), np.int8)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store."""
    store = SqliteStore(tmp_path / "results.sqlite")
    yield store
    store.close()


@pytest.fixture
def start(store: SqliteStore, tmp_path: Path) -> Iterator[Callable[[], SqliteSimilar]]:
    """Begins to index what is in the store."""
    assert store
    started: list[SqliteSimilar] = []

    def begin() -> SqliteSimilar:
        started.append(SqliteSimilar(tmp_path / "results.sqlite", POLL_INTERVAL_S))
        return started[-1]

    yield begin
    for similar in started:
        similar.close()


@pytest.fixture
def similar(start: Callable[[], SqliteSimilar]) -> SimilarImages:
    """An index that is loaded."""
    similar = start()
    wait_for(lambda: is_loaded(similar), "the index")
    return similar


def is_loaded(similar: SimilarImages) -> bool:
    """Whether it answers."""
    try:
        similar.nearest("nothing", of(vectors(1)[0]), 1)
    except StoreUnavailable:
        return False
    return True


def ids(similar: SimilarImages, vector: Vectors, limit: int = 10, space: str = "test:1") -> list[str]:
    """The images that are found."""
    return [id_ for id_, _ in similar.nearest(space, of(vector), limit)]


def test_the_nearest_come_first(store: SqliteStore, similar: SimilarImages) -> None:
    given = vectors(50)
    written = [embedded(f"{number}.jpg", vector) for number, vector in enumerate(given)]
    store.write(written)
    wait_for(lambda: len(ids(similar, given[0], 100)) == 50, "all of them")
    expected = cosines(given, given[7])
    order = np.argsort(-expected)[:10]
    found = similar.nearest("test:1", of(given[7]), 10)
    assert [id_ for id_, _ in found] == [written[place].image.id for place in order]
    assert [cosine for _, cosine in found] == pytest.approx(expected[order], abs=1e-6)
    assert (order[0], expected[order[0]]) == (7, pytest.approx(1))


def test_what_is_written_replaced_and_deleted_is_followed(store: SqliteStore, similar: SimilarImages) -> None:
    one, other, third = vectors(3)
    first = embedded("a.jpg", one)
    store.write([first, embedded("b.jpg", other)])
    wait_for(lambda: len(ids(similar, one)) == 2, "both")
    store.write([embedded("a.jpg", third, sequencer="02")])
    wait_for(lambda: ids(similar, third)[0] == first.image.id, "the other")
    assert len(ids(similar, one)) == 2
    store.write([deletion("a.jpg", sequencer="03")])
    wait_for(lambda: first.image.id not in ids(similar, third), "it to go")
    assert len(ids(similar, third)) == 1


def test_models_do_not_mix(store: SqliteStore, similar: SimilarImages) -> None:
    one, other = vectors(2)
    old, new = embedded("a.jpg", one), embedded("b.jpg", other, model_version=2)
    longer = embedded("c.jpg", vectors(1, 2 * LENGTH)[0], model_version=2)
    store.write([old, new, longer])
    wait_for(lambda: ids(similar, one, space="test:2"), "the images")
    assert ids(similar, one) == [old.image.id]
    assert ids(similar, one, space="test:2") == [new.image.id]
    assert ids(similar, vectors(1, 2 * LENGTH)[0], space="test:2") == [longer.image.id]
    store.write([embedded("a.jpg", one, model_version=2)])
    wait_for(lambda: len(ids(similar, one, space="test:2")) == 2, "the image to go over")
    assert ids(similar, one) == []
    assert ids(similar, one, space="test:3") == []


def test_a_part_is_never_taken_for_the_whole(
    store: SqliteStore, start: Callable[[], SqliteSimilar], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    read = SqliteFile.read

    def held(self: SqliteFile, statement: str, values: tuple[int, ...] = ()) -> list[Row]:
        if "seq > ?" in statement and values[0]:
            gate.wait()
        return read(self, statement, values)

    monkeypatch.setattr(similar_sqlite, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(SqliteFile, "read", held)
    given = vectors(5)
    store.write([embedded(f"{number}.jpg", vector) for number, vector in enumerate(given)])
    similar = start()
    try:
        wait_for(lambda: refusal(similar) == "the index of similar images is being loaded: 2 of 5", "the first part")
    finally:
        gate.set()
    wait_for(lambda: is_loaded(similar), "the rest")
    assert len(ids(similar, given[0])) == 5


def refusal(similar: SimilarImages) -> str:
    """Why it does not answer."""
    with pytest.raises(StoreUnavailable) as caught:
        similar.nearest("test:1", of(vectors(1)[0]), 1)
    return str(caught.value)


def test_a_file_that_cannot_be_read_for_a_while(
    store: SqliteStore, start: Callable[[], SqliteSimilar], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = SqliteFile.read
    failures = iter(range(3))

    def failing(self: SqliteFile, statement: str, values: tuple[int, ...] = ()) -> list[Row]:
        if "seq > ?" in statement and next(failures, None) is not None:
            raise StoreUnavailable("the file is away")
        return read(self, statement, values)

    monkeypatch.setattr(SqliteFile, "read", failing)
    store.write([embedded("a.jpg", vectors(1)[0])])
    similar = start()
    wait_for(lambda: is_loaded(similar), "the index")
    assert len(ids(similar, vectors(1)[0])) == 1


def test_versions_that_are_gone_do_not_crowd_out_what_is_there(
    store: SqliteStore, similar: SimilarImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that is written every minute leaves many codes next to where it is."""
    monkeypatch.setattr(similar_sqlite, "CANDIDATES", 4)
    near, far, unlike = vectors(3)
    webcam, neighbour = result("webcam.jpg").image.id, result("neighbour.jpg").image.id
    store.write([embedded("neighbour.jpg", far)])
    for number in range(1, 20):
        store.write([embedded("webcam.jpg", near, sequencer=f"{number:02}")])
        wait_for(lambda: ids(similar, near)[:1] == [webcam], "this version")
    store.write([embedded("webcam.jpg", unlike, sequencer="20")])
    wait_for(lambda: ids(similar, unlike)[:1] == [webcam], "the last version")
    assert set(ids(similar, near)) == {webcam, neighbour}


def test_codes_of_rows_that_are_gone_are_dropped(
    store: SqliteStore,
    start: Callable[[], SqliteSimilar],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(similar_sqlite, "CENSUS_INTERVAL_POLLS", 1)
    monkeypatch.setattr(similar_sqlite, "KEYS_AT_ONCE", 3)
    caplog.set_level("INFO", logger=similar_sqlite.__name__)
    given = vectors(20)
    store.write([embedded(f"{number}.jpg", vector) for number, vector in enumerate(given)])
    similar = start()
    wait_for(lambda: is_loaded(similar), "the index")
    store.write([deletion(f"{number}.jpg") for number in range(5)])
    store.write([embedded(f"{number}.jpg", given[number], model_version=2) for number in range(5, 12)])
    wait_for(lambda: "12 of 27 codes were of rows that are gone" in caplog.text, "the codes to go")
    assert len(ids(similar, given[0], 100)) == 8
    assert len(ids(similar, given[0], 100, space="test:2")) == 7


def test_searches_while_images_come_and_go(store: SqliteStore, similar: SimilarImages) -> None:
    given = vectors(400)
    store.write([embedded(f"{number}.jpg", given[number]) for number in range(10)])
    wait_for(lambda: len(ids(similar, given[0], 100)) == 10, "the first")
    done = threading.Event()
    wrong: list[object] = []

    def search(number: int) -> None:
        while not done.is_set():
            found = similar.nearest("test:1", of(given[number]), 100)
            sorted_ = [cosine for _, cosine in found] == sorted((cosine for _, cosine in found), reverse=True)
            if found[0][0] != result(f"{number}.jpg").image.id or not sorted_:
                wrong.append(found)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        for start in range(10, 400, 10):
            store.write([embedded(f"{number}.jpg", given[number]) for number in range(start, start + 10)])
            store.write([deletion(f"{start}.jpg")])
        wait_for(lambda: result("399.jpg").image.id in ids(similar, given[399]), "the last")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong
