"""What stands before the API: who calls is found out, counted, and let through or not."""

import logging
import math
from collections.abc import Mapping
from typing import Annotated

from fastapi import FastAPI, HTTPException, Request, Security, params
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from loupe_query.access.body import BodyLimit
from loupe_query.access.callers import ANONYMOUS, Caller, NotAuthenticated
from loupe_query.access.first import IdentifyFirst
from loupe_query.access.keyfile import KeyFile
from loupe_query.access.keys import KEY_PREFIX
from loupe_query.access.loopback import LoopbackOnly
from loupe_query.access.rate import RateLimit
from loupe_query.access.settings import AccessSettings
from loupe_query.access.sign_in import sign_in_of
from loupe_query.access.signing import SigningKeys
from loupe_query.access.tokens import EntraTokens
from loupe_shared.api.access import Scope

_CALLER = "loupe.caller"

log = logging.getLogger(__name__)


class Access:
    """Who may call an application, as its settings say. Without API keys and Entra ID, everyone on this machine may.

    Attributes:
        sign_in: how people say who they are.

    Raises:
        ConfigurationError: the file of API keys is missing, or not what it should be.
    """

    def __init__(self, settings: AccessSettings) -> None:
        self._keys = KeyFile(settings.api_keys_file) if settings.api_keys_file else None
        self._tokens = _entra_tokens(settings)
        self.sign_in = sign_in_of(settings)
        self._is_open = self._keys is None and self._tokens is None
        self._origins = settings.allowed_origins()
        self._max_body_bytes = settings.max_body_bytes
        # Apart, so that strangers with many addresses cannot push out the callers.
        self._callers = RateLimit(settings.requests_per_second)
        self._addresses = RateLimit(settings.requests_per_second)
        if self._is_open:
            log.info("the API is open to everyone on this machine, because neither API keys nor a tenant are set")

    def install(self, app: FastAPI, max_body_bytes: Mapping[str, int] | None = None) -> None:
        """Let an application refuse requests that are too long, and pages that may not call it.

        Args:
            app: the application.
            max_body_bytes: by path, where it differs from the setting.
        """
        app.add_middleware(IdentifyFirst, self.identify)
        app.add_middleware(BodyLimit, self._max_body_bytes, max_body_bytes or {})
        if self._is_open:
            app.add_middleware(LoopbackOnly, self._origins)
        if self._origins:
            # Outermost, so that pages can read refusals. What a caller may do is for its scopes to say.
            app.add_middleware(
                CORSMiddleware,
                allow_origins=self._origins,
                allow_methods=["*"],
                allow_headers=["*"],
                expose_headers=["Retry-After"],
            )

    def require(self, scope: Scope) -> params.Security:
        """The dependency of routes that only callers with a scope may use. Its value is the ``Caller``."""
        return params.Security(Guard(self, scope), scopes=[scope])

    async def identify(self, request: Request) -> Caller:
        """Who a request comes from. Counts it.

        Raises:
            HTTPException: that cannot be told, or they call too often.
            SigningKeysUnavailable: that cannot be told now.
        """
        known = request.scope.get(_CALLER)
        if isinstance(known, Caller):
            return known
        address = request.client.host if request.client else ""
        if self._is_open:
            _count(self._addresses, address)
            caller = ANONYMOUS
        else:
            try:
                caller = await self._authenticate(request.headers)
            except NotAuthenticated as error:
                _count(self._addresses, address)
                raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from error
            _count(self._callers, caller.name)
        request.scope[_CALLER] = caller  # one request is counted once, however many scopes it needs
        return caller

    async def _authenticate(self, headers: Headers) -> Caller:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        is_bearer = scheme.lower() == "bearer"
        given = (given if is_bearer else headers.get("x-api-key", "")).strip()
        if not given:
            raise NotAuthenticated("an API key or a bearer token is needed")
        if is_bearer and self._tokens and not given.startswith(KEY_PREFIX):
            return await self._tokens.caller(given)
        if not self._keys:
            raise NotAuthenticated("API keys are not accepted: a token of Entra ID is needed")
        return self._keys.caller(given)


class _Scheme(SecurityBase):
    """A way to authenticate, for the description of the API."""

    def __init__(self, name: str, model: HTTPBearer | APIKey) -> None:
        self.scheme_name = name
        self.model = model

    async def __call__(self) -> None:
        """Nothing: the guard looks at all headers itself."""


_API_KEY = _Scheme("API key", APIKey.model_validate({"in": APIKeyIn.header, "name": "X-API-Key"}))


class Guard(SecurityBase):
    """Lets callers with a scope through.

    FastAPI describes the API from it. It is no function with a parameter for each scheme, because each parameter would
    cost as much as the check.
    """

    scheme_name = "Bearer"

    def __init__(self, access: Access, scope: Scope) -> None:
        self.model = HTTPBearer(description="An API key, or an access token of Entra ID.")
        self._access = access
        self._scope = scope

    async def __call__(self, request: Request, _: Annotated[None, Security(_API_KEY)]) -> Caller:
        """The caller."""
        return await self.admit(request)

    async def admit(self, request: Request) -> Caller:
        """The caller, who has the scope.

        Raises:
            HTTPException: nobody is let through.
            SigningKeysUnavailable: it cannot be told who calls.
        """
        caller = await self._access.identify(request)
        if self._scope not in caller.scopes:
            raise HTTPException(403, f"{caller.name} lacks the scope {self._scope}")
        return caller


def _entra_tokens(settings: AccessSettings) -> EntraTokens | None:
    if settings.entra_tenant is None or settings.entra_audience is None:
        return None
    tenant = f"{settings.entra_authority}/{settings.entra_tenant}"
    keys = SigningKeys(f"{tenant}/discovery/v2.0/keys")
    return EntraTokens(f"{tenant}/v2.0", settings.entra_audience, keys)


def _count(limit: RateLimit, name: str) -> None:
    wait_s = math.ceil(limit.take(name))
    if wait_s:
        raise HTTPException(429, f"too many requests: the next may come in {wait_s} s", {"Retry-After": str(wait_s)})
