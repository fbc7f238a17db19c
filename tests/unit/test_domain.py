"""Identities, orders and places in lists."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loupe_shared.domain import Outcome, image_id, microseconds
from loupe_shared.errors import InvalidMessage
from loupe_shared.listing import Order, Position, Sort
from loupe_shared.messages import StoreBatch
from loupe_shared.result import Embedding, Prediction, Result
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


def test_who_asks_for_a_new_answer_comes_after_the_event_and_before_the_next() -> None:
    ordered = [
        result(sequencer="01", model_version=9),
        result(sequencer="01", model_version=2, requested_at=NOON),
        result(sequencer="01", model_version=1, requested_at=NOON + timedelta(microseconds=1)),
        result(sequencer="02", model_version=1),
    ]
    assert sorted(ordered, key=lambda r: r.revision) == ordered
    assert sorted(ordered, key=lambda r: r.image.order) == ordered


@pytest.mark.parametrize(("scores", "uncertainty"), [((0.9,), 0.1), ((0.5, 0.5), 1.0), ((0.75, 0.25), 0.5)])
def test_uncertainty_is_how_close_the_second_comes(scores: tuple[float, ...], uncertainty: float) -> None:
    predictions = tuple(Prediction(label=str(score), score=score) for score in scores)
    assert result().model_copy(update={"predictions": predictions}).uncertainty == pytest.approx(uncertainty)
    assert rejection().uncertainty is None


def test_a_document_has_all_but_the_embedding() -> None:
    one = result().model_copy(update={"embedding": Embedding(values=b"\x01\xff", scale=0.5)})
    document = json.loads(one.document())
    assert "embedding" not in document
    assert (document["label"], document["score"], document["uncertainty"]) == ("cat", 0.5, 0.6)
    assert document["image"]["id"] == one.image.id
    assert Result.model_validate_json(one.document()) == result()


def test_results_survive_the_wire() -> None:
    embedded = result("d").model_copy(update={"embedding": Embedding(values=bytes(range(256)), scale=0.001)})
    batch = StoreBatch(results=(result(), rejection("b"), deletion("c"), embedded))
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
def test_times_as_numbers_sort_as_times_do(one: datetime, other: datetime) -> None:
    assert (microseconds(one) < microseconds(other)) == (one < other)


def test_times_as_numbers_are_exact_as_floats() -> None:
    last = datetime(2255, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert float(microseconds(last)) == microseconds(last)


@pytest.mark.parametrize("order", [Order(sort, ascending) for sort in Sort for ascending in (True, False)])
def test_cursors_lead_back(order: Order) -> None:
    place = Position.of(result(), order.sort)
    assert Position.from_cursor(place.to_cursor(order), order) == place


def test_a_cursor_is_of_one_order() -> None:
    cursor = Position.of(result()).to_cursor(Order())
    with pytest.raises(InvalidMessage, match="another order"):
        Position.from_cursor(cursor, Order(ascending=True))


def cursor_of(place: str) -> str:
    """A cursor made by somebody else."""
    return base64.urlsafe_b64encode(place.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "!",
        "x",
        "YQ",
        "///",
        "ü",
        cursor_of('["time",false,1]'),
        cursor_of('["time",false,NaN,"%s"]' % ("0" * 32)),
        cursor_of('["time",false,Infinity,"%s"]' % ("0" * 32)),
        cursor_of('["time",false,"x","%s"]' % ("0" * 32)),
        cursor_of('["time",false,true,"%s"]' % ("0" * 32)),
        cursor_of('["time",false,1000000000000000000000000000000,"%s"]' % ("0" * 32)),
        cursor_of('["time",false,1,"xy"]'),
        cursor_of('["time",false,1,"%s"]' % ("0" * 30)),
        cursor_of('["time",false,1,7]'),
        cursor_of("[" * 10_000),
        cursor_of("1" + "0" * 5000),
    ],
)
def test_cursors_that_nobody_made(cursor: str) -> None:
    with pytest.raises(InvalidMessage, match="cursor"):
        Position.from_cursor(cursor, Order())


@given(st.text())
def test_no_cursor_breaks_anything(cursor: str) -> None:
    with pytest.raises(InvalidMessage):
        Position.from_cursor(cursor, Order())
