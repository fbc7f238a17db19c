"""Lists of results: what to include, in which order, and where to go on."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self

from loupe_shared.domain import Outcome, Reason, microseconds
from loupe_shared.errors import InvalidMessage
from loupe_shared.result import ResultDocument

ID_LENGTH = 32
MAX_HISTORY = 1000
_MAX_INTEGER = 2**53  # JSON has no greater one that every reader takes exactly
_STRANGE_CURSOR = "this cursor was not made by Loupe: take it from 'next' of a page"


class Known(NamedTuple):
    """What a store knows of the version that an image shows, in so far as it can be compared with storage.

    Attributes:
        etag: of that version; empty if an event said that the blob was deleted.
        deleted: whether the outcome is that the blob was deleted.
    """

    blob: str
    etag: str
    deleted: bool


class Sort(StrEnum):
    """What a list is sorted by. Only classified images have a score and an uncertainty."""

    TIME = "time"
    SCORE = "score"
    UNCERTAINTY = "uncertainty"


@dataclass(frozen=True)
class Order:
    """The order of a list; equals are ordered by their ids, in the same direction."""

    sort: Sort = Sort.TIME
    ascending: bool = False


def sort_value(result: ResultDocument, sort: Sort) -> float | None:
    """By what a result is sorted: microseconds since 1970, a probability, or nothing."""
    match sort:
        case Sort.TIME:
            return microseconds(result.completed_at)
        case Sort.SCORE:
            return result.score
        case Sort.UNCERTAINTY:
            return result.uncertainty


@dataclass(frozen=True)
class ResultFilter:
    """Which results to list. Unset fields match everything; times are of completion, ``until`` is exclusive.

    Attributes:
        prefix: what the blob's name begins with.
        model: as ``name:version``.
        reviewed: whether a person has said what the image shows.
        conflict: whether people disagree on it, see ``ResultDocument.conflict``.
    """

    container: str | None = None
    prefix: str | None = None
    label: str | None = None
    min_score: float | None = None
    max_score: float | None = None
    min_uncertainty: float | None = None
    max_uncertainty: float | None = None
    model: str | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    reviewed: bool | None = None
    conflict: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, result: ResultDocument) -> bool:
        """Whether a result belongs to the list."""
        return all(
            (
                self.container is None or result.image.container == self.container,
                self.prefix is None or result.image.blob.startswith(self.prefix),
                self.label is None or result.label == self.label,
                _within(result.score, self.min_score, self.max_score),
                _within(result.uncertainty, self.min_uncertainty, self.max_uncertainty),
                self.model is None or (result.model is not None and str(result.model) == self.model),
                self.outcome is None or result.outcome is self.outcome,
                self.reason is None or result.reason is self.reason,
                self.reviewed is None or (result.review is not None) == self.reviewed,
                self.conflict is None or result.conflict == self.conflict,
                self.since is None or result.completed_at >= self.since,
                self.until is None or result.completed_at < self.until,
            )
        )


def _within(value: float | None, least: float | None, most: float | None) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value <= most)


@dataclass(frozen=True, order=True)
class Position:
    """The place of a result in a sorted list."""

    value: float
    id: str

    @classmethod
    def of(cls, result: ResultDocument, sort: Sort = Sort.TIME) -> Self:
        """The place of this result, which has what the list is sorted by."""
        value = sort_value(result, sort)
        if value is None:
            raise AssertionError
        return cls(value, result.image.id)

    def to_cursor(self, order: Order) -> str:
        """This place as opaque text for a URL."""
        place = json.dumps([order.sort, order.ascending, self.value, self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    @classmethod
    def from_cursor(cls, cursor: str, order: Order) -> Self:
        """The place that ``to_cursor`` named.

        Raises:
            InvalidMessage: it was not made by ``to_cursor``, or for a list in another order.
        """
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            sort, ascending, value, id_ = json.loads(text)
            bytes.fromhex(id_)
            is_place = not isinstance(value, bool) and abs(value) < _MAX_INTEGER and len(id_) == ID_LENGTH
        except (binascii.Error, ValueError, TypeError, RecursionError, OverflowError) as error:
            raise InvalidMessage(_STRANGE_CURSOR) from error
        if not is_place:
            raise InvalidMessage(_STRANGE_CURSOR)
        if (sort, ascending) != (order.sort, order.ascending):
            raise InvalidMessage("this cursor is of a list in another order: begin without one")
        return cls(value, id_)


@dataclass(frozen=True)
class Page:
    """A part of a list, and the place after which the next part begins (none at the end).

    A part may be short, or empty, although there is a next one: a store looks at a bounded number of results at a time.

    Attributes:
        documents: what ``Result.document`` gave.
    """

    documents: tuple[str, ...]
    next: Position | None

    @classmethod
    def of(cls, found: Iterable[tuple[Position, str]], limit: int) -> Self:
        """The first ``limit`` of what was found; one more of them shows that there is a next page."""
        rows = list(found)
        more = len(rows) > limit
        return cls(tuple(document for _, document in rows[:limit]), rows[limit - 1][0] if more else None)
