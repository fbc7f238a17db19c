"""The web application."""

from importlib.metadata import version

from fastapi import FastAPI

from loupe_query.archive import archive_router
from loupe_shared.adapters.web import health_router, install_problems
from loupe_shared.ports import ResultStore

DESCRIPTION = """Every image that was uploaded, what was found on it, and why.

Lists are sorted by time of completion, newest first. Follow `next` to go on: pages neither skip nor repeat a result
while images arrive. Errors are `application/problem+json` (RFC 9457)."""


def create_app(store: ResultStore, account: str) -> FastAPI:
    """The application over a store with the images of a storage account."""
    app = FastAPI(title="Loupe", version=version("loupe-query"), description=DESCRIPTION, redoc_url=None)
    install_problems(app)
    app.include_router(health_router(store.check))
    app.include_router(archive_router(store, account))
    return app
