"""Whatever is asked, as the description allows or nearly so: no answer is an error of ours, and each is described."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from loupe_query.access.guard import Access
from loupe_query.access.settings import AccessSettings
from loupe_query.app import create_app
from loupe_query.models.registering import Place
from loupe_query.models.releases import Releases
from loupe_query.operate.jobs import Jobs
from loupe_query.operate.memory import MemoryLetters
from loupe_query.operate.office import Office
from loupe_query.similar.embedder import Embedder
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher, MemoryStore
from loupe_shared.adapters.memory_jobs import MemoryJobs
from loupe_shared.adapters.memory_registry import MemoryRegistry
from loupe_shared.adapters.web import Ending
from loupe_shared.api.operate import Source
from loupe_shared.batch.job import BatchJob, ByPrefix, Chunk, Failure, Named, State
from loupe_shared.release.documents import Promotion
from tests.apps import archive
from tests.factories import BUNDLE, NOON, deletion, rejection, result
from tests.manifests import manifest

HERE = {"Host": "localhost"}  # an API that is open answers only there
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

store = MemoryStore()
store.write([result("samples/coffee.png"), result("b", "dog", score=0.9), rejection("c"), deletion("d")])
jobs = Jobs(MemoryOutstanding(), MemoryPublisher())
box = MemoryLetters(Source.CLASSIFY, jobs)
for number in range(50):
    box.bury(f'{{"container": "images", "blob": "\\ud83d{number}"}}', "malformed: \ud83d", NOON)
batch_jobs = MemoryJobs()
done = BatchJob(
    id="0644a8b2c1d3e4-5f0c1b7a",  # the one that the description shows
    input=ByPrefix(),
    model="test:1",
    mini_batch_size=32,
    error_threshold=-1,
    max_retries=3,
    again=False,
    submitted_by="Ada",
    submitted_at=NOON,
)
batch_jobs.create(done)
done = batch_jobs.replace(done, begun=Chunk(number=0, images=(Named(blob="a.jpg"),)))
missing = Failure(blob="a.jpg", reason="missing", detail="there is no such blob")
batch_jobs.replace(done.model_copy(update={"state": State.COMPLETED}), ended=0, failures=[missing])
registry = MemoryRegistry()
for version in (1, 2, 3):
    registry.complete(manifest(version, "efficientnet-lite0"))  # the name that the description shows
releases = Releases(registry)
releases.promote("efficientnet-lite0", Promotion(version=1, why="the first"), "Ada")
releases.promote("efficientnet-lite0", Promotion(version=2, why="better"), "Ada")
app = create_app(
    archive(
        store,
        embedder=Embedder(BUNDLE, 1_000_000),
        office=Office([box]),
        jobs=jobs,
        batch_jobs=batch_jobs,
        registry=registry,
        intake=Place(registry, "models"),
    ),
    Access(AccessSettings(requests_per_second=1e9)),
    Ending(),
)
schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=HERE)


# A stream never ends; tests/unit/test_query_live.py has it.
@schema.exclude(path="/v1/stream").parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_anything(case: "schemathesis.Case[Any]") -> None:
    case.call_and_validate(checks=CHECKS, headers=HERE)
