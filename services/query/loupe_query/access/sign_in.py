"""How people sign in, which strangers may know, and as whom they then call."""

from typing import Annotated

from fastapi import APIRouter, params

from loupe_query.access.callers import Caller
from loupe_query.access.settings import AccessSettings
from loupe_query.documents import example
from loupe_query.examples import ME, SIGN_IN
from loupe_shared.adapters.web import describe
from loupe_shared.api.access import EntraSignIn, Me, SignIn


def sign_in_of(settings: AccessSettings) -> SignIn:
    """What the settings say of signing in."""
    entra = None
    if settings.entra_client:
        entra = EntraSignIn(
            authority=f"{settings.entra_authority}/{settings.entra_tenant}/v2.0",
            client_id=settings.entra_client,
            scope=f"{settings.entra_audience}/.default",
        )
    keys = settings.api_keys_file is not None
    return SignIn(needed=keys or settings.entra_tenant is not None, api_keys=keys, entra=entra)


def sign_in_router(sign_in: SignIn, reader: params.Security) -> APIRouter:
    """The routes with which a page begins.

    Args:
        sign_in: how people sign in.
        reader: the dependency that gives who calls.
    """
    router = APIRouter(tags=["access"])

    @router.get("/sign-in", summary="How to sign in", responses={200: example(SIGN_IN)})
    async def get_sign_in() -> SignIn:
        return sign_in

    @router.get("/v1/me", summary="Who calls", responses={200: example(ME), **describe(401, 403, 429, 503)})
    async def get_me(caller: Annotated[Caller, reader]) -> Me:
        return Me(name=caller.name, scopes=tuple(sorted(caller.scopes)))

    return router
