"""Whether Azure knows every property that the templates set: ``make infra-check``.

The names are those of the models in Azure's own management libraries, which are made from the descriptions of its API.
Values are not looked at. A library has one version of the API, which may be another than the one that a template names.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from infra.checks.bicep import Declaration, Value, read

TEMPLATES = Path(__file__).parent.parent
# What Bicep has beside Azure's own properties.
BICEPS_OWN = {"name", "parent", "scope", "dependsOn"}

# Library and model of each type of resource.
MODELS = {
    "Microsoft.Authorization/roleAssignments": ("authorization", "RoleAssignmentCreateParameters"),
    "Microsoft.Cache/redisEnterprise": ("redisenterprise", "Cluster"),
    "Microsoft.Cache/redisEnterprise/databases": ("redisenterprise", "Database"),
    "Microsoft.ContainerRegistry/registries": ("containerregistry", "Registry"),
    "Microsoft.ContainerService/managedClusters": ("containerservice", "ManagedCluster"),
    "Microsoft.ContainerService/managedClusters/agentPools": ("containerservice", "AgentPool"),
    "Microsoft.DocumentDB/databaseAccounts": ("cosmosdb", "DatabaseAccountCreateUpdateParameters"),
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases": ("cosmosdb", "SqlDatabaseCreateUpdateParameters"),
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers": ("cosmosdb", "SqlContainerCreateUpdateParameters"),
    "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments": ("cosmosdb", "SqlRoleAssignmentCreateUpdateParameters"),
    "Microsoft.EventGrid/systemTopics": ("eventgrid", "SystemTopic"),
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": ("eventgrid", "EventSubscription"),
    "Microsoft.Insights/dataCollectionEndpoints": ("monitor", "DataCollectionEndpointResource"),
    "Microsoft.Insights/dataCollectionRuleAssociations": ("monitor", "DataCollectionRuleAssociationProxyOnlyResource"),
    "Microsoft.Insights/dataCollectionRules": ("monitor", "DataCollectionRuleResource"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": ("msi", "Identity"),
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": (
        "msi",
        "FederatedIdentityCredential",
    ),
    "Microsoft.Monitor/accounts": ("monitor", "AzureMonitorWorkspaceResource"),
    "Microsoft.Network/privateDnsZones": ("privatedns", "PrivateZone"),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": ("privatedns", "VirtualNetworkLink"),
    "Microsoft.Network/privateEndpoints": ("network", "PrivateEndpoint"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": ("network", "PrivateDnsZoneGroup"),
    "Microsoft.Network/virtualNetworks": ("network", "VirtualNetwork"),
    "Microsoft.OperationalInsights/workspaces": ("loganalytics", "Workspace"),
    "Microsoft.Storage/storageAccounts": ("storage", "StorageAccountCreateParameters"),
    "Microsoft.Storage/storageAccounts/blobServices": ("storage", "BlobServiceProperties"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": ("storage", "BlobContainer"),
    "Microsoft.Storage/storageAccounts/managementPolicies": ("storage", "ManagementPolicy"),
}
# No library has a model of these.
UNKNOWN = {
    "Microsoft.Insights/diagnosticSettings",
    "Microsoft.Storage/storageAccounts/queueServices",
    "Microsoft.Storage/storageAccounts/queueServices/queues",
}

# A model, or the part of one whose properties lie deeper in the document than in the model: type by name.
Known: TypeAlias = "type[Any] | dict[str, Known | str]"


def main() -> None:
    """Say which properties nobody knows. The exit code is 1 if there are any."""
    checked, wrong = 0, 0
    for path in sorted(TEMPLATES.rglob("*.bicep")):
        for declaration in read(path):
            if declaration.kind != "resource" or declaration.is_existing:
                continue
            checked += 1
            for unknown in unknown_properties(declaration):
                wrong += 1
                print(f"{path.relative_to(TEMPLATES)}: {declaration.name} has no property {unknown}")
    print(f"{checked} resources: {wrong} properties are not known")
    sys.exit(wrong > 0)


def unknown_properties(resource: Declaration) -> Iterator[str]:
    """The properties of a resource that its model does not have."""
    of = resource.of.split("@")[0]
    if of in UNKNOWN or not isinstance(resource.value, dict):
        return
    library, name = MODELS[of]
    models = import_module(f"azure.mgmt.{library}.models")
    body = {key: value for key, value in resource.value.items() if key not in BICEPS_OWN}
    yield from _unknown(body, getattr(models, name), models, "")


def _unknown(value: Value, known: Known, models: ModuleType, where: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _unknown(one, known, models, where)
    if not isinstance(value, dict):
        return
    names: dict[str, Any] = known if isinstance(known, dict) else _properties(known)
    for key, inner in value.items():
        place = f"{where}.{key}".removeprefix(".")
        if key not in names:
            yield place
            continue
        kind = names[key]
        if isinstance(kind, str) and re.search(r"^\{|\bdict\[|\bDict\[", kind) and isinstance(inner, dict):
            inner = [*inner.values()]  # whose keys are anybody's  # noqa: PLW2901
        model = kind if isinstance(kind, dict) else _model(kind, models)
        if model is not None:
            yield from _unknown(inner, model, models, place)


def _properties(model: type[Any]) -> dict[str, Any]:
    """Names and types of a model's properties, and of all kinds of it."""
    merged: dict[str, Any] = {}
    for kind in (model, *_kinds(model)):
        _merge(merged, _own_properties(kind))
    return merged


def _own_properties(model: type[Any]) -> dict[str, Any]:
    """There are two generations of libraries: one says it in a map, one in fields."""
    if hasattr(model, "_attribute_map"):
        found: dict[str, Any] = {}
        for entry in model._attribute_map.values():  # noqa: SLF001
            *above, name = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", entry["key"])]
            place = found
            for part in above:
                place = place.setdefault(part, {})
            place[name] = entry["type"]
        return found
    return {
        field._rest_name_input or name: str(base.__annotations__[name])  # noqa: SLF001
        for base in reversed(model.__mro__)
        for name, field in vars(base).items()
        if hasattr(field, "_rest_name_input")
    }


def _model(kind: str, models: ModuleType) -> type[Any] | None:
    """The model that a type speaks of, if it is one."""
    for name in reversed(re.findall(r"[A-Za-z_]\w+", kind)):
        found = getattr(models, name, None)
        if isinstance(found, type) and _own_properties(found):
            return found
    return None


def _kinds(model: type[Any]) -> Iterator[type[Any]]:
    for kind in model.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into.setdefault(name, value)


if __name__ == "__main__":
    main()
