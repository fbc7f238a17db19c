"""Each identity may do what its service does, and no more; names are those of the settings and of the chart."""

import json
import re
from typing import Any

import yaml

from bench.scaling.hardware import KINDS
from infra.checks.bicep import read
from loupe_ingestion.settings import IngestionSettings
from loupe_query.settings import QuerySettings
from loupe_shared.settings import StorageSettings, StoreSettings
from tests.factories import ROOT
from tests.unit.test_docs import GENERATOR

INFRA = ROOT / "infra"
CHART = ROOT / "charts" / "loupe"
MAIN = (INFRA / "main.bicep").read_text(encoding="utf-8")
ACCESS: dict[str, list[dict[str, Any]]] = json.loads((INFRA / "access.json").read_text(encoding="utf-8"))
ROLES: dict[str, str] = json.loads((INFRA / "roles.json").read_text(encoding="utf-8"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
VARIABLES = dict(re.findall(r"^var (\w+) = '(.*)'$", MAIN, re.MULTILINE))
# Who has an identity without being a service of Loupe.
OTHERS = {"keda", "events"}


def quoted(pattern: str) -> list[str]:
    """The strings in the first place of main.bicep that fits."""
    found = re.search(pattern, MAIN)
    assert found, pattern
    return re.findall(r"'([^']+)'", found[1])


def containers() -> set[str]:
    """The containers that are made."""
    found = re.search(r"containerNames: \[(.*)\]", MAIN)
    assert found
    return {VARIABLES.get(name, name.strip("'")) for name in found[1].split(", ")}


def granted(kind: str, service: str) -> set[str]:
    """What a service may use."""
    return {grant.get("name") or grant.get("container") or "" for grant in ACCESS[kind] if grant["service"] == service}


def default(settings_type: type, name: str) -> Any:  # noqa: ANN401
    """The default of a setting."""
    return settings_type.model_fields[name].default  # type: ignore[attr-defined]


def test_roles_have_ids_of_their_own() -> None:
    assert len(set(ROLES.values())) == len(ROLES)
    for id_ in ROLES.values():
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id_)


def test_every_role_is_known_and_used() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in INFRA.rglob("*.bicep"))
    direct = {name for name in ROLES if f"roles.{name}" in templates or f"roles['{name}']" in templates}
    granted_roles = {grant["role"] for kind in ("containers", "queues", "account") for grant in ACCESS[kind]}
    assert direct | granted_roles == ROLES.keys()


def test_identities_are_those_that_the_chart_names() -> None:
    services = quoted(r"var services = (\[.*\])")
    assert {*services, "keda"} == VALUES["identity"]["clientIds"].keys()
    accounts = (CHART / "templates" / "service-accounts.yaml").read_text(encoding="utf-8")
    listed = re.search(r"range \$service := list ([^}]*)\}", accounts)
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == set(services)
    assert 'printf "%s-%s" .root.Release.Name .name' in (CHART / "templates" / "_names.tpl").read_text("utf-8")
    assert "'system:serviceaccount:${namespace}:${release}-${service}'" in (
        INFRA / "modules" / "identities.bicep"
    ).read_text(encoding="utf-8")


def test_grants_are_for_those_who_exist() -> None:
    services = {*quoted(r"var services = (\[.*\])"), *OTHERS}
    assert {grant["service"] for grants in ACCESS.values() for grant in grants} <= services


def test_who_reads_no_blobs_may_read_none_and_who_has_no_archive_may_see_none() -> None:
    for service, settings_type in GENERATOR.SERVICES.items():
        has_blobs, has_archive = issubclass(settings_type, StorageSettings), issubclass(settings_type, StoreSettings)
        uses_storage = bool(granted("containers", service) or granted("queues", service))
        assert uses_storage == has_blobs, service
        assert bool(granted("archive", service)) == has_archive, service


def test_only_those_write_who_have_something_to_write() -> None:
    writers = {
        (grant["service"], grant["name"])
        for grant in (*ACCESS["containers"], *ACCESS["queues"])
        if "Contributor" in grant["role"]
    }
    assert writers == {
        ("query", "images"),  # links to upload with are signed by it, and allow no more than it may itself
        ("query", "thumbnails"),
        ("query", "models"),
        ("batch", "output"),
        ("events", "dead-events"),
        ("query", "blob-events-poison"),  # dead letters are shown, replayed and dismissed
    }
    archive = {(grant["service"], grant["container"]) for grant in ACCESS["archive"] if grant["writes"]}
    assert archive == {
        ("results", "results"),
        ("results", "shadows"),
        ("query", "results"),
        ("query", "jobs"),
        ("batch", "jobs"),
    }


def test_the_api_only_puts_events_back_into_their_queue() -> None:
    (grant,) = [one for one in ACCESS["queues"] if (one["service"], one["name"]) == ("query", "blob-events")]
    assert grant["role"] == "Storage Queue Data Message Sender"


def test_containers_and_queues_are_those_of_the_settings() -> None:
    images, queue = quoted(r"var imageContainer = ('.*')")[0], quoted(r"var eventQueue = ('.*')")[0]
    assert images == default(QuerySettings, "image_container") == default(IngestionSettings, "image_container")
    assert queue == default(IngestionSettings, "event_queue") == VALUES["settings"]["LOUPE_EVENT_QUEUE"]
    assert quoted(r"var database = ('.*')")[0] == default(StoreSettings, "cosmos_database")
    assert {grant["name"] for grant in ACCESS["containers"]} <= containers()
    assert {grant["name"] for grant in ACCESS["queues"]} == {queue, f"{queue}-poison"}
    archive = (INFRA / "modules" / "archive.bicep").read_text(encoding="utf-8")
    assert f"id: '{default(StoreSettings, 'cosmos_container')}'" in archive
    assert {grant["container"] for grant in ACCESS["archive"]} == set(
        re.findall(r"^ +id: '(\w+)'", archive, re.MULTILINE)
    )


def test_the_services_know_every_container_that_is_made() -> None:
    by_default = {default(QuerySettings, "image_container"), default(QuerySettings, "thumbnail_container")}
    given = re.findall(r"^    LOUPE_\w+_CONTAINER: (\w+)$", MAIN, re.MULTILINE)
    events = {VARIABLES["deadEvents"]}  # which Event Grid writes, and nobody of Loupe reads
    assert containers() == by_default | events | {VARIABLES[name] for name in given}


def test_values_that_are_given_out_are_the_chart_s() -> None:
    given = MAIN[MAIN.index("output values object") :]
    settings = re.findall(r"^    (LOUPE_\w+):", given, re.MULTILINE)
    assert set(settings) == VALUES["settings"].keys() - {"LOUPE_RESULTS_STORE"}
    assert "registry" in VALUES["image"]
    assert "address" in VALUES["broker"]
    assert set(re.findall(r"^  (\w+): \{", given, re.MULTILINE)) == {"image", "settings", "identity", "broker"}


def test_nodes_have_the_taints_that_the_chart_s_workers_accept() -> None:
    pools = (INFRA / "modules" / "pools.bicep").read_text(encoding="utf-8")
    spot = yaml.safe_load((CHART / "overlays" / "values-prod-spot.yaml").read_text(encoding="utf-8"))["backfill"]
    for taint in (*VALUES["inference"]["gpu"]["tolerations"], *spot["tolerations"]):
        assert f"'{taint['key']}={taint['value']}:{taint['effect']}'" in pools


def test_empty_nodes_are_kept_as_long_as_it_was_simulated() -> None:
    minutes = re.search(
        r"'scale-down-unneeded-time': '(\d+)m'", (INFRA / "modules" / "cluster.bicep").read_text("utf-8")
    )
    assert minutes
    assert {kind.idle_s for kind in KINDS.values()} == {60 * int(minutes[1])}


def test_the_archive_is_made_as_the_code_wants_it() -> None:
    archive = (INFRA / "modules" / "archive.bicep").read_text(encoding="utf-8")
    for name in ("results", "jobs", "shadows"):
        document = json.loads((INFRA / "cosmos" / f"{name}.json").read_text(encoding="utf-8"))
        assert f"loadJsonContent('../cosmos/{name}.json')" in archive
        assert set(re.findall(rf"\b{name}\.([a-zA-Z]+)", archive)) - {"json"} == document.keys() - {"comment"}


def test_the_template_has_what_the_page_s_commands_ask_for() -> None:
    page = (ROOT / "docs" / "deploy-azure.md").read_text(encoding="utf-8")
    declared = {
        kind: {one.name for one in read(INFRA / "main.bicep") if one.kind == kind} for kind in ("output", "parameter")
    }
    asked = set(re.findall(r"^output (\w+)|\$\(output (\w+)\)", page, re.MULTILINE))
    assert {name for pair in asked for name in pair if name} == declared["output"]
    assert (
        set(re.findall(r"\b([a-z]+[A-Za-z]*)=", "\n".join(re.findall(r"--parameters (.*)", page))))
        <= declared["parameter"]
    )
