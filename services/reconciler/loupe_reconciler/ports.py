"""What the reconciler alone needs from the outside world."""

from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """How far a sweep has come under a prefix.

    Attributes:
        marker: of the next page of the listing.
        after: name of the last image of the archive that was compared.
        done: whether nothing is left.
    """

    marker: str = ""
    after: str = ""
    done: bool = False


class Progress(Protocol):
    """Remembers how far the sweep of a container has come, for a day. Every method raises ``BrokerUnavailable``."""

    def load(self) -> dict[str, Place]:
        """The places of the sweep that was interrupted, by prefix; empty if none was."""

    def save(self, prefix: str, place: Place) -> None:
        """Remember a place."""

    def clear(self) -> None:
        """The sweep is complete: the next one begins anew."""
