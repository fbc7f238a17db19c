"""Listing a container, against Azurite."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import ContainerClient, ContentSettings

from loupe_local.azurite import Azurite
from loupe_shared.adapters import storage_http
from loupe_shared.adapters.blob_listing import AzureListing
from loupe_shared.adapters.memory_listing import MemoryListing
from loupe_shared.adapters.storage_http import Response, StorageHttp
from loupe_shared.container import Listed, Listing, MarkerRefused, NameRefused
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings
from loupe_shared.verdict import modified_at

ODD_NAMES = [
    "A",
    "a",
    "a b+c%20d",
    "a!",
    "a&<>\"'",
    "a/b",
    "a/b/c?d=e#f",
    "ä/日本/\U0001f600",
    "trailing space ",
    " leading space",
    "it's; [a] {name} ~",
    "x" * 1024,
]


@pytest.fixture
def http(storage_settings: StorageSettings) -> Iterator[StorageHttp]:
    """A client."""
    http = StorageHttp(storage_settings, 4, 30)
    yield http
    http.close()


@pytest.fixture
def container(azurite: Azurite) -> Iterator[ContainerClient]:
    """A new, empty container."""
    with azurite.blobs() as service:
        yield service.create_container(f"c{uuid.uuid4().hex}")


@pytest.fixture
def listing(azurite: Azurite, container: ContainerClient, http: StorageHttp) -> AzureListing:
    """Of that container, in pages of five."""
    return AzureListing(azurite.blob_endpoint, str(container.container_name), http, page_size=5)


def listed(listing: Listing, prefix: str = "") -> list[Listed]:
    """Everything."""
    found: list[Listed] = []
    marker = ""
    while True:
        page = listing.page(prefix, marker).result()
        found += page.blobs
        marker = page.next
        if not marker:
            return found


def counted(listing: Listing, prefix: str = "") -> int:
    """How many, page by page."""
    count, marker = 0, ""
    while True:
        page = listing.count(prefix, marker).result()
        count, marker = count + page.blobs, page.next
        if not marker:
            return count


def test_an_empty_container(listing: AzureListing) -> None:
    assert counted(listing) == 0
    assert listed(listing) == []
    assert listed(listing, "prefix/") == []


def test_all_names_on_several_pages(listing: AzureListing, container: ContainerClient) -> None:
    for name in ODD_NAMES:
        container.upload_blob(name, b"x")
    assert sorted(blob.name for blob in listed(listing)) == sorted(ODD_NAMES)
    assert [blob.name for blob in listed(listing, "a/b")] == ["a/b", "a/b/c?d=e#f"]
    assert [blob.name for blob in listed(listing, "ä/日")] == ["ä/日本/\U0001f600"]
    assert listed(listing, "nothing") == []


def test_what_is_known_of_a_blob(listing: AzureListing, container: ContainerClient) -> None:
    container.upload_blob("a", b"123", content_settings=ContentSettings(content_type="image/jpeg"))
    properties = container.get_blob_client("a").get_blob_properties()
    (blob,) = listed(listing)
    assert blob[:2] == ("a", str(properties.etag).strip('"'))
    assert blob[3:] == (3, "image/jpeg")
    assert modified_at(blob) == properties.last_modified
    assert abs(datetime.now(UTC) - modified_at(blob)) < timedelta(minutes=1)


def test_a_look_says_the_same_as_the_listing(listing: AzureListing, container: ContainerClient) -> None:
    for name in ODD_NAMES:
        container.upload_blob(name, b"x")
    found = {blob.name: blob for blob in listed(listing)}
    looks = listing.look([*ODD_NAMES, "not there"])
    assert [look.result() for look in looks] == [*(found[name] for name in ODD_NAMES), None]


def test_the_listing_in_memory_says_the_same(listing: AzureListing, container: ContainerClient) -> None:
    for name in ODD_NAMES:
        container.upload_blob(name, b"x")
    memory = MemoryListing(page_size=5)
    memory.blobs = {blob.name: blob for blob in listed(listing)}
    for prefix in ("", "a", "a/b", "nothing"):
        assert sorted(listed(memory, prefix)) == sorted(listed(listing, prefix))
        assert counted(memory, prefix) == counted(listing, prefix) == len(listed(listing, prefix))
    names = [*ODD_NAMES, "not there"]
    assert [look.result() for look in memory.look(names)] == [look.result() for look in listing.look(names)]


def test_a_container_that_is_not_there(azurite: Azurite, container: ContainerClient, http: StorageHttp) -> None:
    container.delete_container()
    listing = AzureListing(azurite.blob_endpoint, str(container.container_name), http)
    with pytest.raises(StorageUnavailable, match=f"the container {container.container_name} does not exist"):
        listing.page("", "").result()
    with pytest.raises(StorageUnavailable, match="does not exist"):  # and not that the blob is gone
        listing.look(["a"])[0].result()


def test_storage_that_is_away(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_http, "BACKOFF_S", 0.01)
    endpoint = f"http://127.0.0.1:{unused_port}/a"
    http = StorageHttp(StorageSettings(storage_account="a", storage_key="a2V5", blob_endpoint=endpoint), 1, 5)
    try:
        with pytest.raises(StorageUnavailable, match="does not answer"):
            AzureListing(endpoint, "images", http).page("", "").result()
    finally:
        http.close()


@pytest.mark.parametrize(
    ("response", "prefix", "marker", "error", "says"),
    [
        (Response(400, 0, b"", "OutOfRangeInput"), "p", "m", MarkerRefused, "OutOfRangeInput"),
        (
            Response(400, 0, b"", "OutOfRangeInput"),
            "p",
            "",
            NameRefused,
            "with 'p' cannot be listed: .* 400 OutOf",
        ),
        (Response(400, 0, b"", ""), "p", "", StorageUnavailable, "storage answered 400$"),
        (Response(400, 0, b"", "InvalidAuthenticationInfo"), "p", "", StorageUnavailable, "400 InvalidAuth"),
        (Response(400, 0, b"", "OutOfRangeInput"), "", "", StorageUnavailable, "images cannot be listed: .* 400"),
        (Response(403, 0, b"", "AuthorizationFailure"), "", "m", StorageUnavailable, "403 AuthorizationFailure"),
        (Response(200, 4, b"<a/>", ""), "", "", StorageUnavailable, "cannot be read: it is not a listing"),
    ],
)
def test_other_answers(
    http: StorageHttp,
    monkeypatch: pytest.MonkeyPatch,
    response: Response,
    prefix: str,
    marker: str,
    error: type[Exception],
    says: str,
) -> None:
    async def request(*_: object) -> Response:
        return response

    monkeypatch.setattr(http, "request", request)
    with pytest.raises(error, match=says):
        AzureListing("http://127.0.0.1", "images", http).page(prefix, marker).result()


@pytest.mark.parametrize(
    ("response", "error", "says"),
    [
        (Response(400, 0, b"", ""), StorageUnavailable, "storage answered 400$"),
        (
            Response(400, 0, b"", "InvalidHeaderValue"),
            StorageUnavailable,
            "not let a be looked at: .* 400 Invalid",
        ),
        (Response(403, 0, b"", "AuthorizationFailure"), StorageUnavailable, "403 AuthorizationFailure"),
    ],
)
def test_looks_at_what_storage_does_not_give(
    http: StorageHttp, monkeypatch: pytest.MonkeyPatch, response: Response, error: type[Exception], says: str
) -> None:
    async def request(*_: object) -> Response:
        return response

    monkeypatch.setattr(http, "request", request)
    with pytest.raises(error, match=says):
        AzureListing("http://127.0.0.1", "images", http).look(["a"])[0].result()


def test_what_storage_takes_for_no_name_is_no_blob(http: StorageHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    async def request(*_: object) -> Response:
        return Response(400, 0, b"", "InvalidUri")

    monkeypatch.setattr(http, "request", request)
    assert AzureListing("http://127.0.0.1", "images", http).look(["a"])[0].result() is None
