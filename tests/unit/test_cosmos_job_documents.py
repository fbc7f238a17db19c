"""How batch jobs lie in Cosmos DB, as far as no emulator looks at it."""

from azure.cosmos import PartitionKey
from pydantic_core import to_json

from loupe_shared.adapters.cosmos_batches import MAX_BYTES
from loupe_shared.adapters.cosmos_job_documents import (
    PART_BYTES,
    container_arguments,
    failures_document,
    failures_query,
    jobs_query,
    part_documents,
)
from loupe_shared.batch.job import CHUNK, Failure, Named, State


def test_only_what_is_queried_is_indexed() -> None:
    arguments = container_arguments()
    assert arguments["partition_key"] == PartitionKey("/job")
    policy = arguments["indexing_policy"]
    assert policy["excludedPaths"] == [{"path": "/*"}]
    assert [path["path"] for path in policy["includedPaths"]] == ["/job/?", "/kind/?", "/state/?", "/number/?"]


def test_jobs_are_asked_for_by_state_and_place() -> None:
    assert jobs_query((), 5, None) == ("SELECT TOP 5 * FROM c WHERE c.kind = 'job' ORDER BY c.job DESC", [])
    text, parameters = jobs_query([State.QUEUED, State.RUNNING], 5, "x")
    assert text == (
        "SELECT TOP 5 * FROM c WHERE c.kind = 'job' AND c.state IN (@state0, @state1) AND c.job < @before"
        " ORDER BY c.job DESC"
    )
    assert parameters == [
        {"name": "@state0", "value": "queued"},
        {"name": "@state1", "value": "running"},
        {"name": "@before", "value": "x"},
    ]


def test_failures_are_asked_for_from_a_chunk_on() -> None:
    assert failures_query(7).parameters == [{"name": "@first", "value": 7}]


def test_what_is_usual_lies_in_one_document() -> None:
    images = [Named(blob="line 3/2026-11-22/camera 7/" + "0" * 200, etag="0x1" * 6) for _ in range(CHUNK)]
    (document,) = part_documents("images", "j", 3, "w", images)
    assert (document["job"], document["kind"], document["number"]) == ("j", "images", 3)
    assert document["items"] == [{"blob": one.blob, "etag": one.etag} for one in images]


def test_what_is_long_lies_in_several_that_fit_into_a_batch() -> None:
    failures = [Failure(blob=f"{number}{'産' * 1020}", reason="missing", detail="d" * 500) for number in range(CHUNK)]
    first, *rest = part_documents("more", "j", 3, "w", failures)
    main = failures_document(first, rest)
    documents = [main, *rest]
    assert len(documents) > 2
    assert main["more"] == [document["id"] for document in rest]
    assert main["id"] == "failures-3"
    assert len({document["id"] for document in documents}) == len(documents)
    assert [item["blob"] for one in documents for item in one["items"]] == [failure.blob for failure in failures]
    assert max(len(to_json(document["items"])) for document in documents) <= PART_BYTES + 2
    assert 2 * PART_BYTES < MAX_BYTES  # the job's document and deletions are in the same batch


def test_what_alone_is_too_long_is_not_split_for_ever() -> None:
    failures = [Failure(blob=name, reason="missing", detail="d" * PART_BYTES) for name in ("a", "b")]
    assert [len(one["items"]) for one in part_documents("more", "j", 3, "w", failures)] == [1, 1]
    assert part_documents("more", "j", 3, "w", []) == []
