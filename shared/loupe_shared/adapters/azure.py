"""Signing in to Azure Storage."""

import time
from datetime import UTC, datetime, timedelta

from azure.identity import DefaultAzureCredential
from azure.storage.blob import AccountSasPermissions, ResourceTypes, Services, generate_account_sas

from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings

SCOPE = "https://storage.azure.com/.default"
SAS_LIFETIME_S = 3600
RENEW_BEFORE_S = 300


class StorageAccess:
    """What requests to Azure Storage carry to be let in.

    A bearer token of the identity that the process runs as; or, with the key of an emulator, a shared access signature.
    Either is kept until shortly before it expires.

    Args:
        settings: the storage account.
        writes: whether the signature lets blobs be written and removed. What a token lets be done, roles say.
    """

    def __init__(self, settings: StorageSettings, *, writes: bool = False) -> None:
        self._account = settings.storage_account
        self._key = settings.storage_key
        self._writes = writes
        self._credential = None if settings.storage_key else DefaultAzureCredential()
        self._headers: dict[str, str] = {}
        self._query = ""
        self._expires = 0.0

    def is_fresh(self) -> bool:
        """Whether ``headers`` and ``query`` are valid for some minutes to come."""
        return time.time() < self._expires - RENEW_BEFORE_S

    def require(self) -> None:
        """Return if ``headers`` and ``query`` are valid.

        Raises:
            StorageUnavailable: they were never there, or have expired.
        """
        if time.time() >= self._expires:
            raise StorageUnavailable("signing in to storage failed: the log has the reason")

    @property
    def headers(self) -> dict[str, str]:
        """Headers for a request."""
        return self._headers

    @property
    def query(self) -> str:
        """Parameters for a request's address, or none."""
        return self._query

    def renew(self) -> None:
        """Get a new token or signature. May take seconds.

        Raises:
            AzureError: there is no identity to sign in as, or signing in failed.
        """
        if self._credential:
            token = self._credential.get_token(SCOPE)
            self._headers, self._expires = {"Authorization": f"Bearer {token.token}"}, token.expires_on
        elif self._key:
            expiry = datetime.now(UTC) + timedelta(seconds=SAS_LIFETIME_S)
            self._query = generate_account_sas(
                self._account,
                self._key.get_secret_value(),
                ResourceTypes(object=True, container=True),  # Azurite counts queue messages to the second
                AccountSasPermissions(
                    read=True, list=True, add=True, update=True, process=True, write=self._writes, delete=self._writes
                ),
                expiry,
                services=Services(blob=True, queue=True),
            )
            self._expires = expiry.timestamp()
