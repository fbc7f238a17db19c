"""The API keys that are in force, in a file that may change at any time."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from loupe_query.access.callers import Caller, NotAuthenticated
from loupe_query.access.keys import KeyEntry, hash_key
from loupe_shared.errors import ConfigurationError

INTERVAL_S = 1.0  # between looks at the file

_ENTRIES = TypeAdapter(tuple[KeyEntry, ...])

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Known:
    caller: Caller
    expires: float


class KeyFile:
    """The keys in a file, by their hashes.

    A file that cannot be read while the service runs leaves the keys as they were: it is a mishap, and no way to revoke
    keys. An empty list is.

    Args:
        path: the file, a JSON list of ``KeyEntry``.
        clock: seconds.
        now: seconds since 1970.

    Raises:
        ConfigurationError: the file is missing, or not what it should be.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._clock = clock
        self._now = now
        self._next_look = clock() + INTERVAL_S
        self._stamp = self._look()
        try:
            self._keys = _read(path)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"LOUPE_API_KEYS_FILE: {_describe(path, error)}") from error

    def caller(self, key: str) -> Caller:
        """Whose key it is.

        Raises:
            NotAuthenticated: nobody's.
        """
        moment = self._clock()
        if moment >= self._next_look:
            self._next_look = moment + INTERVAL_S
            self._follow()
        # How long the look-up takes tells nothing: who does not know a key cannot choose what its hash begins with.
        known = self._keys.get(hash_key(key))
        if known is None or known.expires <= self._now():
            raise NotAuthenticated("the API key is unknown, revoked or expired")
        return known.caller

    def _follow(self) -> None:
        # Looked at before it is read: what changes in between is seen the next time.
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = _read(self._path)
        except (OSError, ValueError) as error:
            log.error("the API keys stay as they were: %s", _describe(self._path, error))  # noqa: TRY400  (one line)
        else:
            log.info("%d API keys are in force", len(self._keys))

    def _look(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        # ctime tells of permissions that were mended, and of content whose mtime was set back.
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _read(path: Path) -> dict[str, _Known]:
    keys: dict[str, _Known] = {}
    for entry in _ENTRIES.validate_json(path.read_bytes()):
        if entry.sha256 in keys:
            raise ValueError(f"the key of {entry.name} is in it twice")
        expires = entry.expires.timestamp() if entry.expires else float("inf")
        keys[entry.sha256] = _Known(Caller(entry.name, frozenset(entry.scopes)), expires)
    return keys


def _describe(path: Path, error: OSError | ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))  # entries are counted from 0
        return f"{path}: {where}: {first['msg']}" if where else f"{path}: {first['msg']}"
    return f"{path}: {error.strerror if isinstance(error, OSError) else error}"
