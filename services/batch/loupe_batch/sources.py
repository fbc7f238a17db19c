"""Where the images of a batch job come from, part by part."""

from concurrent.futures import Future
from typing import NamedTuple, Protocol, TypeVar

from loupe_batch.shown import Shown
from loupe_shared.api.pictures import has_control_characters
from loupe_shared.batch.globs import Glob
from loupe_shared.batch.job import CHUNK, BatchJob, ByFilter, ByNames, ByPrefix, Named
from loupe_shared.container import CountedPage, Listed, Listing, MarkerRefused, NameRefused
from loupe_shared.errors import PermanentError
from loupe_shared.listing import Order, Position, ResultFilter
from loupe_shared.ports import ResultStore

T = TypeVar("T")


class InputLost(PermanentError):
    """The input of a job cannot be read to its end."""


class Part(NamedTuple):
    """A part of an input.

    Attributes:
        images: ``CHUNK`` at most; also none, where nothing matches.
        next: the place of the next part; empty at the end.
    """

    images: tuple[Named, ...]
    next: str


class Source(Protocol):
    """An input. Raises ``TransientError`` when it cannot be read now."""

    def read(self, place: str) -> Part:
        """The next part. It takes no longer if hardly anything matches.

        Args:
            place: ``next`` of the part before; empty for the first.

        Raises:
            InputLost: it does not go on from there.
        """

    def count(self, place: str) -> CountedPage:
        """How many images ``read`` would give, and the place of the next part."""


class Container:
    """The blobs of a container.

    Args:
        listing: of the container, with pages of ``CHUNK`` at most.
        chosen: which of them.
    """

    def __init__(self, listing: Listing, chosen: ByPrefix) -> None:
        self._listing = listing
        self._glob = Glob(chosen.glob) if chosen.glob is not None else None
        self._prefix = chosen.prefix
        if self._glob and self._glob.prefix.startswith(chosen.prefix):
            self._prefix = self._glob.prefix

    def read(self, place: str) -> Part:
        """See ``Source.read``."""
        page = _answer(self._listing.page(self._prefix, place))
        return Part(tuple(_named(blob) for blob in page.blobs if self._matches(blob.name)), page.next)

    def count(self, place: str) -> CountedPage:
        """See ``Source.count``."""
        if self._glob:
            part = self.read(place)
            return CountedPage(len(part.images), part.next)
        return _answer(self._listing.count(self._prefix, place))

    def _matches(self, name: str) -> bool:
        return name.startswith(self._prefix) and (self._glob is None or self._glob.matches(name))


class Filtered:
    """Images of the archive, the newest first, as they were when the job was submitted.

    What the job has answered is newer than that, and so is not found a second time.

    Args:
        store: the archive.
        wanted: the filter, which ends before the job was submitted.
    """

    def __init__(self, store: ResultStore, wanted: ResultFilter) -> None:
        self._store = store
        self._wanted = wanted

    def read(self, place: str) -> Part:
        """See ``Source.read``."""
        order = Order()
        after = Position.from_cursor(place, order) if place else None
        page = self._store.page(self._wanted, order, CHUNK, after)
        names = [Shown.of(document).image.blob for document in page.documents]
        return Part(tuple(Named(blob=name) for name in names), page.next.to_cursor(order) if page.next else "")

    def count(self, place: str) -> CountedPage:
        """See ``Source.count``."""
        part = self.read(place)
        return CountedPage(len(part.images), part.next)


def open_source(job: BatchJob, listing: Listing, store: ResultStore, container: str) -> Source | None:
    """The input of a job; none if it was given name by name and so is in chunks already.

    Raises:
        InputLost: it is of another container, or of names that no blob has.
    """
    match job.input:
        case ByPrefix() as chosen:
            if has_control_characters(f"{chosen.prefix}{chosen.glob or ''}"):
                raise InputLost("no blob has such a name: submit the job again without control characters")
            return Container(listing, chosen)
        case ByNames():
            return None
        case ByFilter(filter=chosen):
            if chosen.container not in (None, container):
                raise InputLost(f"only images of the container {container} are classified, not of {chosen.container}")
            until = min(chosen.until, job.submitted_at) if chosen.until else job.submitted_at
            return Filtered(store, chosen.model_copy(update={"container": container}).wanted(chosen.since, until))


def _answer(page: Future[T]) -> T:
    try:
        return page.result()
    except MarkerRefused as error:
        raise InputLost(
            "storage does not go on with the listing from where it was: submit the job again, "
            "which skips what is answered already"
        ) from error
    except NameRefused as error:
        raise InputLost(f"{error}: submit the job again with another beginning of names") from error


def _named(blob: Listed) -> Named:
    return Named(
        blob=blob.name,
        etag=blob.etag,
        last_modified=blob.last_modified,
        content_length=blob.content_length,
        content_type=blob.content_type,
    )
