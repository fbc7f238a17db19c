"""What is shown of a dead letter."""

import base64
import json

import pytest

from loupe_query.operate.letters import MAX_SHOWN_IMAGES, images_in, presentable
from loupe_shared.messages import ClassifyJob, StoreBatch
from tests.factories import cloud_event, event, image_ref, result

JOB = ClassifyJob(images=(image_ref("ü/a.jpg"), image_ref("b.jpg"), image_ref("ü/a.jpg"))).to_json()


def blobs(text: str) -> list[str]:
    """The names of the blobs in a message."""
    return [name.blob for name in images_in(text)]


def test_images_of_jobs_and_results() -> None:
    assert blobs(JOB) == ["ü/a.jpg", "b.jpg"]
    assert blobs(StoreBatch(results=(result("a"), result("b"))).to_json()) == ["a", "b"]
    assert images_in(JOB)[0].container == "images"


def test_images_of_events() -> None:
    events = json.dumps([event("x/y.jpg"), cloud_event("z.jpg")])
    assert blobs(events) == blobs(base64.b64encode(events.encode()).decode()) == ["x/y.jpg", "z.jpg"]


def test_of_very_many_the_first() -> None:
    job = ClassifyJob(images=tuple(image_ref(str(n)) for n in range(100)))
    assert blobs(job.to_json()) == [str(n) for n in range(MAX_SHOWN_IMAGES)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "null",
        "[" * 100_000,
        '{"container": 1, "blob": "a"}',
        '{"container": "images", "blob": "\\ud83d"}',
        json.dumps({"container": "images", "blob": "a" * 2000}),
        '{"subject": "/blobServices/default/containers/images"}',
    ],
)
def test_where_no_image_is_named(text: str) -> None:
    assert images_in(text) == ()


def test_what_is_malformed_still_names_its_images() -> None:
    assert blobs('{"version": 7, "images": [{"container": "images", "blob": "a"}, 5]}') == ["a"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "https://a.blob.core.windows.net/c/b?se=1&sig=s3cr%2Fet&sp=r",
            "https://a.blob.core.windows.net/c/b?se=1&sig=…&sp=r",
        ),
        ("https://host/api/events?token=s3cret is away", "https://host/api/events?token=… is away"),
        ("AccountName=a;AccountKey=s3cret==;x", "AccountName=a;AccountKey=…;x"),
        ("rediss://:s3cret@host:10000/0", "rediss://:…@host:10000/0"),
        ("redis://user:s3cret@host", "redis://user:…@host"),
        ('{"url": "https://h/b?sig=s3cret"}', '{"url": "https://h/b?sig=…"}'),
        ("half \ud83d of one", "half ? of one"),
        (JOB, JOB),
    ],
)
def test_secrets_are_not_shown(text: str, shown: str) -> None:
    assert presentable(text) == shown
