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
from loupe_query.operate.jobs import Jobs
from loupe_query.operate.memory import MemoryLetters
from loupe_query.operate.office import Office
from loupe_query.similar.embedder import Embedder
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher, MemoryStore
from loupe_shared.adapters.web import Ending
from loupe_shared.api.operate import Source
from tests.apps import archive
from tests.factories import BUNDLE, NOON, deletion, rejection, result

HERE = {"Host": "localhost"}  # an API that is open answers only there
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

store = MemoryStore()
store.write([result("samples/coffee.png"), result("b", "dog", score=0.9), rejection("c"), deletion("d")])
jobs = Jobs(MemoryOutstanding(), MemoryPublisher())
box = MemoryLetters(Source.CLASSIFY, jobs)
for number in range(50):
    box.bury(f'{{"container": "images", "blob": "\\ud83d{number}"}}', "malformed: \ud83d", NOON)
app = create_app(
    archive(store, embedder=Embedder(BUNDLE, 1_000_000), office=Office([box]), jobs=jobs),
    Access(AccessSettings(requests_per_second=1e9)),
    Ending(),
)
schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=HERE)


# A stream never ends; tests/unit/test_query_live.py has it.
@schema.exclude(path="/v1/stream").parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_anything(case: "schemathesis.Case[Any]") -> None:
    case.call_and_validate(checks=CHECKS, headers=HERE)
