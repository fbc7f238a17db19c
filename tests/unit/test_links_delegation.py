"""The key that links are signed with in production: asked for seldom, renewed in time, kept while storage is away."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import BlobServiceClient, UserDelegationKey

from loupe_query.pictures.azure_links import KEY_LIFETIME, RENEW_BEFORE, RENEWAL_PAUSE, UPLOADING, AzureLinks
from loupe_query.pictures.ports import Link
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings
from tests.factories import ACCOUNT, NOON

SETTINGS = StorageSettings(storage_account=ACCOUNT, blob_endpoint="https://a.blob.core.windows.net/")


class Clock:
    """Shows the time that the test says."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        """The present moment."""
        return self.moment


class KeyService:
    """The part of the Blob service that gives keys. Remembers for when."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime]] = []
        self.away = False
        self.held = threading.Event()
        self.held.set()

    def get_user_delegation_key(self, start: datetime, expiry: datetime) -> UserDelegationKey:
        """A new key, numbered, unless the service is away."""
        self.asked.append((start, expiry))
        self.held.wait()
        if self.away:
            raise ClientAuthenticationError("no identity")
        key = UserDelegationKey()  # type: ignore[no-untyped-call]
        key.signed_oid, key.signed_tid = f"object-{len(self.asked)}", "tenant"
        key.signed_start, key.signed_expiry = f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{expiry:%Y-%m-%dT%H:%M:%SZ}"
        key.signed_service, key.signed_version, key.value = "b", "2026-10-06", "a2V5"
        return key


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture
def service() -> KeyService:
    """What gives keys."""
    return KeyService()


@pytest.fixture
def links(service: KeyService, clock: Clock) -> AzureLinks:
    """The adapter."""
    return AzureLinks(SETTINGS, cast("BlobServiceClient", service), clock)


def fields(link: Link) -> dict[str, str]:
    """The parameters of a link."""
    return {name: value for name, (value,) in parse_qs(urlsplit(link.url).query).items()}


def key_of(links: AzureLinks) -> str:
    """Which key signs now."""
    return fields(links.read("images", "a.jpg"))["skoid"]


def test_what_a_link_says(links: AzureLinks, clock: Clock) -> None:
    clock.moment = NOON + timedelta(minutes=7, seconds=21)
    link = links.read("images", "line 3/ü#?&%.jpg")
    assert unquote(urlsplit(link.url).path) == "/images/line 3/ü#?&%.jpg"
    assert urlsplit(link.url).netloc == "a.blob.core.windows.net"
    said = fields(link)
    assert said.pop("sig")
    assert said.pop("sv")
    assert said == {
        "sp": "r",
        "sr": "b",
        "spr": "https",
        "st": "2026-11-22T12:00:00Z",
        "se": "2026-11-22T12:20:00Z",
        "skoid": "object-1",
        "sktid": "tenant",
        "skt": "2026-11-22T12:02:21Z",
        "ske": "2026-11-23T00:07:21Z",
        "sks": "b",
        "skv": "2026-10-06",
    }
    assert link.expires_at == NOON + timedelta(minutes=20)


def test_an_upload_link_creates_and_writes(links: AzureLinks) -> None:
    link = links.upload("images", "a.jpg")
    said = fields(link)
    assert (said["sp"], said["sr"], said["spr"]) == ("cw", "b", "https")
    assert link.expires_at == NOON + UPLOADING


def test_a_link_stays_the_same_for_some_minutes(links: AzureLinks, clock: Clock) -> None:
    link = links.read("images", "a.jpg")
    clock.moment += timedelta(minutes=4, seconds=59)
    assert links.read("images", "a.jpg") == link
    clock.moment += timedelta(seconds=1)
    assert links.read("images", "a.jpg") != link


def test_a_key_is_asked_for_once_and_renewed_before_it_ends(
    links: AzureLinks, service: KeyService, clock: Clock
) -> None:
    assert service.asked == []
    assert key_of(links) == key_of(links) == "object-1"
    clock.moment = NOON + KEY_LIFETIME - RENEW_BEFORE - timedelta(seconds=1)
    assert key_of(links) == "object-1"
    clock.moment += timedelta(seconds=1)
    assert key_of(links) == key_of(links) == "object-2"
    assert len(service.asked) == 2


def test_no_link_outlives_its_key(links: AzureLinks, service: KeyService, clock: Clock) -> None:
    links.read("images", "a.jpg")
    service.away = True
    with pytest.raises(StorageUnavailable):  # noqa: PT012  (the loop ends by it)
        while True:
            link = links.upload("images", "a.jpg")
            assert link.expires_at <= NOON + KEY_LIFETIME
            clock.moment += timedelta(minutes=1)
    assert clock.moment > NOON + KEY_LIFETIME - UPLOADING


def test_while_storage_gives_no_key_the_old_one_serves(links: AzureLinks, service: KeyService, clock: Clock) -> None:
    assert key_of(links) == "object-1"
    service.away = True
    clock.moment = NOON + KEY_LIFETIME - RENEW_BEFORE
    assert key_of(links) == key_of(links) == "object-1"
    assert len(service.asked) == 2
    service.away = False
    clock.moment += RENEWAL_PAUSE
    assert key_of(links) == "object-3"


def test_without_a_key_requests_fail_at_once_and_say_why(links: AzureLinks, service: KeyService, clock: Clock) -> None:
    service.away = True
    for _ in range(3):
        with pytest.raises(StorageUnavailable) as caught:
            links.read("images", "a.jpg")
        assert isinstance(caught.value.__cause__, ClientAuthenticationError)
    assert len(service.asked) == 1
    service.away = False
    clock.moment += RENEWAL_PAUSE
    assert key_of(links) == "object-2"


def test_one_asks_for_all(links: AzureLinks, service: KeyService) -> None:
    service.held.clear()
    with ThreadPoolExecutor(8) as threads:
        keys = [threads.submit(key_of, links) for _ in range(8)]
        service.held.set()
        assert {key.result() for key in keys} == {"object-1"}
    assert len(service.asked) == 1


def test_emulators_are_signed_for_with_their_key_and_reached_without_tls(service: KeyService, clock: Clock) -> None:
    settings = StorageSettings(storage_account=ACCOUNT, storage_key="a2V5", blob_endpoint="http://127.0.0.1:10000/a")
    said = fields(AzureLinks(settings, cast("BlobServiceClient", service), clock).read("images", "a.jpg"))
    assert said["spr"] == "https,http"
    assert "skoid" not in said
    assert service.asked == []
