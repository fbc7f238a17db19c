"""What every file that is written in parts promises: over Azurite, because blocks are storage's own idea."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from loupe_batch import azure_output
from loupe_batch.azure_output import BlockBlobFile
from loupe_batch.ports import OutputRefused
from loupe_local.azurite import OUTPUT, Azurite
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings


@pytest.fixture
def http(storage_settings: StorageSettings) -> Iterator[StorageHttp]:
    """With which files are written."""
    with closing(StorageHttp(storage_settings, 4, 30, writes=True)) as http:
        yield http


@pytest.fixture
def address(azurite: Azurite) -> str:
    """Of the container of files."""
    return f"{azurite.blob_endpoint}/{OUTPUT}"


def name() -> str:
    """A new one."""
    return f"Prüfung {uuid4()}/a b.csv"


def test_parts_are_seen_together_in_their_order_however_often_they_are_written(
    http: StorageHttp, address: str, azurite: Azurite
) -> None:
    blob = name()
    file = BlockBlobFile(address, blob, "job 1", http)
    for number, content in [(2, b"!"), (1, b"wrong"), (0, b"hello "), (1, b"world")]:
        file.write(number, content)
    with azurite.blobs() as service:
        seen = service.get_blob_client(OUTPUT, blob)
        assert not seen.exists() or seen.get_blob_properties().size == 0
        file.finish("text/csv")
        assert seen.download_blob().readall() == b"hello world!"
        assert seen.get_blob_properties().content_settings.content_type == "text/csv"
    assert b"".join(file.read()) == b"hello world!"


def test_a_long_file_is_read_in_pieces(http: StorageHttp, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure_output, "PIECE_BYTES", 5)
    file = BlockBlobFile(address, name(), "job 1", http)
    file.write(0, b"hello world!")
    file.finish("text/plain")
    assert list(file.read()) == [b"hello", b" worl", b"d!"]


def test_to_finish_twice_is_to_finish(http: StorageHttp, address: str) -> None:
    blob = name()
    for _ in range(2):
        file = BlockBlobFile(address, blob, "job 1", http)
        file.write(0, b"rows")
        file.finish("text/csv")
    assert b"".join(file.read()) == b"rows"


def test_a_file_of_somebody_else_is_left_alone(http: StorageHttp, address: str) -> None:
    blob = name()
    for owner, content in [("job 1", b"first"), ("job 2", b"second")]:
        file = BlockBlobFile(address, blob, owner, http)
        file.write(0, content)
        if owner == "job 1":
            file.finish("text/csv")
    with pytest.raises(OutputRefused, match="already: remove it, or choose another name"):
        file.finish("text/csv")
    assert b"".join(file.read()) == b"first"


def test_what_somebody_else_left_unfinished_is_not_in_the_file(http: StorageHttp, address: str) -> None:
    blob = name()
    for owner, numbers in [("job 1", range(4)), ("job 2", range(2))]:
        file = BlockBlobFile(address, blob, owner, http)
        for number in numbers:
            file.write(number, f"{owner}: {number}\n".encode())
    file.finish("text/csv")
    assert b"".join(file.read()) == b"job 2: 0\njob 2: 1\n"


def test_there_can_be_many_parts(http: StorageHttp, address: str) -> None:
    file = BlockBlobFile(address, name(), "job 1", http)
    numbers = [0, 1, 9, 10, 99, 100, 399, 400, 999, 1000, 4000, 10_000, 39_999, 40_000, 49_999]
    for number in reversed(numbers):
        file.write(number, f"{number}\n".encode())
    file.finish("text/csv")
    assert [int(line) for line in b"".join(file.read()).split()] == numbers


def test_a_file_without_parts_is_empty(http: StorageHttp, address: str) -> None:
    file = BlockBlobFile(address, name(), "job 1", http)
    file.finish("application/jsonl")
    assert b"".join(file.read()) == b""


def test_a_file_is_removed_if_it_is_there(http: StorageHttp, address: str) -> None:
    file = BlockBlobFile(address, name(), "job 1", http)
    file.write(0, b"rows")
    file.finish("text/csv")
    for _ in range(2):
        file.remove()
    with pytest.raises(StorageUnavailable, match="404"):
        list(file.read())


def test_more_parts_than_storage_takes_are_refused(http: StorageHttp, address: str) -> None:
    with pytest.raises(OutputRefused, match="too long"):
        BlockBlobFile(address, name(), "job 1", http).write(50_000, b"rows")


def test_a_container_that_is_missing_is_a_clear_answer(http: StorageHttp, azurite: Azurite) -> None:
    file = BlockBlobFile(f"{azurite.blob_endpoint}/nowhere", "a.csv", "job 1", http)
    with pytest.raises(StorageUnavailable, match="ContainerNotFound"):
        file.write(0, b"rows")
