"""The client has a method for each operation of the API's description, and asks and understands as that says.

A new operation, parameter or property without its place in the client fails here, and so does one that is gone.
"""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from loupe_client import Loupe
from loupe_client.filters import (
    Choice,
    CountFilter,
    DaysFilter,
    DriftFilter,
    Filter,
    LetterFilter,
    SortedFilter,
    TimedFilter,
)
from loupe_client.jobs import JobWanted
from tests.factories import ROOT

API = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in API["paths"].items()
    for method, operation in operations.items()
    if path.startswith("/v1/") or path == "/readyz"
}

IMAGE = ("line 3", "ü/a.jpg")
NAMES = [IMAGE]
PICTURE = b"picture"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

CHOICE: Choice = {"container": "images", "prefix": "line 3/", "label": "espresso", "model": "a:1"}
FILTER: Filter = {
    **CHOICE,
    "min_score": 0.5,
    "max_score": 1,
    "min_uncertainty": 0,
    "max_uncertainty": 0.5,
    "outcome": "classified",
    "reason": "corrupt",
    "reviewed": True,
    "conflict": False,
}
TIMED: TimedFilter = {**FILTER, "since": NOON, "until": NOON}
SORTED: SortedFilter = {**TIMED, "sort": "score", "order": "ascending"}
COUNTED: CountFilter = {"container": "images", "model": "a:1"}
DAYS: DaysFilter = {**COUNTED, "since": date(2026, 11, 22), "until": date(2026, 11, 23)}
DRIFT: DriftFilter = {**DAYS, "baseline_since": date(2026, 10, 1), "baseline_until": date(2026, 11, 1)}
LETTER = "5f0c1b7a9e3d4c2f8a6b7d1e0f9c3a52"
LETTERS: LetterFilter = {"source": "store", "reason": "disk"}
JOB = "0644a8b2c1d3e4-5f0c1b7a"
JOBS: JobWanted = {
    "prefix": "line 3/",
    "glob": "*.jpg",
    "names": ["a.jpg"],
    "filter": TIMED,
    "model": "a:1",
    "mini_batch_size": 7,
    "error_threshold": 1,
    "max_retries": 1,
    "again": True,
    "from_embeddings": True,
    "output": "a.csv",
    "output_format": "csv",
}

MANIFEST = {
    "schema_version": 1,
    "name": "cells",
    "version": 7,
    "labels": ["crack"],
    "embedding_size": 8,
    "preprocessing": {"size": 224, "crop": 0.875, "resample": "bicubic", "oversample": 2},
    "preprocessing_hash": "0",
    "space": None,
    "files": {},
    "provenance": {"weights": "none", "licence": "MIT", "exporter": "none"},
    "quantization": None,
    "metrics": None,
}

# The method of each operation, with everything that it can be given.
METHODS: dict[str, tuple[str, Callable[[Loupe], object]]] = {
    "GET /readyz": ("is_ready", lambda loupe: loupe.is_ready()),
    "GET /v1/me": ("me", lambda loupe: loupe.me()),
    "GET /v1/images": ("page", lambda loupe: loupe.page(limit=7, cursor="x", **SORTED)),
    "POST /v1/images/batch": ("find", lambda loupe: loupe.find(NAMES)),
    "GET /v1/images/{container}/{blob}": ("image", lambda loupe: loupe.image(*IMAGE)),
    "GET /v1/history/{container}/{blob}": ("history", lambda loupe: loupe.history(*IMAGE)),
    "GET /v1/counts": ("counts", lambda loupe: loupe.counts(**COUNTED)),
    "GET /v1/statistics": ("statistics", lambda loupe: loupe.statistics(top=7, **DAYS)),
    "GET /v1/throughput": ("throughput", lambda loupe: loupe.throughput(**DAYS)),
    "GET /v1/drift": ("drift", lambda loupe: loupe.drift(**DRIFT)),
    "GET /v1/models/{name}/shadows/{version}": ("compared", lambda loupe: loupe.compared("cells", 7, limit=7)),
    "GET /v1/pipeline": ("pipeline", lambda loupe: loupe.pipeline()),
    "GET /v1/content/{container}/{blob}": ("content", lambda loupe: loupe.content(*IMAGE)),
    "GET /v1/thumbnails/{container}/{blob}": ("thumbnail", lambda loupe: loupe.thumbnail(*IMAGE)),
    "POST /v1/links": ("links", lambda loupe: loupe.links(NAMES)),
    "GET /v1/similar/{container}/{blob}": ("similar", lambda loupe: loupe.similar(*IMAGE, limit=7)),
    "POST /v1/similar": ("similar_to_picture", lambda loupe: loupe.similar_to_picture(PICTURE, limit=7)),
    "GET /v1/stream": ("stream", lambda loupe: next(loupe.stream(**FILTER))),
    "GET /v1/export": ("export", lambda loupe: loupe.export(io.BytesIO(), "parquet", embeddings=True, **TIMED)),
    "PUT /v1/reviews/{container}/{blob}": ("review", lambda loupe: loupe.review(*IMAGE, "cup", etag="0x1")),
    "DELETE /v1/reviews/{container}/{blob}": (
        "take_back_review",
        lambda loupe: loupe.take_back_review(*IMAGE, etag="0x1"),
    ),
    "POST /v1/review-queue": ("review_queue", lambda loupe: loupe.review_queue(limit=7, passed=NAMES, **CHOICE)),
    "POST /v1/review-queue/release": ("release", lambda loupe: loupe.release(NAMES)),
    "POST /v1/uploads": ("upload_links", lambda loupe: loupe.upload_links(["line 3/a.jpg"])),
    "GET /v1/dead-letters": (
        "dead_letter_page",
        lambda loupe: loupe.dead_letter_page(limit=7, cursor="x", **LETTERS),
    ),
    "GET /v1/dead-letters/{id}": ("dead_letter", lambda loupe: loupe.dead_letter(LETTER)),
    "POST /v1/dead-letters/replay": ("replay", lambda loupe: loupe.replay([LETTER])),
    "POST /v1/dead-letters/dismiss": ("dismiss", lambda loupe: loupe.dismiss([LETTER])),
    "POST /v1/jobs": ("submit", lambda loupe: loupe.submit(**JOBS)),
    "GET /v1/jobs": ("job_page", lambda loupe: loupe.job_page(state="running", limit=7, cursor=JOB)),
    "GET /v1/jobs/{id}": ("job", lambda loupe: loupe.job(JOB)),
    "GET /v1/jobs/{id}/failures": ("failure_page", lambda loupe: loupe.failure_page(JOB, limit=7, cursor="1-2")),
    "POST /v1/jobs/{id}/pause": ("pause", lambda loupe: loupe.pause(JOB)),
    "POST /v1/jobs/{id}/resume": ("resume", lambda loupe: loupe.resume(JOB)),
    "POST /v1/jobs/{id}/cancel": ("cancel", lambda loupe: loupe.cancel(JOB)),
    "POST /v1/jobs/{id}/retry": ("retry", lambda loupe: loupe.retry(JOB, output="a.csv", output_format="csv")),
    "POST /v1/images/reclassify": ("reclassify", lambda loupe: loupe.reclassify(NAMES)),
    "GET /v1/models": ("models", lambda loupe: loupe.models()),
    "POST /v1/models": ("register_version", lambda loupe: loupe.register_version(json.dumps(MANIFEST).encode())),
    "GET /v1/models/{name}": ("model", lambda loupe: loupe.model("cells")),
    "POST /v1/models/{name}/promote": (
        "promote",
        lambda loupe: loupe.promote("cells", 7, "better", new_labels=True, force=True),
    ),
    "POST /v1/models/{name}/canary": (
        "canary",
        lambda loupe: loupe.canary("cells", 7, 0.1, "better", new_labels=True, force=True),
    ),
    "POST /v1/models/{name}/shadow": ("shadow", lambda loupe: loupe.shadow("cells", [7], "better")),
    "POST /v1/models/{name}/rollback": ("roll_back", lambda loupe: loupe.roll_back("cells", "worse")),
}

# Methods that are made of those.
COMPOSED: dict[str, tuple[str, Callable[[Loupe], object]]] = {
    "images": ("GET /v1/images", lambda loupe: next(loupe.images(**SORTED))),
    "exported": ("GET /v1/export", lambda loupe: list(loupe.exported(**TIMED))),
    "upload": ("POST /v1/uploads", lambda loupe: loupe.upload({"line 3/a.jpg": PICTURE})),
    "upload_each": ("POST /v1/uploads", lambda loupe: list(loupe.upload_each({"line 3/a.jpg": PICTURE}))),
    "checksum": ("GET /v1/content/{container}/{blob}", lambda loupe: loupe.checksum(*IMAGE)),
    "contact": ("GET /readyz", lambda loupe: loupe.contact()),
    "dead_letters": ("GET /v1/dead-letters", lambda loupe: next(loupe.dead_letters(**LETTERS))),
    "jobs": ("GET /v1/jobs", lambda loupe: next(loupe.jobs(state="running"))),
    "failures": ("GET /v1/jobs/{id}/failures", lambda loupe: next(loupe.failures(JOB))),
    "follow": ("GET /v1/jobs/{id}", lambda loupe: next(loupe.follow(JOB))),
    "replay_matching": ("POST /v1/dead-letters/replay", lambda loupe: loupe.replay_matching(**LETTERS)),
    "dismiss_matching": ("POST /v1/dead-letters/dismiss", lambda loupe: loupe.dismiss_matching(**LETTERS)),
    "reclassify_matching": (
        "POST /v1/images/reclassify",
        lambda loupe: loupe.reclassify_matching(cursor="x", **TIMED),
    ),
}

# Methods that ask for no operation: for the description itself, for whatever a link leads to, and for nothing; one that
# only ends when a job does; and one that asks until a version is registered.
OTHERS = ("version", "reach", "close", "wait", "register")


Asked = list[tuple[str, httpx2.Request]]


def fitting(request: httpx2.Request) -> str:
    """The operation that the application finds for a request: the first that fits."""
    for name in OPERATIONS:
        method, path = name.split(" ")
        pattern = (
            (re.escape(path).replace(r"\{blob\}", ".+").replace(r"\{container\}", "[^/]+").replace(r"\{id\}", "[^/]+"))
            .replace(r"\{name\}", "[^/]+")
            .replace(r"\{version\}", "[0-9]+")
        )
        if request.method == method and re.fullmatch(pattern, request.url.path):
            return name
    raise AssertionError(f"the API has no {request.method} {request.url.path}")


def ask(call: Callable[[Loupe], object]) -> tuple[object, Asked]:
    """What a method gives if it is answered with the description's examples, and what it asks the API for."""
    asked: Asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host != "api":
            return httpx2.Response(200)
        name = fitting(request)
        asked.append((name, request))
        if "307" in OPERATIONS[name]["responses"]:
            return httpx2.Response(307, headers={"Location": "https://storage/a?b"})
        types = answer_of(name)["content"]
        if "text/event-stream" in types:
            event = f"id: 1-0\nevent: image\ndata: {json.dumps(IMAGE_EXAMPLE)}\n\n"
            return httpx2.Response(200, text=event, headers={"Content-Type": "text/event-stream"})
        return httpx2.Response(200, json=types.get("application/json", {}).get("example", IMAGE_EXAMPLE))

    with Loupe("http://api", retries=0, transport=httpx2.MockTransport(answer)) as loupe:
        return call(loupe), asked


def answer_of(name: str) -> dict[str, Any]:
    """What the description says of an answer that is no error."""
    responses = OPERATIONS[name]["responses"]
    found: dict[str, Any] = responses.get("201", responses.get("200"))
    return found


def example(name: str) -> Any:  # noqa: ANN401
    """What the description shows as an answer."""
    return answer_of(name)["content"]["application/json"]["example"]


IMAGE_EXAMPLE = example("GET /v1/images/{container}/{blob}")


def test_each_operation_has_one_method_and_each_method_an_operation() -> None:
    assert METHODS.keys() == OPERATIONS.keys()
    methods = [name for name in dir(Loupe) if callable(getattr(Loupe, name)) and not name.startswith("_")]
    assert sorted(methods) == sorted([*(method for method, _ in METHODS.values()), *COMPOSED, *OTHERS])


@pytest.mark.parametrize("name", METHODS)
def test_a_method_asks_for_its_operation_with_everything_that_the_operation_takes(name: str) -> None:
    _, asked = ask(METHODS[name][1])
    ((found, request),) = asked
    assert found == name
    parameters = OPERATIONS[name].get("parameters", [])
    assert set(request.url.params) == {p["name"] for p in parameters if p["in"] == "query"}
    in_path = [p["name"] for p in parameters if p["in"] == "path"]
    assert in_path == re.findall(r"\{(\w+)\}", name)
    if in_path == ["id"]:
        assert name.replace("{id}", JOB if "jobs" in name else LETTER).endswith(f" {request.url.path}")
    elif in_path == ["name"]:
        assert name.replace("{name}", "cells").endswith(f" {request.url.path}")
    elif in_path == ["name", "version"]:
        assert request.url.path == "/v1/models/cells/shadows/7"
    elif in_path:
        assert in_path == ["container", "blob"]
        assert request.url.raw_path.partition(b"?")[0].endswith(b"/line%203/%C3%BC/a.jpg")
    assert [p["name"] for p in parameters if p["in"] == "header"] == (["last-event-id"] if "stream" in name else [])


@pytest.mark.parametrize("name", METHODS)
def test_a_body_has_everything_that_the_description_has(name: str) -> None:
    _, asked = ask(METHODS[name][1])
    ((_, request),) = asked
    described = OPERATIONS[name].get("requestBody")
    if described is None:
        assert request.content == b""
        return
    ((media_type, content),) = described["content"].items()
    assert request.headers["Content-Type"] == media_type
    if media_type == "application/json":
        compare(json.loads(request.content), content["schema"])
    else:
        assert request.content == PICTURE


def compare(value: object, schema: dict[str, Any]) -> None:
    """Objects have the properties that a schema describes, or one of several that fit."""
    if "$ref" in schema:
        schema = API["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema and isinstance(value, dict | list):
        assert any(fits(value, option) for option in schema["anyOf"])
    elif isinstance(value, dict):
        assert value.keys() == schema.get("properties", {}).keys()
        for key, inner in value.items():
            compare(inner, schema["properties"][key])
    elif isinstance(value, list):
        assert (schema.get("type"), len(value)) == ("array", 1)
        compare(value[0], schema["items"])


def fits(value: object, schema: dict[str, Any]) -> bool:
    """Whether ``compare`` finds nothing."""
    try:
        compare(value, schema)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in METHODS if "example" in json.dumps(OPERATIONS[name]["responses"])])
def test_nothing_of_an_example_is_lost(name: str) -> None:
    answer, _ = ask(METHODS[name][1])
    if "stream" in name:
        expected = IMAGE_EXAMPLE
    elif isinstance(answer, tuple):
        ((found, *_),) = example(name).values()
        answer, expected = answer[0], found
    else:
        expected = example(name)
    assert isinstance(answer, BaseModel)
    assert json.loads(answer.model_dump_json(exclude_unset=True)) == expected


@pytest.mark.parametrize("method", COMPOSED)
def test_methods_that_are_made_of_others_ask_for_nothing_else(method: str) -> None:
    name, call = COMPOSED[method]
    _, asked = ask(call)
    described = {p["name"] for p in OPERATIONS[name].get("parameters", [])}
    assert [found for found, _ in asked] == [name]
    assert all(set(request.url.params) <= described for _, request in asked)
    if method.endswith("_matching"):
        ((_, request),) = asked
        compare(json.loads(request.content), OPERATIONS[name]["requestBody"]["content"]["application/json"]["schema"])


def test_every_answer_but_those_of_files_has_an_example() -> None:
    without = {n for n in METHODS if "example" not in json.dumps(OPERATIONS[n]["responses"])}
    assert without == {
        "GET /readyz",
        "GET /v1/content/{container}/{blob}",
        "GET /v1/thumbnails/{container}/{blob}",
        "GET /v1/export",
    }
