"""The front end over an archive: the query service with its pages, and the broker through which it follows changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.places import FRONTEND
from bench.query_service import query_service
from loupe_local.valkey import Valkey


@contextmanager
def pages(results: Path, state: Path, **settings: str) -> Iterator[str]:
    """Gives the address of the pages, while the context lasts.

    Args:
        results: the archive's file.
        state: folder for data and logs.
        settings: more environment variables for the query service.
    """
    broker = Valkey(state / "valkey", state / "valkey.log")
    settings |= {"LOUPE_BROKER_URL": broker.url, "LOUPE_FRONTEND": str(FRONTEND)}
    try:
        with query_service(results, state / "query.log", **settings) as service:
            yield service.url
    finally:
        broker.child.stop()
