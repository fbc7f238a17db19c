"""What happens in the archive, as it happens: server-sent events."""

import logging
import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query
from fastapi.responses import StreamingResponse

from loupe_shared.adapters.web import Ending, describe
from loupe_shared.api.filters import PictureFilter
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.listing import ResultFilter
from loupe_shared.ports import Change, Changes
from loupe_shared.result import ResultDocument

MAX_STREAMS = 200
WAIT_S = 1.0  # how soon a stream notices that the service ends
QUIET_WAITS = 15  # after which proxies are shown that the connection lives
RECONNECT_MS = 2000
MANY = 100  # changes at once, which say that a stream has fallen behind
RELOAD = "event: reload\ndata: {}\n"

EXAMPLE = f"""retry: {RECONNECT_MS}
id: 1764057600123-0
event: image
data: {{"image": {{"container": "images", "blob": "samples/coffee.png", …}}, "outcome": "classified", …}}
"""
DESCRIPTION = """An event `image` for every image whose result is new or has changed; its data is the result.
An event `job` for every change of a batch job, whatever images are chosen; its data is the job.

After a broken connection, browsers send the last id that they have, and miss nothing. If that is too long ago, the
event `reload` comes first: then ask for the list again."""

_ID = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")

log = logging.getLogger(__name__)


def live_router(changes: Changes, ending: Ending) -> APIRouter:
    """The route over a stream of changes."""
    router = APIRouter(prefix="/v1", tags=["archive"], responses=describe(422, 503))
    streams: set[object] = set()

    @router.get(
        "/stream",
        summary="Images as they are classified",
        description=DESCRIPTION,
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}}}},
    )
    async def stream(
        query: Annotated[PictureFilter, Query()],
        last_event_id: Annotated[str | None, Header(max_length=100, description="where to go on")] = None,
    ) -> StreamingResponse:
        known = last_event_id is not None and _ID.fullmatch(last_event_id)
        complete = bool(known) and await changes.has_all_after(str(last_event_id))
        begin = str(last_event_id) if complete else await changes.latest()
        if len(streams) >= MAX_STREAMS:
            raise HTTPException(503, f"{MAX_STREAMS} streams are open already: try again later", {"Retry-After": "10"})
        token = object()
        streams.add(token)

        async def events() -> AsyncIterator[str]:
            try:
                # One event, so that whoever knows where to go on knows what was missed, too.
                missed = RELOAD if last_event_id is not None and not complete else ""
                yield f"retry: {RECONNECT_MS}\nid: {begin}\n{missed}\n"
                async for event in _events(changes, query.wanted(), begin, ending):
                    yield event
            except BrokerUnavailable as error:  # the client connects again
                log.warning("a stream was broken off: %s", error)
            finally:
                streams.discard(token)

        return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return router


async def _events(changes: Changes, wanted: ResultFilter, after: str, ending: Ending) -> AsyncIterator[str]:
    everything = wanted == ResultFilter()
    quiet = 0
    while not ending:
        found = await changes.after(after, WAIT_S)
        if len(found) > MANY and not await changes.has_all_after(after):  # this client is too slow
            after, found = await changes.latest(), []
            yield f"id: {after}\n{RELOAD}\n"
        shown = [change for change in found if everything or change.event == "job" or _matches(change, wanted)]
        if shown:
            yield "".join(f"id: {one.id}\nevent: {one.event}\ndata: {one.document}\n\n" for one in shown)
        quiet = 0 if shown else quiet + 1
        after = found[-1].id if found else after
        if quiet >= QUIET_WAITS:
            # No event, but the browser remembers how far it has come, however rare what it looks for is.
            yield f"id: {after}\n\n"
            quiet = 0


def _matches(change: Change, wanted: ResultFilter) -> bool:
    return wanted.matches(ResultDocument.model_validate_json(change.document))
