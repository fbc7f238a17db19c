"""What Loupe needs from the outside world. Adapters implement these; nothing here knows them."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Literal, NamedTuple, Protocol

from loupe_shared.agreement import TakenBack
from loupe_shared.counters import CountFilter, Dimension
from loupe_shared.domain import ImageRef
from loupe_shared.listing import Known, Order, Page, Position, ResultFilter
from loupe_shared.messages import ClassifyJob, Message
from loupe_shared.pipeline import Backlog, Lane, Worker, WorkerReport
from loupe_shared.result import Embedding, Result, Review


class ResultStore(Protocol):
    """The archive: of each image the result of the greatest revision, and its history.

    A document is what ``Result.document`` gives. Safe for use from several threads. Every method raises
    ``StoreUnavailable`` when the store does not answer.

    Attributes:
        is_remote: whether to find an image is to wait for another machine, which an event loop should not do.
    """

    is_remote: bool

    def write(self, results: Sequence[Result]) -> list[Result]:
        """Store each result as ``succeed`` says; counts stay exact.

        Returns:
            Those that images show from now on, as they show them. Also those that they showed already, because whoever
            writes them again may not have heard that they were written.
        """

    def review(self, image_id: str, word: Review | TakenBack, etag: str | None = None) -> str | None:
        """Note what a person says of an image, or take it back, as ``agreed`` says; counts stay exact.

        Args:
            image_id: of the image.
            word: of the person.
            etag: the version of the blob that the person saw; unset for whichever there is.

        Returns:
            The document as it is now; nothing if there is no such image.

        Raises:
            BlobReplaced: the blob has another version by now.
        """

    def find(self, image_ids: Sequence[str]) -> dict[str, str]:
        """The documents of those images that there are, by id."""

    def embeddings(self, image_ids: Sequence[str]) -> dict[str, tuple[str, Embedding]]:
        """Space and embedding of those images that have one, by id. It is of the result that is shown.

        Only embeddings of the same space can be compared, see ``ModelVersion.embedding_space``.
        """

    def history(self, image_id: str) -> list[str]:
        """The documents of an image's earlier results, the newest first, ``MAX_HISTORY`` at most."""

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:
        """Results that match, beginning after a position."""

    def known(self, container: str, prefix: str, after: str, limit: int) -> list[Known]:
        """The images of a container in the order of their names, as the store orders text.

        Args:
            container: of the images.
            prefix: what names begin with; empty for all.
            after: the name after which to begin; empty for the first.
            limit: of images. Fewer are found only at the end.
        """

    def count(self, wanted: CountFilter, by: Sequence[Dimension]) -> dict[tuple[str, ...], int]:
        """How many images counters have counted, added up by some of the dimensions; without those that count none."""

    def check(self) -> None:
        """Return if the store answers."""

    def close(self) -> None:
        """Give back connections."""


class SimilarImages(Protocol):
    """Finds images that look alike to a model. Every method raises ``StoreUnavailable`` when it cannot answer now."""

    def nearest(self, space: str, embedding: Embedding, limit: int) -> list[tuple[str, float]]:
        """Ids of the images nearest to an embedding, with the cosine of the angle between the two, nearest first.

        Args:
            space: of the embedding, see ``ResultStore.embeddings``. Images of others are not found.
            embedding: to be near to.
            limit: of images.
        """

    def close(self) -> None:
        """Give back what it holds."""


EventType = Literal["image", "job"]


class Announcer(Protocol):
    """Tells those who look on what images and batch jobs show from now on."""

    def announce(self, documents: Sequence[str], event: EventType = "image") -> None:
        """Return once they can be read.

        Args:
            documents: what ``Result.document`` gave, or ``Job`` of the API as JSON.
            event: which of them.

        Raises:
            BrokerUnavailable: some of them or none can.
        """


class Change(NamedTuple):
    """What an image or a batch job shows from now on.

    Attributes:
        id: greater than those of all changes before; two numbers with a hyphen in between.
        document: what was announced.
        event: of which kind.
    """

    id: str
    document: str
    event: EventType = "image"


class Changes(Protocol):
    """What was announced, in order; the oldest is forgotten. Every method raises ``BrokerUnavailable``."""

    async def latest(self) -> str:
        """The id of the latest change."""

    async def has_all_after(self, id_: str) -> bool:
        """Whether nothing of what came after a change is forgotten, as far as is known."""

    async def after(self, id_: str, wait_s: float) -> list[Change]:
        """The next changes after one; waits for the first of them for a while."""

    async def close(self) -> None:
        """Give back connections."""


class Publisher(Protocol):
    """Puts messages into the broker, each into the queue that its type names."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Return once the broker has every message.

        Raises:
            BrokerUnavailable: the broker may have some of them or none.
        """

    def check(self) -> None:
        """Return if the broker answers.

        Raises:
            BrokerUnavailable: it does not.
        """


class BlobReader(Protocol):
    """Reads blobs. Safe for use from several threads."""

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:
        """Begin to read exactly these versions of blobs: same length, same order. Each future gives bytes, or raises.

        Raises:
            BlobGone: there is no such blob any more.
            BlobReplaced: the blob has another version now.
            ImageRejected: it has more than ``max_bytes`` bytes (``TOO_LARGE``; they are not read), or storage
                refuses to give it for a reason that lies in the blob, such as its archive tier (``UNREADABLE``).
            StorageUnavailable: the storage did not answer in time, also after the adapter's own retries.
        """


class Outstanding(Protocol):
    """Which outcomes are due: of every image that was announced until its outcome is in the store.

    The broker takes a message from its queue before it notes who has it, so a message can vanish when broker or worker
    dies in between. What is written down here can be published again.

    Every method raises ``BrokerUnavailable`` when the record does not answer.
    """

    def add(self, due: Sequence[ImageRef | Result], queue: str = ClassifyJob.queue) -> None:
        """Write down, before they are published, images to be classified and results to be stored.

        To write down again what is still being worked on makes it young again.

        Args:
            due: of which an outcome is due.
            queue: in which images wait for a worker.
        """

    def settle(self, images: Iterable[ImageRef]) -> None:
        """Strike out images whose outcome of this or a later event is in the store, or will never be."""

    def due(self, image_ids: Sequence[str]) -> set[str]:
        """Those of some images of which an outcome is due."""

    def lost(self, after_s: float, queue: str = ClassifyJob.queue) -> list[ImageRef | Result]:
        """Some of what was written down longer ago than that, if nothing waits in its queue, nor results in theirs.

        Args:
            after_s: longer than any worker holds a message before it is given to another.
            queue: with which it was written down.
        """


class Queues(Protocol):
    """The broker's queues, for those who look on."""

    def backlog(self) -> Backlog:
        """How much is on its way, all of it counted at one moment.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """

    def lanes(self) -> list[Lane]:
        """How many images are on their way to which workers, and since when.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """


class Workers(Protocol):
    """Which workers there are, by their own reports. Every method raises ``BrokerUnavailable``."""

    def report(self, report: WorkerReport) -> None:
        """Show a worker, in place of its last report, until it is not repeated for ``FORGOTTEN_AFTER_S``."""

    def remove(self, service: str, name: str) -> None:
        """Show a worker no more. It need not be shown."""

    def all(self) -> list[Worker]:
        """Those that there are, by service and name."""
