"""The query API's application over whatever a test gives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from loupe_query.access.guard import Access
from loupe_query.access.settings import AccessSettings
from loupe_query.app import Archive, create_app
from loupe_query.drift.references import BundleReferences
from loupe_query.operate.jobs import Jobs
from loupe_query.operate.office import Office
from loupe_query.pictures.ports import Link
from loupe_query.review.memory import MemoryClaims
from loupe_shared.adapters.memory import MemoryChanges, MemoryOutstanding, MemoryPublisher, MemoryStore
from loupe_shared.adapters.memory_jobs import MemoryJobs
from loupe_shared.adapters.memory_shadows import MemoryShadows
from loupe_shared.adapters.memory_workers import MemoryWorkers
from loupe_shared.adapters.web import Ending
from loupe_shared.domain import now
from loupe_shared.errors import BlobGone
from loupe_shared.pipeline import Backlog, Lane
from loupe_shared.ports import ResultStore
from loupe_shared.result import Embedding
from tests.factories import ACCOUNT, CONTAINER


class NoLinks:
    """Links that lead nowhere."""

    def read(self, container: str, blob: str) -> Link:
        """A link."""
        return Link(f"https://storage.invalid/{container}/{blob}?read", now() + timedelta(minutes=1))

    def upload(self, container: str, blob: str) -> Link:
        """A link."""
        return Link(f"https://storage.invalid/{container}/{blob}?write", now() + timedelta(minutes=1))

    def create(self, container: str, blob: str) -> Link:
        """A link."""
        return Link(f"https://storage.invalid/{container}/{blob}?create", now() + timedelta(minutes=1))


class NoThumbnails:
    """No picture has a thumbnail."""

    async def link(self, blob: str) -> Link:
        """None."""
        raise BlobGone(f"{blob} does not exist")


class NoneSimilar:
    """No image looks like another."""

    def nearest(self, space: str, embedding: Embedding, limit: int) -> list[tuple[str, float]]:  # noqa: ARG002
        """None."""
        return []

    def close(self) -> None:
        """Nothing to close."""


class EmptyQueues:
    """Nothing is on its way."""

    def backlog(self) -> Backlog:
        """Nothing."""
        return Backlog(outstanding=0, queues=())

    def lanes(self) -> list[Lane]:
        """None."""
        return []


def archive(store: ResultStore | None = None, **parts: Any) -> Archive:  # noqa: ANN401
    """An archive in memory."""
    changes = MemoryChanges()
    made = Archive(
        account=ACCOUNT,
        images=CONTAINER,
        store=store or MemoryStore(),
        changes=changes,
        announcer=changes,
        queues=EmptyQueues(),
        workers=MemoryWorkers(),
        similar=NoneSimilar(),
        claims=MemoryClaims(),
        office=Office([]),
        jobs=Jobs(MemoryOutstanding(), MemoryPublisher()),
        batch_jobs=MemoryJobs(),
        outputs=None,
        registry=None,
        intake=None,
        shadows=MemoryShadows(),
        references=BundleReferences(None, None),
        embedder=None,
        links=NoLinks(),
        thumbnails=NoThumbnails(),
        max_picture_bytes=1_000_000,
    )
    return replace(made, **parts)


@contextmanager
def api(
    over: Archive,
    ending: Ending | None = None,
    *,
    raises: bool = False,
    **settings: Any,  # noqa: ANN401
) -> Iterator[TestClient]:
    """A client of the application, on the same machine. It raises what the application does, or sees an error."""
    settings = {"requests_per_second": 1e6} | settings
    app = create_app(over, Access(AccessSettings(**settings)), ending or Ending())
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=raises) as client:
        yield client
