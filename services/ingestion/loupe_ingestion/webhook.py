"""The webhook that Event Grid may deliver to instead of a queue: both schemas, both handshakes.

Event Grid drops what is answered with 400, and acknowledges batches as a whole. So an event that cannot be read goes to
the poison queue and its neighbours are handled; only a body that is no JSON at all is answered with 400.
"""

import json
import logging
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, SecretStr
from starlette.concurrency import run_in_threadpool

from loupe_ingestion.events import BlobEvent, read_event
from loupe_ingestion.handler import EventHandler
from loupe_ingestion.ports import EventQueue
from loupe_shared.adapters.web import describe
from loupe_shared.errors import InvalidMessage
from loupe_shared.telemetry import metrics

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 4 * 1024 * 1024  # Event Grid's batches reach 1 MiB
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"


class Receipt(BaseModel):
    """What became of a delivery."""

    accepted: int
    poisoned: int


class ValidationResponse(BaseModel):
    """Proof that we want the events of a subscription (Event Grid schema)."""

    validationResponse: str  # noqa: N815  (Event Grid's spelling)


def webhook_router(handler: EventHandler, queue: EventQueue, token: SecretStr | None) -> APIRouter:
    """The routes at which Event Grid delivers. ``queue`` is where unreadable events are set aside."""
    router = APIRouter(tags=["events"], responses=describe(401, 413, 503))

    def authorize(given: str) -> None:
        if token is not None and not secrets.compare_digest(given.encode(), token.get_secret_value().encode()):
            raise HTTPException(401, "the endpoint's URL must carry the right ?token=")

    @router.options("/events", summary="Handshake of the CloudEvents schema")
    def consent(
        webhook_request_origin: Annotated[str, Header()],
        token: Annotated[str, Query()] = "",
    ) -> Response:
        authorize(token)
        return Response(
            headers={"WebHook-Allowed-Origin": webhook_request_origin, "WebHook-Allowed-Rate": "*", "Allow": "POST"}
        )

    @router.post("/events", summary="Deliver events", responses=describe(400))
    async def deliver(request: Request, token: Annotated[str, Query()] = "") -> Receipt | ValidationResponse:
        authorize(token)
        documents = await _documents(request)
        if documents and isinstance(documents[0], dict) and documents[0].get("eventType") == VALIDATION:
            return _validation(documents[0])
        return await run_in_threadpool(_receive, documents, handler, queue)

    return router


async def _documents(request: Request) -> list[Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"more than {MAX_BODY_BYTES} bytes: set a smaller preferred batch size")
    try:
        # Not pydantic's faster parser: it refuses the whole body for half of a surrogate pair in the name of one blob.
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error
    return document if isinstance(document, list) else [document]


def _validation(document: dict[str, Any]) -> ValidationResponse:
    data = document.get("data")
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not isinstance(code, str):
        raise HTTPException(400, "data.validationCode is missing")
    return ValidationResponse(validationResponse=code)


def _receive(documents: list[Any], handler: EventHandler, queue: EventQueue) -> Receipt:
    events: list[BlobEvent] = []
    poisoned = 0
    for document in documents:
        try:
            event = read_event(document)
        except InvalidMessage as error:
            log.warning("a delivered event was moved to the poison queue: %s", error)
            queue.poison(json.dumps(document), str(error))
            metrics.EVENTS.labels("poisoned").inc()
            poisoned += 1
        else:
            if event:
                events.append(event)
    handler.handle(events)
    return Receipt(accepted=len(documents) - poisoned, poisoned=poisoned)
