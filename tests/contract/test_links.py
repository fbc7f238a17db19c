"""Links to blobs, used as browsers use them: on storage with a key, and on storage that knows identities."""

import base64
import http.client
import ipaddress
import json
import ssl
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.core.credentials import AccessToken
from azure.storage.blob import BlobClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loupe_local.azurite import ACCOUNT, node
from loupe_local.child import Child
from loupe_local.ports import free_port, listens
from loupe_query.pictures.azure_links import READING, SKEW, STEP, UPLOADING, AzureLinks
from loupe_shared.adapters import blob_service
from loupe_shared.adapters.blob_service import connect
from loupe_shared.domain import now
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings
from tests.factories import ROOT

UPLOAD = {"x-ms-blob-type": "BlockBlob"}
NAMES = ["a.jpg", "line 3/ü#?&%41.jpg", "a//b", "/a", ".hidden", "x/blobs/y", "a+b=c&d;e,f:g@h!", "emoji 🦊", "~'()*"]


class Identity:
    """A credential whose tokens Azurite accepts: it does not check who signed them."""

    object_id = "11059fcc-5514-4800-b5f8-49808b9cfab6"
    tenant_id = "ab1f708d-50f6-404c-a006-d71b2ac7a606"

    def get_token(self, *_: str, **__: object) -> AccessToken:
        """A token of the next hour."""
        issued = int(time.time())
        claims = {
            "aud": "https://storage.azure.com",
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "oid": self.object_id,
            "tid": self.tenant_id,
            "iat": issued,
            "nbf": issued - 60,
            "exp": issued + 3600,
        }
        parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
        token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in [*parts, b"signature"])
        return AccessToken(token, issued + 3600)


def certify(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


class Storage:
    """A storage account, links to it, and what a browser gets by them."""

    def __init__(self, settings: StorageSettings, certificate: Path | None = None) -> None:
        self.settings = settings
        self.service = connect(settings)
        self.links = AzureLinks(settings, self.service)
        self._tls = ssl.create_default_context(cafile=str(certificate)) if certificate else None

    def blob(self, name: str) -> BlobClient:
        """A client of one blob."""
        return self.service.get_blob_client("images", name)

    def send(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] = UPLOAD
    ) -> tuple[int, bytes]:
        """Status and body of an answer."""
        parts = urlsplit(url)
        assert parts.hostname
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(parts.hostname, parts.port, context=self._tls)
            if self._tls
            else http.client.HTTPConnection(parts.hostname, parts.port)
        )
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A storage account that knows identities, and the certificate of its server."""
    folder = tmp_path_factory.mktemp("guarded")
    certificate, key = certify(folder)
    port = free_port()
    command = [
        str(node()), str(ROOT / "services/local/node_modules/azurite/dist/src/blob/main.js"),
        "--location", str(folder / "data"), "--blobPort", str(port),
        "--oauth", "basic", "--cert", str(certificate), "--key", str(key),
        "--skipApiVersionCheck", "--disableTelemetry", "--silent",
    ]  # fmt: skip
    server = Child("Azurite with identities", command, folder / "log")
    server.wait_until(lambda: listens(port))
    yield f"https://127.0.0.1:{port}/{ACCOUNT}", certificate
    server.stop()


@pytest.fixture(params=["key", "identity"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """Both kinds of storage."""
    if request.param == "key":
        storage = Storage(request.getfixturevalue("storage_settings"))
    else:
        endpoint, certificate = request.getfixturevalue("guarded")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        monkeypatch.setattr(blob_service, "DefaultAzureCredential", Identity)
        storage = Storage(StorageSettings(storage_account=ACCOUNT, blob_endpoint=endpoint), certificate)
    with storage.service:
        if not storage.service.get_container_client("images").exists():
            storage.service.create_container("images")
        yield storage


@pytest.fixture
def name() -> str:
    """Of a new blob."""
    return f"line 3/ü#?&%/{uuid.uuid4().hex}.jpg"


@pytest.mark.parametrize("name", NAMES)
def test_bytes_through_a_link(storage: Storage, name: str) -> None:
    storage.blob(name).upload_blob(name.encode(), overwrite=True)
    assert storage.send("GET", storage.links.read("images", name).url) == (200, name.encode())


@pytest.mark.parametrize("name", NAMES)
def test_bytes_to_a_link(storage: Storage, name: str) -> None:
    link = storage.links.upload("images", name)
    for body in (b"bytes", b"other bytes"):
        assert storage.send("PUT", link.url, body)[0] == 201
        assert storage.blob(name).download_blob().readall() == body


@pytest.mark.parametrize("name", NAMES)
def test_bytes_to_a_link_that_writes_over_nothing(storage: Storage, name: str) -> None:
    blob = storage.blob(f"new/{uuid.uuid4().hex}{name}")
    link = storage.links.create("images", blob.blob_name)
    assert storage.send("PUT", link.url, b"bytes")[0] == 201
    assert storage.send("PUT", link.url, b"other")[0] == 403
    assert storage.send("GET", link.url)[0] == 403
    assert storage.send("DELETE", link.url)[0] == 403
    assert blob.download_blob().readall() == b"bytes"


def test_a_link_for_reading_permits_nothing_else(storage: Storage, name: str) -> None:
    storage.blob(name).upload_blob(b"bytes")
    url = storage.links.read("images", name).url
    assert storage.send("PUT", url, b"other")[0] == 403
    assert storage.send("DELETE", url)[0] == 403
    assert storage.blob(name).download_blob().readall() == b"bytes"


def test_a_link_for_uploading_permits_nothing_else(storage: Storage, name: str) -> None:
    url = storage.links.upload("images", name).url
    assert storage.send("PUT", url, b"bytes")[0] == 201
    assert storage.send("GET", url)[0] == 403
    assert storage.send("HEAD", url)[0] == 403
    assert storage.send("DELETE", url)[0] == 403
    assert storage.blob(name).exists()


@pytest.mark.parametrize("kind", ["read", "upload", "create"])
def test_a_link_is_to_one_blob(storage: Storage, name: str, kind: str) -> None:
    other = storage.blob(name + "2")
    other.upload_blob(b"bytes")
    url = getattr(storage.links, kind)("images", name).url
    path, signature = url.split("?")
    for elsewhere in (f"{path}2", path.replace("/images/", "/other/"), path.rsplit("/", 1)[0]):
        assert storage.send("GET", f"{elsewhere}?{signature}")[0] == 403
        assert storage.send("PUT", f"{elsewhere}?{signature}", b"other")[0] == 403
    listing = f"{path.split('/images/')[0]}/images?restype=container&comp=list&{signature}"
    assert storage.send("GET", listing)[0] == 403
    assert other.download_blob().readall() == b"bytes"


def aged(storage: Storage, age: timedelta) -> AzureLinks:
    """What gave links some time ago."""
    return AzureLinks(storage.settings, storage.service, lambda: now() - age)


def test_links_expire(storage: Storage, name: str) -> None:
    storage.blob(name).upload_blob(b"bytes")
    second = timedelta(seconds=1)
    for age, status in ((READING - STEP - second, 200), (READING + second, 403)):
        assert storage.send("GET", aged(storage, age).read("images", name).url)[0] == status
    for age, status in ((UPLOADING - STEP - second, 201), (UPLOADING + second, 403)):
        assert storage.send("PUT", aged(storage, age).upload("images", name).url, b"other")[0] == status


def test_links_are_good_while_clocks_differ(storage: Storage, name: str) -> None:
    storage.blob(name).upload_blob(b"bytes")
    for ahead in (SKEW - timedelta(seconds=5), -SKEW):
        assert storage.send("GET", aged(storage, -ahead).read("images", name).url)[0] == 200


def test_storage_that_knows_identities_signs_with_their_key(storage: Storage) -> None:
    url = storage.links.read("images", "a.jpg").url
    if storage.settings.storage_key:
        assert "skoid=" not in url
    else:
        assert f"skoid={Identity.object_id}&sktid={Identity.tenant_id}" in url
        assert "spr=https&" in url


def test_storage_that_gives_no_key(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_service, "DefaultAzureCredential", Identity)
    monkeypatch.setattr(blob_service, "RETRIES", 0)
    settings = StorageSettings(storage_account=ACCOUNT, blob_endpoint=f"https://127.0.0.1:{unused_port}/a")
    with connect(settings) as service, pytest.raises(StorageUnavailable) as caught:
        AzureLinks(settings, service).read("images", "a.jpg")
    assert caught.value.__cause__
