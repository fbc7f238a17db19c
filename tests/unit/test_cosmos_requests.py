"""What the errors of the SDK mean, and what follows from them."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import NoReturn

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosClientTimeoutError, CosmosHttpResponseError

from loupe_shared.adapters.cosmos_requests import Attempts, Conflict, Unanswered
from loupe_shared.adapters.governor import Clock, Governor, Throttled
from loupe_shared.errors import StoreUnavailable
from loupe_shared.telemetry.metrics import COSMOS_REQUESTS, COSMOS_RETRIES
from tests.metering import Growth


class Hasty(Clock):
    """A clock that nobody waits for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        """Always the same."""
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Return at once."""
        self.slept.append(seconds)


def refusal(status: int, **headers: str) -> CosmosHttpResponseError:
    """What the SDK raises when the service refuses a request."""
    named = {f"x-ms-{name.replace('_', '-')}": value for name, value in headers.items()}
    response = SimpleNamespace(headers=named, status_code=status, reason="", text=lambda: "")
    return CosmosHttpResponseError(status_code=status, message="no", response=response)  # type: ignore[no-untyped-call]


def failed_batch(status: int, **details: int) -> CosmosBatchOperationError:
    """What the SDK raises when an operation of a batch fails."""
    answers = [{"statusCode": 424}, {"statusCode": status, **details}]
    return CosmosBatchOperationError(  # type: ignore[no-untyped-call]
        error_index=1, headers={}, status_code=status, message="no", operation_responses=answers
    )


def raising(error: Exception) -> Callable[[], NoReturn]:
    """A request that fails so."""

    def request() -> NoReturn:
        raise error

    return request


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refusal(429), Throttled),
        (refusal(409), Conflict),
        (refusal(412), Conflict),
        (refusal(449), Conflict),
        (refusal(408), Unanswered),
        (refusal(410), Unanswered),
        (refusal(500), Unanswered),
        (refusal(503), Unanswered),
        (refusal(404, substatus="1002"), Unanswered),
        (refusal(404, substatus="1003"), StoreUnavailable),
        (refusal(401), StoreUnavailable),
        (refusal(403), StoreUnavailable),
        (refusal(413), StoreUnavailable),
        (failed_batch(429), Throttled),
        (failed_batch(404), Conflict),
        (failed_batch(409), Conflict),
        (failed_batch(412), Conflict),
        (failed_batch(424), Conflict),
        (failed_batch(449), Conflict),
        (failed_batch(408), Unanswered),
        (failed_batch(503), Unanswered),
        (failed_batch(400), StoreUnavailable),
        (failed_batch(413), StoreUnavailable),
        (ServiceRequestError("refused"), Unanswered),
        (ServiceResponseError("reset"), Unanswered),
        (CosmosClientTimeoutError(), Unanswered),  # type: ignore[no-untyped-call]
    ],
    ids=lambda value: f"{type(value).__name__} {getattr(value, 'status_code', '')}",
)
def test_what_an_error_means(error: AzureError, meaning: type[Exception]) -> None:
    with pytest.raises(meaning) as caught:
        Attempts(Governor(clock=Hasty()), math.inf).make(raising(error))
    assert caught.value.__cause__ is error


def test_how_long_the_service_wants_to_be_left_alone() -> None:
    for error in (refusal(429, retry_after_ms="250"), failed_batch(429, retryAfterMilliseconds=250)):
        with pytest.raises(Throttled) as caught:
            Attempts(Governor(clock=Hasty()), math.inf).make(raising(error))
        assert caught.value.retry_after_s == 0.25


def test_an_attempt_returns_when_the_next_may_be_made() -> None:
    clock = Hasty()
    attempts = Attempts(Governor(clock=clock), math.inf)
    for _ in range(3):
        with pytest.raises(Unanswered):
            attempts.make(raising(ServiceResponseError("reset")))
    assert len(clock.slept) == 3
    assert attempts.make(lambda: "an answer") == "an answer"
    with pytest.raises(StoreUnavailable):
        attempts.make(raising(refusal(403)))
    assert len(clock.slept) == 3


def test_a_conflict_is_tried_again_sooner_than_an_outage() -> None:
    def longest(error: AzureError) -> float:
        clock = Hasty()
        for _ in range(100):
            with pytest.raises((Conflict, Unanswered)):
                Attempts(Governor(clock=clock), math.inf).make(raising(error))
        return max(clock.slept)

    assert longest(failed_batch(412)) <= 0.01 < longest(ServiceResponseError("reset")) <= 0.1


def test_at_the_deadline_the_last_error_is_what_is_told() -> None:
    error = ServiceResponseError("reset by peer")
    with pytest.raises(StoreUnavailable, match="does not answer: reset by peer") as caught:
        Attempts(Governor(clock=Hasty()), 1e-9).make(raising(error))
    assert caught.value.__cause__ is error
    with pytest.raises(StoreUnavailable, match="no turn in time"):
        Attempts(Governor(clock=Hasty()), 0.0).make(lambda: "an answer")


def test_each_attempt_counts_by_its_status_and_each_retry_by_its_cause() -> None:
    requests, retries = Growth(COSMOS_REQUESTS), Growth(COSMOS_RETRIES)
    attempts = Attempts(Governor(clock=Hasty()), math.inf)
    for error in (refusal(429), failed_batch(409), refusal(412), ServiceRequestError("no")):
        with pytest.raises((Conflict, Throttled, Unanswered)):
            attempts.make(raising(error))
    assert attempts.make(lambda: 5) == 5
    assert [requests(status) for status in ("ok", "429", "409", "412", "none")] == [1, 1, 1, 1, 1]
    assert [retries(cause) for cause in ("throttled", "conflict", "unanswered")] == [1, 2, 1]


def test_what_is_not_tried_again_is_no_retry() -> None:
    requests, retries = Growth(COSMOS_REQUESTS), Growth(COSMOS_RETRIES)
    with pytest.raises(StoreUnavailable):
        Attempts(Governor(clock=Hasty()), math.inf).make(raising(refusal(403)))
    with pytest.raises(StoreUnavailable):
        Attempts(Governor(clock=Hasty()), 1e-9).make(raising(refusal(429)))
    assert (requests("403"), requests("429")) == (1, 1)
    assert retries("throttled") == 0
