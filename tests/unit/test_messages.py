"""Messages of other versions of Loupe, and the trace that they belong to."""

import json

import pytest

from loupe_shared.messages import ClassifyJob, StoreBatch, StoredEmbedding
from loupe_shared.result import Embedding, ImageProperties
from tests.factories import image_ref, result

TRACE = f"00-{'ab' * 16}-{'cd' * 8}-01"


def test_a_message_without_a_trace_is_what_it_was() -> None:
    job = ClassifyJob(images=(image_ref(),))
    assert "traceparent" not in json.loads(job.to_json())
    assert ClassifyJob.from_json(job.to_json()) == job


def test_the_trace_goes_with_the_message_and_its_parts() -> None:
    batch = StoreBatch(results=(result("a"), result("b")), traceparent=TRACE)
    assert StoreBatch.from_json(batch.to_json()).traceparent == TRACE
    assert [part.traceparent for part in batch.split()] == [TRACE, TRACE]


@pytest.mark.parametrize("wrong", [5, "", "00-1-2-01", TRACE.upper(), f"{TRACE}-more", {"a": 1}])
def test_a_trace_that_makes_no_sense_costs_no_image(wrong: object) -> None:
    document = json.loads(ClassifyJob(images=(image_ref(),)).to_json()) | {"traceparent": wrong}
    assert ClassifyJob.from_json(json.dumps(document)) == ClassifyJob(images=(image_ref(),))


def test_embeddings_go_with_the_message_and_each_with_its_image() -> None:
    images = tuple(image_ref(blob) for blob in "abc")
    properties = ImageProperties(format="PNG", width=1, height=1, size_bytes=9)
    embeddings = tuple(
        StoredEmbedding(
            image_id=one.id, space="m:1", embedding=Embedding(values=b"\xff\x00", scale=0.5), properties=properties
        )
        for one in images[:2]
    )
    job = ClassifyJob(images=images, embeddings=embeddings)
    assert ClassifyJob.from_json(job.to_json()) == job
    assert [part.embeddings for part in job.split()] == [embeddings[:1], embeddings[1:], ()]
    assert job.of(images[1:]).embeddings == embeddings[1:]
