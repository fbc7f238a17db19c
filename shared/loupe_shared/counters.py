"""What the archive counts of its results, so that no statistic needs a look at the results themselves.

Every image counts under a handful of keys. A store changes the counts in the transaction that changes the result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple

from loupe_shared.domain import Outcome
from loupe_shared.result import Result

SCORE_BINS = 20
SLOT_MINUTES = 5
CONFIRMED, CORRECTED = "confirmed", "corrected"


class Kind(StrEnum):
    """What a key of a counter is."""

    OUTCOME = "outcome"
    LABEL = "label"
    REASON = "reason"
    SCORE = "score"
    SLOT = "slot"
    REVIEW = "review"


class Key(NamedTuple):
    """What one counter counts.

    Attributes:
        day: of completion in UTC, ``2026-11-22``.
        container: of the images.
        model: that answered, as ``name:version``; empty if none did.
        kind: what ``key`` is.
        key: an outcome; the label of classified images; the reason of rejected ones; the number of the score's bin;
            the number of the day's five minutes in which the image was completed; or whether a review confirmed or
            corrected the label.
    """

    day: str
    container: str
    model: str
    kind: str
    key: str


Dimension = Literal["day", "container", "model", "kind", "key"]


@dataclass(frozen=True)
class CountFilter:
    """Which counters to add up. Unset fields match everything; ``until`` is exclusive."""

    kinds: tuple[Kind, ...]
    since: date | None = None
    until: date | None = None
    container: str | None = None
    model: str | None = None
    keys: tuple[str, ...] | None = None

    def matches(self, key: Key) -> bool:
        """Whether a counter is among them."""
        return all(
            (
                key.kind in self.kinds,
                self.since is None or key.day >= self.since.isoformat(),
                self.until is None or key.day < self.until.isoformat(),
                self.container is None or key.container == self.container,
                self.model is None or key.model == self.model,
                self.keys is None or key.key in self.keys,
            )
        )


def keys_of(result: Result) -> list[Key]:
    """Under which keys an image with this result counts."""
    day = result.completed_at.date().isoformat()
    container, model = result.image.container, str(result.model) if result.model else ""
    slot = (result.completed_at.hour * 60 + result.completed_at.minute) // SLOT_MINUTES
    keys = [(Kind.OUTCOME, str(result.outcome)), (Kind.SLOT, str(slot))]
    if result.label is not None and result.score is not None:
        keys += [(Kind.LABEL, result.label), (Kind.SCORE, str(min(int(result.score * SCORE_BINS), SCORE_BINS - 1)))]
    if result.reason:
        keys.append((Kind.REASON, str(result.reason)))
    if result.review:
        keys.append((Kind.REVIEW, CONFIRMED if result.review.label == result.label else CORRECTED))
    return [Key(day, container, model, kind, key) for kind, key in keys]


def outcomes(counted: Mapping[tuple[str, ...], int]) -> dict[Outcome, int]:
    """Counts by ``key`` of the kind ``OUTCOME``, by outcome."""
    return {Outcome(key): images for (key,), images in counted.items()}
