"""What reviewers say together of one version of a picture, when one of them says something else or takes it back.

The label of more than half of the reviewers is what the picture shows. If none has that many, it is the latest word,
and the disagreement is visible as ``ResultDocument.conflict``.
"""

from typing import TypeVar

from loupe_shared.domain import Model
from loupe_shared.result import ResultDocument, Review, majority

MAX_REVIEWERS = 20

R = TypeVar("R", bound=ResultDocument)


class TakenBack(Model):
    """A reviewer takes back what they said."""

    reviewer: str


def agreed(known: R, word: Review | TakenBack) -> R:
    """A result after a reviewer's word, which takes the place of what the same reviewer said before.

    The last words of ``MAX_REVIEWERS`` are kept.
    """
    others = [review for review in known.words if review.reviewer != word.reviewer]
    said = sorted([*others, word], key=lambda one: one.reviewed_at) if isinstance(word, Review) else others
    reviews = tuple(said[-MAX_REVIEWERS:])
    return known.model_copy(update={"reviews": reviews, "review": _settled(reviews)})


def _settled(reviews: tuple[Review, ...]) -> Review | None:
    """The latest word for the label of most reviewers, or else the latest of all."""
    label = majority(reviews)
    return next((review for review in reversed(reviews) if label in (None, review.label)), None)
