"""What reviewers say together."""

from datetime import timedelta

import pytest

from loupe_shared.agreement import MAX_REVIEWERS, TakenBack, agreed
from loupe_shared.result import Result, Review
from tests.factories import NOON, result


def word(reviewer: str, label: str, minute: int = 0) -> Review:
    return Review(label=label, reviewer=reviewer, reviewed_at=NOON + timedelta(minutes=minute))


def after(*words: Review | TakenBack) -> Result:
    known = result()
    for one in words:
        known = agreed(known, one)
    return known


@pytest.mark.parametrize(
    ("labels", "settled", "conflict"),
    [
        ("a", "a", False),
        ("aa", "a", False),
        ("ab", "b", True),
        ("aba", "a", False),
        ("abb", "b", False),
        ("abc", "c", True),
        ("aabb", "b", True),
        ("aabbc", "c", True),
        ("aaabb", "a", False),
    ],
)
def test_more_than_half_of_the_reviewers_or_else_the_latest(labels: str, settled: str, conflict: bool) -> None:  # noqa: FBT001
    found = after(*(word(f"reviewer {n}", label, n) for n, label in enumerate(labels)))
    assert found.review
    assert (found.review.label, found.conflict, len(found.reviews)) == (settled, conflict, len(labels))
    assert found.review == [one for one in found.reviews if one.label == settled][-1]


def test_a_reviewer_has_one_word_the_last() -> None:
    found = after(word("Ada", "a"), word("Bob", "b", 1), word("Ada", "b", 2))
    assert found.reviews == (word("Bob", "b", 1), word("Ada", "b", 2))
    assert (found.review, found.conflict) == (word("Ada", "b", 2), False)


def test_words_count_by_their_time_and_not_by_their_arrival() -> None:
    found = after(word("Ada", "a", 5), word("Bob", "b", 1))
    assert (found.review, found.conflict) == (word("Ada", "a", 5), True)


def test_who_takes_back_takes_back_their_own_word() -> None:
    found = after(word("Ada", "a"), word("Bob", "b", 1), TakenBack(reviewer="Bob"), TakenBack(reviewer="Cem"))
    assert (found.review, found.reviews, found.conflict) == (word("Ada", "a"), (word("Ada", "a"),), False)
    assert after(word("Ada", "a"), TakenBack(reviewer="Ada")) == result()


def test_of_very_many_reviewers_the_last_are_kept() -> None:
    found = after(*(word(f"reviewer {n}", "a", n) for n in range(MAX_REVIEWERS + 3)))
    assert [one.reviewer for one in found.reviews] == [f"reviewer {n + 3}" for n in range(MAX_REVIEWERS)]


def test_a_document_of_an_earlier_version_has_the_word_that_it_has() -> None:
    before = result().model_copy(update={"review": word("Ada", "a")})
    text = before.model_dump_json(exclude={"reviews", "conflict"})
    loaded = Result.model_validate_json(text)
    assert (loaded.reviews, loaded.words, loaded.conflict) == ((), (word("Ada", "a"),), False)
    assert agreed(loaded, word("Bob", "b", 1)).reviews == (word("Ada", "a"), word("Bob", "b", 1))
    assert agreed(loaded, TakenBack(reviewer="Ada")) == result()
