"""What Loupe needs from the outside world. Adapters implement these; nothing here knows them."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Protocol

from loupe_shared.domain import ImageRef, Result
from loupe_shared.listing import Counts, Page, Position, ResultFilter
from loupe_shared.messages import Message


class ResultStore(Protocol):
    """The archive: one result per image, always the one of the greatest revision.

    Safe for use from several threads. Every method raises ``StoreUnavailable`` when the store does not answer.
    """

    def write(self, results: Sequence[Result]) -> int:
        """Store each result unless its image has one of the same or a greater revision; counts stay exact.

        Returns:
            How many images have changed: 0 when everything was there before.
        """

    def get(self, image_id: str) -> Result | None:
        """The result of an image."""

    def page(self, wanted: ResultFilter, limit: int, after: Position | None = None) -> Page:
        """Results that match, newest first, beginning after a position."""

    def counts(self) -> Counts:
        """How many images have which outcome and label."""

    def check(self) -> None:
        """Return if the store answers."""

    def close(self) -> None:
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

    def add(self, due: Sequence[ImageRef | Result]) -> None:
        """Write down, before they are published, images to be classified and results to be stored.

        To write down again what is still being worked on makes it young again.
        """

    def settle(self, images: Iterable[ImageRef]) -> None:
        """Strike out images whose outcome of this or a later event is in the store, or will never be."""

    def lost(self, after_s: float) -> list[ImageRef | Result]:
        """Some of what was written down longer ago than that, if nothing waits in the broker's queues.

        Args:
            after_s: longer than any worker holds a message before it is given to another.
        """
