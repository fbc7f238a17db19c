"""What the chart says of a pod, as options of ``docker run``.

A field that is not known here is an error, unless it says where pods run and not how: nothing that the chart asks for
may be left out unnoticed.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Secrets = Mapping[str, Mapping[str, str]]

UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}

# Who schedules, pulls, names and adds up. None of it changes what runs inside.
SCHEDULING = {
    "serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "topologySpreadConstraints",
    "priorityClassName", "nodeSelector", "tolerations", "restartPolicy", "imagePullSecrets",
}  # fmt: skip
POD = SCHEDULING | {
    "containers", "initContainers", "volumes", "securityContext", "terminationGracePeriodSeconds",
}  # fmt: skip
CONTAINER = {
    "name", "image", "imagePullPolicy", "command", "args", "env", "resources", "securityContext", "volumeMounts",
    "ports", "startupProbe", "livenessProbe", "readinessProbe", "lifecycle",
}  # fmt: skip


class Unknown(ValueError):
    """The chart asks for something that is not understood here."""


@dataclass(frozen=True)
class Pod:
    """A pod of the chart.

    Attributes:
        name: of the Deployment, or of the pod.
        spec: of the pod.
        labels: of the pod.
    """

    name: str
    spec: Document
    labels: Mapping[str, str]

    @property
    def container(self) -> Document:
        """The only container."""
        (found,) = self.spec["containers"]
        return dict(found)

    @property
    def grace_s(self) -> int:
        """Seconds that it has to end."""
        return int(self.spec.get("terminationGracePeriodSeconds", 30))


def pods(documents: Iterable[Document]) -> dict[str, Pod]:
    """The pods of Deployments, and those that stand alone, by name."""
    found: dict[str, Pod] = {}
    for document in documents:
        name = document["metadata"]["name"]
        if document["kind"] == "Deployment":
            template = document["spec"]["template"]
            found[name] = Pod(name, template["spec"], template["metadata"]["labels"])
        elif document["kind"] == "Pod":
            found[name] = Pod(name, document["spec"], document["metadata"].get("labels", {}))
    for pod in found.values():
        _refuse_unknown(pod.spec, POD, pod.name)
    return found


def services(documents: Iterable[Document], pod: Pod) -> dict[str, list[tuple[int, int]]]:
    """The names by which a pod is reached, each with pairs of port and port of the pod."""
    named = {port["name"]: port["containerPort"] for port in pod.container.get("ports", ())}
    return {
        document["metadata"]["name"]: [
            (port["port"], named.get(port["targetPort"], port["targetPort"])) for port in document["spec"]["ports"]
        ]
        for document in documents
        if document["kind"] == "Service" and document["spec"]["selector"].items() <= pod.labels.items()
    }


def files(volume: Document, documents: Iterable[Document], secrets: Secrets) -> dict[str, bytes]:
    """The files of a volume that a Secret or a ConfigMap fills."""
    if "secret" in volume:
        content = {key: value.encode() for key, value in secrets[volume["secret"]["secretName"]].items()}
        items = volume["secret"].get("items", [{"key": key, "path": key} for key in content])
        return {item["path"]: content[item["key"]] for item in items}
    name = volume["configMap"]["name"]
    (found,) = (d for d in documents if d["kind"] == "ConfigMap" and d["metadata"]["name"] == name)
    text = {key: value.encode() for key, value in found.get("data", {}).items()}
    return text | {key: base64.b64decode(value) for key, value in found.get("binaryData", {}).items()}


def options(pod: Pod, container: Document, secrets: Secrets) -> list[str]:
    """Security, limits and environment of a container. Volumes and network are for who runs it.

    Args:
        pod: that the container is in.
        container: of the pod.
        secrets: values by key, by the names of Secrets.

    Raises:
        Unknown: it has a field that is not known here.
    """
    _refuse_unknown(container, CONTAINER, f"{pod.name}/{container['name']}")
    return [
        *_security(pod.spec.get("securityContext", {}), container.get("securityContext", {})),
        *_limits(container.get("resources", {}).get("limits", {})),
        *(option for variable in container.get("env", ()) for option in ("--env", _variable(variable, secrets))),
        *(("--entrypoint", container["command"][0]) if "command" in container else ()),
    ]


def arguments(container: Document) -> list[str]:
    """What follows the image: the command but its first word, which is the entry point, and the arguments."""
    return [*container.get("command", ())[1:], *container.get("args", ())]


def size(quantity: object) -> int:
    """Bytes of a quantity, such as 512Mi."""
    text = str(quantity)
    unit = UNITS.get(text[-2:])
    return int(text[:-2]) * unit if unit else int(text)


def _security(pod: Document, container: Document) -> Iterable[str]:
    context = pod | container
    known = {
        "runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup", "fsGroupChangePolicy", "seccompProfile",
        "allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities",
    }  # fmt: skip
    _refuse_unknown(context, known, "securityContext")
    if context.get("runAsNonRoot") and context.get("runAsUser", 0) == 0:
        raise Unknown("securityContext: runAsNonRoot without a runAsUser")
    # Docker's own profile is in force unless it is told otherwise.
    if context.get("seccompProfile", {"type": "RuntimeDefault"})["type"] != "RuntimeDefault":
        raise Unknown("securityContext: a seccompProfile other than RuntimeDefault")
    if "runAsUser" in context:
        yield from ("--user", f"{context['runAsUser']}:{context.get('runAsGroup', context['runAsUser'])}")
    if "fsGroup" in context:
        yield from ("--group-add", str(context["fsGroup"]))
    if context.get("readOnlyRootFilesystem"):
        yield "--read-only"
    if not context.get("allowPrivilegeEscalation", True):
        yield from ("--security-opt", "no-new-privileges")
    for capability in context.get("capabilities", {}).get("drop", ()):
        yield from ("--cap-drop", capability)


def _limits(limits: Document) -> Iterable[str]:
    _refuse_unknown(limits, {"cpu", "memory"}, "resources.limits")
    if "cpu" in limits:
        cpu = str(limits["cpu"])
        yield from ("--cpus", str(int(cpu[:-1]) / 1000) if cpu.endswith("m") else cpu)
    if "memory" in limits:
        yield from ("--memory", str(size(limits["memory"])))


def _variable(variable: Document, secrets: Secrets) -> str:
    if "value" in variable:
        return f"{variable['name']}={variable['value']}"
    reference = variable["valueFrom"]["secretKeyRef"]
    return f"{variable['name']}={secrets[reference['name']][reference['key']]}"


def _refuse_unknown(given: Document, known: set[str], where: str) -> None:
    unknown = given.keys() - known
    if unknown:
        raise Unknown(f"{where}: {', '.join(sorted(unknown))}")
