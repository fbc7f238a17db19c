"""Everything that Loupe raises on purpose.

LoupeError
├── ConfigurationError      the operator must change something; the process prints one sentence and exits
├── TransientError          the same call may succeed later: retry, never drop
│   ├── BrokerUnavailable
│   ├── StorageUnavailable
│   └── StoreUnavailable
└── PermanentError          the same call will fail again: record the reason and go on
    ├── InvalidMessage      bytes from a queue, the broker or a webhook that are not what they should be
    ├── InvalidBundle       a model bundle that does not fit its manifest
    ├── BlobGone            the blob was deleted (404)
    ├── BlobReplaced        the blob is no longer the version that was asked for (412)
    └── ImageRejected       these bytes cannot be classified; carries a reason code

Retry policy follows from the two middle types and is declared in one place (``worker.py``).
HTTP status codes belong to the web applications and appear nowhere else.
"""

from loupe_shared.domain import Reason


class LoupeError(Exception):
    """Root of every error that Loupe raises on purpose."""


class ConfigurationError(LoupeError):
    """The process cannot start as it is configured. The message says what to change."""


class TransientError(LoupeError):
    """The same call may succeed later."""


class BrokerUnavailable(TransientError):
    """The broker did not take or give a message."""


class StorageUnavailable(TransientError):
    """Blob or queue storage did not answer as it should."""


class StoreUnavailable(TransientError):
    """The results store did not take a write or answer a read."""


class PermanentError(LoupeError):
    """The same call will fail again."""


class InvalidMessage(PermanentError):
    """A message from outside is malformed or of an unknown version."""


class InvalidBundle(PermanentError):
    """A model bundle is incomplete, altered, or of an unknown schema."""


class BlobGone(PermanentError):
    """The blob does not exist any more."""


class BlobReplaced(PermanentError):
    """The blob exists in another version than the one asked for."""


class ImageRejected(PermanentError):
    """These bytes cannot be classified.

    Attributes:
        reason: the code that the result will carry.
        detail: one sentence for the person who looks at the image.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
