"""Lists of results: what to include, where to go on, and how much of each there is."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from loupe_shared.domain import Outcome, Result
from loupe_shared.errors import InvalidMessage


def timestamp(moment: datetime) -> str:
    """A UTC time as text of fixed width, so that text order is time order."""
    return moment.isoformat(timespec="microseconds")


@dataclass(frozen=True)
class ResultFilter:
    """Which results to list. Unset fields match everything; times are of completion, ``until`` is exclusive."""

    container: str | None = None
    label: str | None = None
    min_score: float | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, result: Result) -> bool:
        """Whether a result belongs to the list."""
        return all(
            (
                self.container is None or result.image.container == self.container,
                self.label is None or result.label == self.label,
                self.min_score is None or (result.score is not None and result.score >= self.min_score),
                self.outcome is None or result.outcome is self.outcome,
                self.since is None or result.completed_at >= self.since,
                self.until is None or result.completed_at < self.until,
            )
        )


@dataclass(frozen=True, order=True)
class Position:
    """The place of a result in a list sorted by completion time, newest first, ties broken by id."""

    completed_at: str
    id: str

    @classmethod
    def of(cls, result: Result) -> Self:
        """The place of this result."""
        return cls(timestamp(result.completed_at), result.image.id)

    def to_cursor(self) -> str:
        """This place as opaque text for a URL."""
        return base64.urlsafe_b64encode(f"{self.completed_at}|{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """The place that ``to_cursor`` named.

        Raises:
            InvalidMessage: it was not made by ``to_cursor``.
        """
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
            completed_at, id_ = text.split("|")
        except (binascii.Error, ValueError) as error:
            raise InvalidMessage("this cursor was not made by Loupe: take it from 'next' of a page") from error
        return cls(completed_at, id_)


@dataclass(frozen=True)
class Page:
    """A part of a list, and the place after which the next part begins (none at the end)."""

    results: tuple[Result, ...]
    next: Position | None

    @classmethod
    def of(cls, results: Iterable[Result], limit: int) -> Self:
        """The first ``limit`` of the results; one more of them shows that there is a next page."""
        found = tuple(results)
        page = found[:limit]
        return cls(page, Position.of(page[-1]) if len(found) > limit else None)


@dataclass(frozen=True)
class Counts:
    """How many images have each outcome, and how many classified ones each label."""

    outcomes: dict[Outcome, int]
    labels: dict[str, int]
