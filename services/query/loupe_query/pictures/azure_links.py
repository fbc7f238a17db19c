"""Links to blobs: shared access signatures.

In production they are signed with a *user delegation key*, which storage gives to the identity that the process runs
as: no link can do what this identity cannot, and nobody needs the account's key.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, UserDelegationKey, generate_blob_sas

from loupe_query.pictures.ports import Link
from loupe_shared.domain import now
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings

READING = timedelta(minutes=15)
UPLOADING = timedelta(minutes=60)

# A link to the same blob stays the same for so long, so that browsers find in their cache what they have seen.
STEP = timedelta(minutes=5)

SKEW = timedelta(minutes=5)  # by which storage's clock may be behind

KEY_LIFETIME = timedelta(hours=12)
RENEW_BEFORE = timedelta(hours=2)
RENEWAL_PAUSE = timedelta(seconds=5)  # after storage has refused a key

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

log = logging.getLogger(__name__)


class AzureLinks:
    """``Links`` to blobs of a storage account.

    Args:
        settings: the account. If they have its key, as with an emulator, links are signed with it.
        service: gives the key otherwise. It is not closed here.
        clock: gives the present moment.
    """

    def __init__(
        self, settings: StorageSettings, service: BlobServiceClient, clock: Callable[[], datetime] = now
    ) -> None:
        self._account = settings.storage_account
        self._key = settings.storage_key.get_secret_value() if settings.storage_key else None
        self._endpoint = settings.blob_endpoint.rstrip("/")
        self._protocol = "https" if self._endpoint.startswith("https://") else "https,http"
        self._delegation = DelegationKey(service, clock)
        self._clock = clock

    def read(self, container: str, blob: str) -> Link:
        """See ``Links.read``."""
        return self._sign(container, blob, BlobSasPermissions(read=True), READING)

    def upload(self, container: str, blob: str) -> Link:
        """See ``Links.upload``."""
        return self._sign(container, blob, BlobSasPermissions(create=True, write=True), UPLOADING)

    def create(self, container: str, blob: str) -> Link:
        """See ``Links.create``."""
        return self._sign(container, blob, BlobSasPermissions(create=True), UPLOADING)

    def _sign(self, container: str, blob: str, permission: BlobSasPermissions, lifetime: timedelta) -> Link:
        moment = self._clock()
        begun = moment - (moment - _LONG_AGO) % STEP
        signature = generate_blob_sas(
            self._account,
            container,
            blob,
            account_key=self._key,
            user_delegation_key=None if self._key else self._delegation.current(),
            permission=permission,
            start=begun - SKEW,
            expiry=begun + lifetime,
            protocol=self._protocol,
        )
        return Link(f"{self._endpoint}/{container}/{quote(blob)}?{signature}", begun + lifetime)


class DelegationKey:
    """A user delegation key that is asked for when it is first needed, and renewed long before it ends.

    Safe for use from several threads: one asks, the others wait for what it gets.
    """

    def __init__(self, service: BlobServiceClient, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock
        self._lock = threading.Lock()
        self._key: UserDelegationKey | None = None
        self._ends = self._renew_at = _LONG_AGO
        self._failure: AzureError | None = None

    def current(self) -> UserDelegationKey:
        """A key that outlives every link that is signed with it now.

        Raises:
            StorageUnavailable: there is none, because signing in failed or storage did not give one.
        """
        with self._lock:
            moment = self._clock()
            if moment >= self._renew_at:
                self._renew(moment)
            if self._key is None or moment > self._ends - UPLOADING:
                raise StorageUnavailable("storage gives no key to sign links with") from self._failure
            return self._key

    def _renew(self, moment: datetime) -> None:
        ends = moment + KEY_LIFETIME
        try:
            self._key = self._service.get_user_delegation_key(moment - SKEW, ends)
        except AzureError as error:  # the one at hand, if there is one, is good for a while
            log.warning("storage gives no user delegation key: %s", error.message)
            self._failure, self._renew_at = error, moment + RENEWAL_PAUSE
        else:
            self._ends, self._renew_at = ends, ends - RENEW_BEFORE
