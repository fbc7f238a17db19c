"""The client."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from importlib.metadata import version
from time import sleep as wait
from typing import BinaryIO, Literal, Self, Unpack

import httpx2

from loupe_client import exports
from loupe_client.access import Authorize, credentials
from loupe_client.addresses import chunks, given, named, path_of
from loupe_client.connection import Connection, Patience, address, understand
from loupe_client.drift import Drift
from loupe_client.filters import CountFilter, DaysFilter, Filter, SortedFilter, TimedFilter
from loupe_client.jobs import Jobs
from loupe_client.models import Models
from loupe_client.operations import Operations
from loupe_client.pictures import Pictures
from loupe_client.reachability import Reachability
from loupe_client.reviews import Reviews
from loupe_client.shadows import Shadows
from loupe_client.stream import Stream
from loupe_client.uploads import Picture, bytes_of
from loupe_shared.api.images import FoundImages, ImageList, ImageName, ImagePage, SimilarList
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.api.statistics import Counts, Statistics, Throughput
from loupe_shared.result import ResultDocument

PAGE = 500  # images, when all pages are read

# Shorter than the service keeps an idle connection, so that none is used in the moment in which it closes it.
KEEP_S = 4.0


class Loupe(Reviews, Pictures, Jobs, Models, Shadows, Drift, Operations, Reachability):
    """Loupe's API. A context: on leaving it, its connections are closed. Safe for use from several threads.

    Where a method asks for an image, it raises ``NotFound`` if there is none (yet). Every method may raise the other
    errors of ``loupe_client.errors``.

    Args:
        url: of the API, such as ``http://127.0.0.1:8080``.
        api_key: who calls, if the API is not open.
        token: gives an access token of Entra ID, instead; it is asked before each request.
        timeout_s: after which a silent server is given up.
        retries: how often a request is repeated if the API says that it may succeed later.
        transport: makes the connections, where they need more than the environment says.
        sleep: waits for as many seconds.

    Raises:
        Unreachable: what is given as the address is none.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        token: Callable[[], str] | None = None,
        timeout_s: float = 30.0,
        retries: int = 3,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = wait,
    ) -> None:
        def client(base_url: str, auth: Authorize | None) -> httpx2.Client:
            return httpx2.Client(
                base_url=address(base_url),
                auth=auth,
                headers={"User-Agent": f"loupe-client/{version('loupe-client')}"},
                timeout=timeout_s,
                limits=httpx2.Limits(keepalive_expiry=KEEP_S),
                transport=transport,
            )

        patience = Patience(retries, sleep)
        self._sleep = sleep
        super().__init__(Connection(client(url, credentials(api_key, token)), patience))
        self._storage = Connection(client("", None), patience)  # links say enough, so it is never told who calls

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._storage.close()

    def image(self, container: str, blob: str) -> ResultDocument:
        """One image."""
        return self._api.ask(ResultDocument, "GET", path_of("images", container, blob))

    def history(self, container: str, blob: str) -> tuple[ResultDocument, ...]:
        """What was known of an image earlier, the newest first."""
        return self._api.ask(ImageList, "GET", path_of("history", container, blob)).images

    def find(self, names: Iterable[tuple[str, str]]) -> FoundImages:
        """Images by container and blob, and the names of those that there are not. Any number of them."""
        found: list[ResultDocument] = []
        missing: list[ImageName] = []
        for chunk in chunks(names):
            answer = self._api.ask(FoundImages, "POST", "/v1/images/batch", body={"images": named(chunk)})
            found += answer.images
            missing += answer.missing
        return FoundImages(images=tuple(found), missing=tuple(missing))

    def images(self, **wanted: Unpack[SortedFilter]) -> Iterator[ResultDocument]:
        """Images, page by page for as long as one looks. ``exported`` is quicker for very many."""
        cursor: str | None = None
        while True:
            page = self.page(limit=PAGE, cursor=cursor, **wanted)
            yield from page.images
            cursor = page.next
            if cursor is None:
                return

    def page(self, *, limit: int | None = None, cursor: str | None = None, **wanted: Unpack[SortedFilter]) -> ImagePage:
        """A part of a list. ``next`` of it is the cursor of the next; even an empty page may have one."""
        return self._api.ask(ImagePage, "GET", "/v1/images", {**wanted, "limit": limit, "cursor": cursor})

    def exported(self, **wanted: Unpack[TimedFilter]) -> Iterator[ResultDocument]:
        """All images, the newest first, read as one answer that is never in memory as a whole."""
        with self._export("jsonl", wanted) as response:
            for line in exports.lines(response.iter_bytes()):
                yield understand(ResultDocument, line)

    def export(
        self,
        to: str | os.PathLike[str] | BinaryIO,
        format: Literal["csv", "jsonl", "parquet"] = "csv",  # noqa: A002  (as the API calls it)
        *,
        embeddings: bool = False,
        **wanted: Unpack[TimedFilter],
    ) -> None:
        """Write images into a file, the newest first. A file that is named appears when all of it is there.

        Args:
            to: the file.
            format: of the file.
            embeddings: whether a Parquet file has columns of embeddings, too.
            wanted: which images.
        """
        with self._export(format, wanted, embeddings=embeddings or None) as response:
            exports.write(response.iter_bytes(), to)

    def stream(self, **wanted: Unpack[Filter]) -> Stream:
        """Images whose results are new or have changed, from now on."""
        return Stream(self._api, given(wanted), self._sleep)

    def counts(self, **wanted: Unpack[CountFilter]) -> Counts:
        """How many images there are, of each kind."""
        return self._api.ask(Counts, "GET", "/v1/counts", wanted)

    def statistics(self, *, top: int | None = None, **wanted: Unpack[DaysFilter]) -> Statistics:
        """The course of some days, with the ``top`` labels."""
        return self._api.ask(Statistics, "GET", "/v1/statistics", {**wanted, "top": top})

    def throughput(self, **wanted: Unpack[DaysFilter]) -> Throughput:
        """Images by five minutes, over some days."""
        return self._api.ask(Throughput, "GET", "/v1/throughput", wanted)

    def pipeline(self) -> Pipeline:
        """What is on its way, and who works on it."""
        return self._api.ask(Pipeline, "GET", "/v1/pipeline")

    def similar(self, container: str, blob: str, *, limit: int | None = None) -> SimilarList:
        """Images like an image of the archive."""
        return self._api.ask(SimilarList, "GET", path_of("similar", container, blob), {"limit": limit})

    def similar_to_picture(self, picture: Picture, *, limit: int | None = None) -> SimilarList:
        """Images like a picture, of which there are the bytes or a file."""
        headers, query = {"Content-Type": "image/*"}, given({"limit": limit})
        request = self._api.request("POST", "/v1/similar", params=query, headers=headers, content=bytes_of(picture))
        return self._api.answer(SimilarList, request)

    def _export(
        self, format_: str, wanted: TimedFilter, *, embeddings: bool | None = None
    ) -> AbstractContextManager[httpx2.Response]:
        query = given({**wanted, "format": format_, "embeddings": embeddings})
        return self._api.open(self._api.request("GET", "/v1/export", params=query))
