"""The images of a job that were published and have no outcome yet."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loupe_shared.batch.job import Named
from loupe_shared.ports import Outstanding

SLICE = 256
ALL_EVERY_S = 2.0
GRACE_S = 2.0  # for which an image may be neither outstanding nor in what the archive shows to us


@dataclass
class Flight:
    """An image on its way.

    Attributes:
        chunk: the number of its chunk.
        attempts: how often the job has published it, as far as is known: not at all if it was on its way already.
        landed_at: when it was found to be outstanding no more; unset while it is.
    """

    blob: Named
    chunk: int
    attempts: int = 1
    landed_at: float | None = None


class Flights:
    """Images on their way, in the order of their publication.

    Workers take jobs about in this order. So it looks at the oldest first, and further only while it finds that many
    have landed: looks cost the same however many are on their way. Now and then it looks at all, for one may be late.

    Args:
        outstanding: knows which outcomes are due.
        clock: gives seconds that never go back.
    """

    def __init__(self, outstanding: Outstanding, clock: Callable[[], float] = time.monotonic) -> None:
        self._outstanding = outstanding
        self._clock = clock
        self._flights: dict[str, Flight] = {}
        self._looked_at_all = clock()

    def __len__(self) -> int:
        return len(self._flights)

    def begin(self, image_id: str, flight: Flight) -> None:
        """An image is on its way from now on. One that is again goes to the end of the line."""
        self._flights.pop(image_id, None)
        self._flights[image_id] = flight

    def end(self, image_id: str) -> None:
        """An image has its outcome."""
        del self._flights[image_id]

    def landed(self) -> dict[str, Flight]:
        """Those that are not outstanding any more, by id: the archive has their outcome, or it was lost.

        Raises:
            BrokerUnavailable: nobody knows.
        """
        moment = self._clock()
        everything = moment - self._looked_at_all >= ALL_EVERY_S
        if everything:
            self._looked_at_all = moment
        found: dict[str, Flight] = {}
        for ids in self._slices():
            due = self._outstanding.due(ids)
            gone = {id_: self._flights[id_] for id_ in ids if id_ not in due}
            found |= gone
            for id_ in due:
                self._flights[id_].landed_at = None
            if len(gone) < len(ids) / 2 and not everything:
                break
        for flight in found.values():
            flight.landed_at = flight.landed_at or moment
        return found

    def is_lost(self, flight: Flight) -> bool:
        """Whether one that has landed has been without an outcome for too long."""
        return flight.landed_at is not None and self._clock() - flight.landed_at > GRACE_S

    def _slices(self) -> Iterator[list[str]]:
        ids = list(self._flights)
        for start in range(0, len(ids), SLICE):
            yield ids[start : start + SLICE]
