"""Access tokens of Entra ID."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import jwt

from loupe_query.access.callers import Caller, NotAuthenticated
from loupe_query.access.signing import ALGORITHM, SigningKeys
from loupe_shared.api.access import Scope

ROLES = {"Loupe.Read": Scope.READ, "Loupe.Review": Scope.REVIEW, "Loupe.Operate": Scope.OPERATE}
REQUIRED_CLAIMS = ("aud", "exp", "iat", "iss", "nbf", "oid")
LEEWAY_S = 60  # clocks differ
LONGEST = 16384  # characters; those of Entra ID have at most half of that
MOST_REMEMBERED = 4096
REMEMBERED_S = 300.0  # after that a token is verified anew, in case its key was withdrawn


class EntraTokens:
    """Tells who a token was given to. What was verified is remembered for some minutes, by the token's hash.

    Args:
        issuer: that tokens must come from.
        audience: that they must be for.
        keys: that they are signed with.
        now: seconds since 1970.
    """

    def __init__(self, issuer: str, audience: str, keys: SigningKeys, now: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._now = now
        self._verified: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    async def caller(self, token: str) -> Caller:
        """Who a token was given to.

        Raises:
            NotAuthenticated: the token is not valid.
            SigningKeysUnavailable: that cannot be told.
        """
        digest = hashlib.sha256(token.encode()).digest()
        caller, until = self._verified.get(digest, (None, 0.0))
        if caller and self._now() < until:
            return caller
        claims = await self._verify(token)
        caller = _caller(claims)
        until = min(int(claims["exp"]) + LEEWAY_S, self._now() + REMEMBERED_S)
        self._verified[digest] = caller, until
        self._verified.move_to_end(digest)
        if len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)
        return caller

    async def _verify(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST:
            raise NotAuthenticated("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            # Before the key is looked for, so that what Entra ID cannot have signed does not make us ask for one.
            if header.get("alg") != ALGORITHM or "kid" not in header:
                raise NotAuthenticated("the token is not one of Entra ID")
            key = await self._keys.find(header["kid"])
            if key is None:
                raise NotAuthenticated("the token is signed with a key that Entra ID does not have")
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": list(REQUIRED_CLAIMS), "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise NotAuthenticated(f"the token is not valid: {error}") from error


def _caller(claims: dict[str, Any]) -> Caller:
    roles = claims.get("roles")
    if not isinstance(roles, list):
        roles = []
    return Caller(str(claims["oid"]), frozenset(scope for role, scope in ROLES.items() if role in roles))
