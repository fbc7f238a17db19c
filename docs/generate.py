"""Writes the documentation that is made from code: ``make docs``. A test fails when it is out of date.

metrics.md     every metric of every service, from the list of them
settings.md    every environment variable of every service, from the services' own settings classes
openapi.json   the description of the query API, from the application
figures.md     every figure of the benchmark, from the run that is kept
stages.svg     its picture of where each millisecond goes
../infra/cosmos/*.json
               how the containers are made in Cosmos DB, for infra/modules/archive.bicep
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from loupe_batch.settings import BatchSettings
from loupe_inference.settings import InferenceSettings
from loupe_ingestion.settings import IngestionSettings
from loupe_query.access.guard import Access
from loupe_query.access.settings import AccessSettings
from loupe_query.app import Archive, create_app
from loupe_query.settings import QuerySettings
from loupe_reconciler.settings import ReconcilerSettings
from loupe_results.settings import ResultsSettings
from loupe_shared.adapters import cosmos_documents, cosmos_job_documents, cosmos_shadow_documents
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.adapters.web import Ending
from loupe_shared.settings import PREFIX, ProcessSettings
from loupe_shared.telemetry.catalog import Metric
from loupe_shared.telemetry.metrics import CATALOG
from loupe_training.settings import RetrainingSettings

HERE = Path(__file__).parent
BENCHMARK = HERE.parent / "bench" / "results" / "2-cores.json"

SERVICES: dict[str, type[ProcessSettings]] = {
    "ingestion": IngestionSettings,
    "inference": InferenceSettings,
    "results": ResultsSettings,
    "query": QuerySettings,
    "reconciler": ReconcilerSettings,
    "batch": BatchSettings,
    "training": RetrainingSettings,
}

INTRODUCTION = """# Settings

<!-- Made by `make docs` from the services' settings classes. Change those instead. -->

Each service reads its settings from environment variables when it starts, and ends with one sentence if one is missing or
wrong. Values in *italics* are worked out by the service.
"""


METRICS = """# Metrics

<!-- Made by `make docs` from shared/loupe_shared/telemetry/metrics.py. Change that instead. -->

What every process gives at `/metrics` of `LOUPE_METRICS_PORT`; [Telemetry](telemetry.md) says how to look at it. Every series has
the label `service`, with the name of the service that gives it. Names end with their unit. What ends with `_total` only ever
grows; with labels, it is there once it has happened.
"""

ENDING = """Each process gives its own CPU time, memory and open files, too, under the usual names (`process_cpu_seconds_total` and
others)."""


def settings() -> str:
    """The page of settings."""
    found: dict[tuple[str, str], tuple[FieldInfo, list[str]]] = {}
    for service, settings_type in SERVICES.items():
        for name, field in settings_type.model_fields.items():
            found.setdefault((name, str(field.description)), (field, []))[1].append(service)
    rows = [
        f"| `{PREFIX}{name.upper()}` | {default(field)} | {', '.join(services)} | {field.description} |"
        for (name, _), (field, services) in sorted(found.items())
    ]
    return "\n".join([INTRODUCTION, "| variable | default | read by | meaning |", "|---|---|---|---|", *rows, ""])


def default(field: FieldInfo) -> str:
    """What holds if the variable is not set."""
    if field.default_factory is not None:
        return "*by machine*"
    if field.default is PydanticUndefined:
        return "required"
    return "not set" if field.default is None else f"`{field.default}`"


def metrics() -> str:
    """The page of metrics."""
    rows = [
        f"| `{metric.name}` | {metric.kind} | {labels(metric)} | {', '.join(metric.services)} | {metric.meaning} |"
        for metric in CATALOG.values()
    ]
    heading = ["| metric | kind | labels | given by | meaning |", "|---|---|---|---|---|"]
    return "\n".join([METRICS, *heading, *rows, "", f"{ENDING}\n"])


def labels(metric: Metric) -> str:
    """What the labels of a metric say."""
    return "; ".join(f"`{label}`: {values}" for label, values in metric.labels.items())


def openapi() -> str:
    """The description of the query API."""
    unused: Any = None
    parts = [field.name for field in fields(Archive)]
    app = create_app(
        Archive(**dict.fromkeys(parts, unused) | {"store": MemoryStore()}), Access(AccessSettings()), Ending()
    )
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def figures() -> str:
    """Every figure that the benchmark measured."""
    run = json.loads(BENCHMARK.read_text(encoding="utf-8"))
    machine, versions = run["machine"], run["versions"]
    rows = [
        f"| {row['figure']} | {row['case']} | {row['name']} | {number(row['median'])} "
        f"| {number(row['least'])} … {number(row['most'])} | {row['unit']} | {held(row)} |"
        for row in run["rows"]
    ]
    lines = [
        "# Figures",
        "",
        f"<!-- Made by `make docs` from bench/results/{BENCHMARK.name}. Measure again instead. -->",
        "",
        f"Measured on {run['measured_at'][:10]}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gb']:.0f} GB, {machine['system'].split('-')[0]}; "
        + ", ".join(f"{name} {versions[name]}" for name in ("python", "onnxruntime", "celery", "pillow"))
        + f". Medians of {run['settings']['runs']} runs, with the least and the greatest. CPU and time are per image.",
        "",
        "| figure | case | measured | median | spread | unit | target |",
        "|---|---|---|---:|---:|---|---|",
        *rows,
        "",
    ]
    return "\n".join(lines)


def stages() -> str:
    """The benchmark's picture."""
    return BENCHMARK.with_suffix(".svg").read_text(encoding="utf-8")


def results_container() -> str:
    """How the results' container is made in Cosmos DB."""
    return cosmos_container(
        "cosmos_documents.py", cosmos_documents.container_arguments(None), cosmos_documents.container_arguments(1)
    )


def jobs_container() -> str:
    """How the batch jobs' container is made in Cosmos DB."""
    return cosmos_container("cosmos_job_documents.py", cosmos_job_documents.container_arguments())


def shadows_container() -> str:
    """How the container of what shadow versions say is made in Cosmos DB."""
    return cosmos_container("cosmos_shadow_documents.py", cosmos_shadow_documents.container_arguments())


def cosmos_container(source: str, plain: dict[str, Any], embedded: dict[str, Any] | None = None) -> str:
    """How a container is made, in the words of Azure's resource manager.

    Args:
        source: module that says it.
        plain: arguments of the SDK.
        embedded: the same for embeddings, of any length.
    """
    resource = {
        "comment": f"Made by `make docs` from shared/loupe_shared/adapters/{source}. Change that instead.",
        "partitionKey": plain["partition_key"],
        "indexingPolicy": plain["indexing_policy"],
    }
    if "default_ttl" in plain:
        resource["defaultTtl"] = plain["default_ttl"]
    if embedded:
        resource["indexingPolicyWithVectors"] = embedded["indexing_policy"]
        resource["vectorEmbeddingPolicy"] = embedded["vector_embedding_policy"]
    return json.dumps(resource, indent=2) + "\n"


def number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004


def held(row: dict[str, Any]) -> str:
    """The target of a figure, and whether it is held."""
    target = row["target"]
    if target is None:
        return ""
    sign = "≥" if target["at_least"] else "≤"
    return f"{sign} {target['limit']:g}{'' if row['is_met'] else ' **missed**'}"


PAGES = {
    "settings.md": settings,
    "metrics.md": metrics,
    "openapi.json": openapi,
    "figures.md": figures,
    "stages.svg": stages,
    "../infra/cosmos/results.json": results_container,
    "../infra/cosmos/jobs.json": jobs_container,
    "../infra/cosmos/shadows.json": shadows_container,
}


if __name__ == "__main__":
    for page, make in PAGES.items():
        (HERE / page).write_text(make(), encoding="utf-8")
