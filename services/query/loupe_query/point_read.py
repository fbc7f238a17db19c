"""One image by its name: what is asked most, and the shortest way to the answer.

FastAPI looks through the parameters of the endpoint and of all that it depends on for each request, which takes as much
CPU as the rest of a point read, and would find out nothing that is needed here.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, params
from fastapi.responses import Response
from fastapi.routing import APIRoute

from loupe_query.access.guard import Guard
from loupe_query.archive import unknown
from loupe_query.documents import UNCHANGED, conditional, example
from loupe_query.examples import RESULT
from loupe_shared.adapters.web import describe
from loupe_shared.domain import image_id
from loupe_shared.ports import ResultStore
from loupe_shared.result import ResultDocument

Container = Annotated[str, Path(examples=["images"])]
Blob = Annotated[str, Path(examples=["samples/coffee.png"])]


def add_point_read(app: FastAPI, store: ResultStore, account: str, reader: params.Security) -> None:
    """Add the route to an application.

    Args:
        app: the application.
        store: with the images of the account.
        account: the storage account.
        reader: the dependency that lets callers through.
    """

    async def get_image(request: Request, container: Container, blob: Blob) -> Response:
        id_ = image_id(account, container, blob)
        found = await asyncio.to_thread(store.find, [id_]) if store.is_remote else store.find([id_])
        document = found.get(id_)
        if document is None:
            raise unknown(container, blob)
        return conditional(request, document)

    app.router.add_api_route(
        "/v1/images/{container}/{blob:path}",
        get_image,
        methods=["GET"],
        tags=["archive"],
        summary="One image",
        dependencies=[reader],
        response_model=ResultDocument,
        responses={
            200: example(RESULT),
            **UNCHANGED,
            **describe(401, 403, 404, 422, 429, 503),
        },
        route_class_override=_DirectRoute,
    )


class _DirectRoute(APIRoute):
    """FastAPI describes it. It asks its guard, and gives the endpoint the parameters of the path as they are."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See ``APIRoute``."""
        (security,) = self.dependencies
        guard, endpoint = security.dependency, self.endpoint
        if not isinstance(guard, Guard):
            raise TypeError("a route without a guard is open to everyone")

        async def handle(request: Request) -> Response:
            await guard.admit(request)
            response: Response = await endpoint(request, **request.path_params)
            return response

        return handle
