"""Identities, orders and places in lists."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loupe_shared.domain import Outcome, Result, image_id
from loupe_shared.errors import InvalidMessage
from loupe_shared.listing import Position, timestamp
from loupe_shared.messages import StoreBatch
from tests.factories import NOON, deletion, image_ref, rejection, result


def test_the_id_of_an_image_never_changes() -> None:
    assert image_id("stloupeimages", "images", "line-3/ü.jpg") == "10ab2309631e8d843d93fcc7ed2074d5"


@given(st.text(min_size=1), st.text(min_size=1))
def test_ids_are_safe_as_document_ids_and_differ(one: str, other: str) -> None:
    ids = image_id("a", "c", one), image_id("a", "c", other)
    assert all(re.fullmatch(r"[0-9a-f]{32}", id_) for id_ in ids)
    assert (ids[0] == ids[1]) == (one == other)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1", "2"), ("9", "a"), ("f", "10"), ("0" * 32, "0" * 47 + "1"), ("ff", "0100")],
)
def test_sequencers_of_any_length_are_ordered(older: str, newer: str) -> None:
    assert image_ref(sequencer=older).order < image_ref(sequencer=newer).order


def test_results_are_ordered_by_event_then_model() -> None:
    ordered = [
        result(sequencer="01", model_version=9),
        result(sequencer="01", model_version=10),
        deletion(sequencer="02"),
        result(sequencer="02", model_version=1),
    ]
    assert sorted(ordered, key=lambda r: r.revision) == ordered


def test_results_survive_the_wire() -> None:
    batch = StoreBatch(results=(result(), rejection("b"), deletion("c")))
    assert StoreBatch.from_json(batch.to_json()) == batch
    assert StoreBatch.from_json(batch.model_dump_json()) == batch


def test_times_become_utc() -> None:
    local = datetime(2026, 11, 22, 14, tzinfo=timezone(timedelta(hours=2)))
    assert image_ref(uploaded_at=local).uploaded_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    with pytest.raises(ValidationError):
        image_ref(uploaded_at=datetime(2026, 11, 22))  # noqa: DTZ001  (that is the point)


def test_an_outcome_must_be_explained() -> None:
    with pytest.raises(ValidationError, match="has predictions"):
        Result(image=image_ref(), outcome=Outcome.CLASSIFIED, completed_at=NOON)
    with pytest.raises(ValidationError, match="has a reason"):
        Result(image=image_ref(), outcome=Outcome.REJECTED, completed_at=NOON)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_timestamps_sort_as_times_do(one: datetime, other: datetime) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


def test_cursors_lead_back() -> None:
    place = Position.of(result())
    assert Position.from_cursor(place.to_cursor()) == place


@pytest.mark.parametrize("cursor", ["!", "x", "YQ", "///", "ü", Position("a|b", "c").to_cursor()])
def test_cursors_that_nobody_made(cursor: str) -> None:
    with pytest.raises(InvalidMessage, match="cursor"):
        Position.from_cursor(cursor)
