"""The keys that Entra ID signs tokens with, which it changes now and then."""

import asyncio
import logging
import time
from collections.abc import Callable
from http.client import HTTPException

from jwt import PyJWK, PyJWKClient, PyJWTError
from starlette.concurrency import run_in_threadpool

from loupe_shared.errors import TransientError

ALGORITHM = "RS256"
TIMEOUT_S = 5.0
PAUSE_S = 60.0  # after keys were fetched: tokens that name keys which do not exist cost nothing in between
RETRY_S = 5.0  # after they could not be
MAX_AGE_S = 3600.0  # so that keys which were withdrawn are forgotten

log = logging.getLogger(__name__)


class SigningKeysUnavailable(TransientError):
    """Whether a token is valid cannot be told without a key that could not be fetched."""


class SigningKeys:
    """The keys at a URL (a JSON Web Key Set), fetched when one is asked for that is not known.

    Args:
        url: of the set.
        clock: seconds.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = PyJWKClient(url, cache_jwk_set=False, timeout=TIMEOUT_S)
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._next_fetch = float("-inf")
        self._away = False
        self._fetching = asyncio.Lock()

    async def find(self, kid: str) -> PyJWK | None:
        """The key with an id, if there is one.

        Raises:
            SigningKeysUnavailable: that is not known.
        """
        # Who has a key does not wait for another's request to renew it.
        if self._is_due(kid) and not (kid in self._keys and self._fetching.locked()):
            async with self._fetching:
                if self._is_due(kid):
                    await self._fetch()
        key = self._keys.get(kid)
        if key is None and self._away:
            raise SigningKeysUnavailable("the signing keys of Entra ID cannot be fetched")
        return key

    def _is_due(self, kid: str) -> bool:
        now = self._clock()
        return now >= self._next_fetch and (kid not in self._keys or now >= self._fetched_at + MAX_AGE_S)

    async def _fetch(self) -> None:
        try:
            found = await run_in_threadpool(self._client.get_signing_keys)
        # PyJWT lets through what goes wrong while the answer is read.
        except (PyJWTError, HTTPException, OSError, ValueError) as error:
            log.warning("the signing keys of Entra ID cannot be fetched from %s: %s", self._client.uri, error)
            self._away = True
            self._next_fetch = self._clock() + RETRY_S
        else:
            self._keys = {key.key_id: key for key in found if key.key_id and key.algorithm_name == ALGORITHM}
            self._away = False
            self._fetched_at = self._clock()
            self._next_fetch = self._fetched_at + PAUSE_S
