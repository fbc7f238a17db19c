"""Files that batch jobs have written, in real blob storage."""

import uuid
from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from loupe_query.jobs.blob_outputs import BlobOutputs
from loupe_shared.adapters.blob_service import connect
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings


@pytest.fixture
def storage(storage_settings: StorageSettings) -> Iterator[BlobServiceClient]:
    """The storage account."""
    with connect(storage_settings) as storage:
        yield storage


@pytest.fixture
def container(storage: BlobServiceClient) -> ContainerClient:
    """A container for outputs."""
    return storage.create_container(f"outputs-{uuid.uuid4().hex}")


@pytest.mark.parametrize("name", ["a.csv", "line 3/ü#?%41.parquet", "a+b&c.jsonl"])
def test_a_file_is_there_when_it_is_written(storage: BlobServiceClient, container: ContainerClient, name: str) -> None:
    outputs = BlobOutputs(storage, container.container_name)
    assert not outputs.exists(name)
    container.upload_blob(name, b"")
    assert outputs.exists(name)


def test_a_container_that_is_missing_is_no_empty_one(storage: BlobServiceClient) -> None:
    with pytest.raises(StorageUnavailable, match="ContainerNotFound"):
        BlobOutputs(storage, f"never-{uuid.uuid4().hex}").exists("a.csv")


def test_storage_that_is_away(storage_settings: StorageSettings, unused_port: int) -> None:
    away = storage_settings.model_copy(update={"blob_endpoint": f"http://127.0.0.1:{unused_port}/devstoreaccount1"})
    with connect(away) as storage, pytest.raises(StorageUnavailable):
        BlobOutputs(storage, "outputs").exists("a.csv")
