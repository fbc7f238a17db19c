"""Requests to Cosmos DB: each in its turn, its errors in Loupe's words, and how often one is tried."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.cosmos import CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.errors import StoreUnavailable
from loupe_shared.telemetry import metrics

CONNECT_TIMEOUT_S = 5
ANSWER_TIMEOUT_S = 10
CONFLICT_BACKOFF_S = 0.01
BACKOFF_S = 0.1

# Sub-statuses of a 404 that do not speak of the item: it may not have reached the replica that was asked, and its
# container or database is missing.
NOT_THERE_YET, OWNER_IS_MISSING = 1002, 1003
_RETRY_AFTER = "x-ms-retry-after-ms"
_RETRY_WITH = 449
_CONFLICTS = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.FAILED_DEPENDENCY, _RETRY_WITH)
_UNANSWERED = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GONE)

T = TypeVar("T")


class Conflict(Exception):
    """Nothing was written, because documents were not as a batch supposed. They must be read again."""


class Unanswered(Exception):
    """It is not known whether what was asked for was done."""


def connect(endpoint: str, credential: str | TokenCredential, **options: Any) -> CosmosClient:  # noqa: ANN401
    """A client that makes each request once: whether and when it is made again is decided here, for all of them.

    Args:
        endpoint: URL of the account.
        credential: account key, for emulators, or an identity.
        options: others of ``CosmosClient``.
    """
    return CosmosClient(
        endpoint,
        credential,
        # It would replace an emulator's address by the one that it believes to have.
        enable_endpoint_discovery=not isinstance(credential, str),
        connection_timeout=CONNECT_TIMEOUT_S,
        read_timeout=ANSWER_TIMEOUT_S,
        retry_total=0,
        retry_throttle_total=-1,  # the SDK takes 0 for 9
        enable_compact_utf8_item_writes=True,  # as a batch is measured
        **options,
    )


class Attempts:
    """The attempts at one thing, each of which begins before the deadline. For use from one thread.

    Args:
        governor: gives them their turns.
        deadline: by its clock.
    """

    def __init__(self, governor: Governor, deadline: float) -> None:
        self._governor = governor
        self._deadline = deadline
        self._failures = 0

    def make(self, request: Callable[[], T]) -> T:
        """Make a request. After a failure for which another attempt is worth while, return when it may be made.

        Raises:
            Conflict: the next attempt must be another.
            Throttled: nothing was done; the next attempt may be the same.
            Unanswered: the next attempt must find out what was done.
            StoreUnavailable: there must be no other attempt.
        """
        try:
            with self._governor.turn(self._deadline), translated():
                answer = request()
        except TimeoutError as error:
            raise StoreUnavailable("Cosmos DB is too busy: a request had no turn in time") from error
        except (Conflict, Throttled, Unanswered) as failure:
            self._back_off(failure)
            raise
        self._failures = 0
        return answer

    def _back_off(self, failure: Exception) -> None:
        self._failures += 1
        base_s = CONFLICT_BACKOFF_S if isinstance(failure, Conflict) else BACKOFF_S
        try:
            self._governor.back_off(self._failures, base_s, self._deadline)
        except TimeoutError:
            raise StoreUnavailable(str(failure)) from failure.__cause__
        metrics.COSMOS_RETRIES.labels(type(failure).__name__.lower()).inc()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the SDK's errors into those of ``Attempts.make``, and count the request."""
    status: object = "none"
    try:
        yield
        status = "ok"
    except CosmosBatchOperationError as error:
        status = error.status_code
        raise _failure_of_batch(error) from error
    except CosmosHttpResponseError as error:
        status = error.status_code
        raise _failure(error) from error
    except AzureError as error:
        raise Unanswered(f"Cosmos DB does not answer: {error}") from error
    finally:
        metrics.COSMOS_REQUESTS.labels(status).inc()


def _failure_of_batch(error: CosmosBatchOperationError) -> Exception:
    status, sentence = error.status_code or 0, f"Cosmos DB refused a batch: {error.message}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        answer = error.operation_responses[error.error_index]
        return Throttled(sentence, float(answer.get("retryAfterMilliseconds") or 0) / 1000)
    if status == HTTPStatus.NOT_FOUND or status in _CONFLICTS:
        return Conflict(sentence)
    return _other_failure(status, sentence)


def _failure(error: CosmosHttpResponseError) -> Exception:
    status, sentence = error.status_code or 0, f"Cosmos DB answered {error.status_code}: {error.message}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(sentence, float(error.headers.get(_RETRY_AFTER, 0)) / 1000)
    if status in _CONFLICTS:
        return Conflict(sentence)
    if error.sub_status == NOT_THERE_YET:
        return Unanswered(sentence)
    return _other_failure(status, sentence)


def _other_failure(status: int, sentence: str) -> Exception:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _UNANSWERED:
        return Unanswered(sentence)
    return StoreUnavailable(sentence)
