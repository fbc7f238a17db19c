"""Reading blob events."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_ingestion.events import read_event, read_message
from loupe_shared.errors import InvalidMessage
from tests.factories import ACCOUNT, cloud_event, event


def test_both_schemas_say_the_same() -> None:
    read = read_event(event("line-3/cam07.jpg"))
    assert read == read_event(cloud_event("line-3/cam07.jpg"))
    assert read is not None
    image = read.image
    assert (image.account, image.container, image.blob) == (ACCOUNT, "images", "line-3/cam07.jpg")
    assert (image.etag, image.content_length) == ("0x8DE29A7F1C2B3A4", 184320)
    assert (read.deleted, read.content_type) == (False, "image/jpeg")
    assert image.uploaded_at == datetime(2026, 11, 22, 8, 15, 30, 123456, UTC)


def test_a_delete_has_neither_etag_nor_length() -> None:
    for make in (event, cloud_event):
        read = read_event(make(kind="Deleted", api="DeleteBlob", eTag=None, contentLength=None))
        assert read is not None
        assert (read.deleted, read.image.etag, read.image.content_length) == (True, "", None)


def encodings(text: str) -> list[str]:
    """What may lie in a storage queue."""
    encoded = base64.b64encode(text.encode()).decode()
    return [text, f"  {text}\n", encoded, f"{encoded}\n"]


@pytest.mark.parametrize("content", encodings(json.dumps(event())) + encodings(json.dumps([event()])))
def test_plain_and_base64_one_and_many(content: str) -> None:
    assert read_message(content) == [read_event(event())]


@pytest.mark.parametrize("etag", ["0x8DE29A7F1C2B3A4", '"0x8DE29A7F1C2B3A4"'])
def test_etags_come_bare_and_quoted(etag: str) -> None:
    read = read_event(event(eTag=etag))
    assert read is not None
    assert read.image.etag == "0x8DE29A7F1C2B3A4"


@pytest.mark.parametrize("blob", ["a.jpg", "x/blobs/y.jpg", "ü ñ/日本.png", "a?b#c&d%20.jpg", "no-suffix"])
@pytest.mark.parametrize("slash", ["/", ""])
def test_any_name_of_a_blob(blob: str, slash: str) -> None:
    document = event(blob)
    document["subject"] = slash + document["subject"].lstrip("/")
    read = read_event(document)
    assert read is not None
    assert read.image.blob == blob


@pytest.mark.parametrize("api", ["PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit"])
def test_operations_that_complete_a_blob(api: str) -> None:
    assert read_event(event(api=api)) is not None


@pytest.mark.parametrize("api", ["CreateFile", "SftpCreate", "SomethingNew"])
def test_operations_that_do_not(api: str) -> None:
    assert read_event(event(api=api)) is None


def test_events_of_other_kinds_do_not_matter() -> None:
    assert read_event(event(kind="TierChanged")) is None
    assert read_event(event(kind="TierChanged") | {"data": "whatever"}) is None
    assert read_message(json.dumps([event(kind="Renamed"), event()])) == [read_event(event())]


def without(*path: str) -> dict[str, Any]:
    """An event that lacks a field."""
    document = event()
    part = document
    for name in path[:-1]:
        part = part[name]
    del part[path[-1]]
    return document


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        "event",
        [event()],
        {},
        without("topic"),
        without("subject"),
        without("eventTime"),
        without("metadataVersion"),
        without("data"),
        without("data", "api"),
        without("data", "sequencer"),
        without("data", "eTag"),
        event() | {"metadataVersion": "2"},
        cloud_event() | {"specversion": "2.0"},
        event() | {"eventTime": "yesterday"},
        event() | {"eventTime": "0001-01-01T00:00:00+14:00"},
        event("\ud800.jpg"),
        event(eTag="a\r\nX: y"),
        event() | {"subject": "/blobServices/default/containers/images"},
        event() | {"topic": "/subscriptions/1/resourceGroups/rg"},
        event(sequencer="not a sequencer!"),
        event(sequencer="0" * 65),
        event(contentLength=-1),
        event() | {"data": "text"},
    ],
)
def test_what_is_no_event_of_a_known_version(document: object) -> None:
    with pytest.raises(InvalidMessage):
        read_event(document)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not JSON"),
        ("hello", "neither JSON nor base64"),
        ("{", "not JSON"),
        ("aGVsbG8=", "not JSON"),
        ("/////w==", "neither JSON nor base64"),
        ("[" * 100_000, "not JSON"),
        ("[7]", "JSON object is expected"),
        ('["\\ud800"]', "not JSON"),
    ],
)
def test_what_is_no_message(content: str, says: str) -> None:
    with pytest.raises(InvalidMessage, match=says):
        read_message(content)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda parts: st.lists(parts) | st.dictionaries(st.sampled_from([*event(), *cloud_event(), "x"]), parts),
    )
)
def test_anything_else_is_refused_and_nothing_breaks(document: object) -> None:
    with suppress(InvalidMessage):
        read_message(json.dumps(document))
