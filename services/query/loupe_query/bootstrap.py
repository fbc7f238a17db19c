"""The composition root of the read API: the only place that names adapters."""

from loupe_query.app import create_app
from loupe_query.settings import QuerySettings
from loupe_shared.adapters.stores import open_store
from loupe_shared.adapters.web import serve_http


def serve_query(settings: QuerySettings) -> int:
    """Answer requests until told to end. Returns the exit code."""
    store = open_store(settings)
    try:
        return serve_http(create_app(store, settings.storage_account), settings)
    finally:
        store.close()
