"""Which settings each service has, and who sets them in the chart."""

from typing import Any

from loupe_batch.settings import BatchSettings
from loupe_inference.settings import InferenceSettings
from loupe_ingestion.settings import IngestionSettings
from loupe_query.settings import QuerySettings
from loupe_reconciler.settings import ReconcilerSettings
from loupe_results.settings import ResultsSettings
from loupe_shared.settings import PREFIX, ProcessSettings
from loupe_training.settings import RetrainingSettings

SERVICES: dict[str, type[ProcessSettings]] = {
    "query": QuerySettings,
    "ingestion": IngestionSettings,
    "inference": InferenceSettings,
    "results": ResultsSettings,
    "reconciler": ReconcilerSettings,
    "batch": BatchSettings,
    "training": RetrainingSettings,
}

# What follows from other values, or from where the chart puts things. Nobody sets these by their names.
MANAGED = frozenset(
    {
        "LOUPE_API_KEYS_FILE",
        "LOUPE_FRONTEND",
        "LOUPE_HEARTBEAT_FILE",
        "LOUPE_HOST",
        "LOUPE_LANE",
        "LOUPE_METRICS_HOST",
        "LOUPE_METRICS_PORT",
        "LOUPE_MODEL_BUNDLE",
        "LOUPE_MODEL_CACHE",
        "LOUPE_PORT",
        "LOUPE_RUN",
        "LOUPE_SCOPE",
        "LOUPE_SQLITE_PATH",
        "LOUPE_TENSORRT_CACHE",
        "LOUPE_URL",
    }
)


def known(service: str) -> list[str]:
    """The variables that a service reads."""
    return sorted(f"{PREFIX}{name.upper()}" for name in SERVICES[service].model_fields)


def secrets(service: str) -> list[str]:
    """Those of them that hold secrets."""
    fields = SERVICES[service].model_fields.items()
    return [f"{PREFIX}{name.upper()}" for name, field in fields if "SecretStr" in str(field.annotation)]


def settable(service: str) -> dict[str, dict[str, Any]]:
    """JSON schemas of the variables that values may set, as the service's own settings have them."""
    schema = SERVICES[service].model_json_schema()
    found = {
        f"{PREFIX}{name.upper()}": _plain(description, schema.get("$defs", {}))
        for name, description in schema["properties"].items()
    }
    left_out = {*MANAGED, *secrets(service)}
    return {name: found[name] for name in sorted(found) if name not in left_out}


def _plain(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A property without what only Python needs: nothing is null, because a variable that is unset is not there."""
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return {**_plain(target, definitions), **_described(schema)}
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        if len(options) == 1:
            return {**_plain(options[0], definitions), **_described(schema)}
    return {key: value for key, value in schema.items() if key not in ("title", "default")}


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": schema["description"]} if "description" in schema else {}
