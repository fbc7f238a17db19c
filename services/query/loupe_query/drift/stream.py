"""What a model said of the images of some days: labels and scores of all of them, and embeddings of some."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple, Protocol

import numpy as np

from loupe_query.drift.difference import Counts
from loupe_shared.counters import SLOT_MINUTES, CountFilter, Kind
from loupe_shared.domain import Outcome
from loupe_shared.embedded import embeddings_of
from loupe_shared.embedding import Vectors, stack
from loupe_shared.listing import Order, ResultFilter
from loupe_shared.ports import ResultStore
from loupe_shared.result import ResultDocument

# At so many moments some images are read, which are neighbours: in Cosmos DB, a read costs more than an image of it.
MOMENTS = 50
AT_A_MOMENT = 20
EMBEDDINGS_AT_ONCE = 200

ByDay = Mapping[tuple[str, ...], int]  # images by day and key


class Images(Protocol):
    """The images of some days. Every method raises ``StoreUnavailable`` when the archive does not answer."""

    def counted(self, kind: Kind) -> ByDay:
        """How many there are, by day and key."""

    def embeddings(self) -> tuple[Vectors, Sequence[str]]:
        """Embeddings ``int8[N, D]`` of some of them, each as likely as any other, and the day of each."""


class Span(NamedTuple):
    """Some time of a day, in which as many images were completed as are read at a moment, or the rest of a day's."""

    day: str
    since: datetime
    until: datetime
    images: int


@dataclass(frozen=True)
class Stream:
    """``Images`` of the archive.

    Attributes:
        model: that answered, as ``name:version``.
        until: exclusive.
        container: of the images; unset for all.
    """

    store: ResultStore
    model: str
    since: date
    until: date
    container: str | None = None

    def counted(self, kind: Kind) -> ByDay:
        """See ``Images.counted``."""
        return self.store.count(
            CountFilter((kind,), self.since, self.until, self.container, self.model), ["day", "key"]
        )

    def embeddings(self) -> tuple[Vectors, Sequence[str]]:
        """See ``Images.embeddings``. They are ``MOMENTS * AT_A_MOMENT`` at most."""
        days: dict[str, str] = {}
        documents: dict[str, str] = {}
        for span, times in Counter(spread(spans(self.counted(Kind.SLOT)))).items():
            wanted = ResultFilter(
                container=self.container,
                model=self.model,
                outcome=Outcome.CLASSIFIED,
                since=span.since,
                until=span.until,
            )
            page = self.store.page(wanted, Order(), AT_A_MOMENT * times)
            read = {ResultDocument.model_validate_json(one).image.id: one for one in page.documents}
            days |= dict.fromkeys(read, span.day)
            documents |= read
        found: dict[str, bytes] = {}
        ids = list(days)
        for begin in range(0, len(ids), EMBEDDINGS_AT_ONCE):
            part = {id_: documents[id_] for id_ in ids[begin : begin + EMBEDDINGS_AT_ONCE]}
            found |= {id_: embedding.values for id_, (_, embedding) in embeddings_of(self.store, part).items()}
        # A bundle that took another's place under the same version may have left embeddings of another length.
        lengths = Counter(map(len, found.values()))
        usual = [id_ for id_ in found if len(found[id_]) == max(lengths, key=lengths.__getitem__)]
        if not usual:
            return np.empty((0, 0), np.int8), []
        return stack([found[id_] for id_ in usual]), [days[id_] for id_ in usual]


def spans(slots: ByDay) -> list[Span]:
    """Spans of time, in order, of the images by day and slot that ``Kind.SLOT`` counts."""
    found: list[Span] = []
    begun: list[tuple[str, int, int]] = []
    in_order = sorted((day, int(slot), images) for (day, slot), images in slots.items())
    for _, of_day in groupby(in_order, key=lambda one: one[0]):
        for slot in of_day:
            begun.append(slot)
            if sum(images for *_, images in begun) >= AT_A_MOMENT:
                found.append(_span(begun))
                begun = []
        if begun:
            found.append(_span(begun))
            begun = []
    return found


def spread(found: Sequence[Span]) -> Iterator[Span]:
    """``MOMENTS`` spans, each the more often, the more images it has: a systematic sample of the images in order."""
    ends = np.cumsum([span.images for span in found])
    if not len(ends):
        return
    places = (np.arange(MOMENTS) + 0.5) * ends[-1] / MOMENTS
    for place in np.searchsorted(ends, places, side="right").tolist():
        yield found[place]


def by_day(counted: ByDay, keys: Sequence[str]) -> Counts:
    """The same as ``int64[days, keys]``, with a row for each day on which there was an image."""
    days = {day: row for row, day in enumerate(sorted({day for day, _ in counted}))}
    columns = {key: column for column, key in enumerate(keys)}
    counts = np.zeros((len(days), len(columns)), np.int64)
    for (day, key), images in counted.items():
        counts[days[day], columns[key]] = images
    return counts


def _span(slots: Sequence[tuple[str, int, int]]) -> Span:
    (day, first, _), (_, last, _) = slots[0], slots[-1]
    midnight = datetime.combine(date.fromisoformat(day), time(tzinfo=UTC))
    begin, end = (midnight + timedelta(minutes=slot * SLOT_MINUTES) for slot in (first, last + 1))
    return Span(day, begin, end, sum(images for *_, images in slots))
