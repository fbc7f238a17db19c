"""skaffold.yaml has the form of its schema, as far as it is used, and builds what the chart runs."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from bench.scaling.chart import values
from tests.factories import ROOT

CHART = ROOT / "charts" / "loupe"
FILE: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))


class Closed(BaseModel):
    """A part of https://skaffold.dev/docs/references/yaml/ (v4beta13): those fields of it that the file uses."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Docker(Closed):
    """DockerArtifact."""

    dockerfile: str
    buildArgs: dict[str, str]  # noqa: N815


class Dependencies(Closed):
    """CustomDependencies."""

    paths: list[str]


class Custom(Closed):
    """CustomArtifact."""

    buildCommand: str  # noqa: N815
    dependencies: Dependencies


class HostHook(Closed):
    """HostHook."""

    command: list[str]


class BuildHooks(Closed):
    """BuildHooks."""

    before: list[HostHook]


class Artifact(Closed):
    """Artifact."""

    image: str
    docker: Docker | None = None
    custom: Custom | None = None
    hooks: BuildHooks | None = None


class LocalBuild(Closed):
    """LocalBuild."""

    push: bool
    useBuildkit: bool  # noqa: N815


class Build(Closed):
    """BuildConfig."""

    artifacts: list[Artifact] = Field(min_length=1)
    tagPolicy: dict[Literal["gitCommit"], dict[str, str]] | None = None  # noqa: N815
    local: LocalBuild | None = None


class Release(Closed):
    """HelmRelease."""

    name: str
    chartPath: str  # noqa: N815
    namespace: str
    createNamespace: bool  # noqa: N815
    wait: bool
    valuesFiles: list[str]  # noqa: N815
    setValueTemplates: dict[str, str]  # noqa: N815


class Helm(Closed):
    """LegacyHelmDeploy."""

    releases: list[Release]


class Deploy(Closed):
    """DeployConfig."""

    helm: Helm


class PortForward(Closed):
    """PortForwardResource."""

    resourceType: Literal["service"]  # noqa: N815
    resourceName: str  # noqa: N815
    namespace: str
    port: int
    localPort: int  # noqa: N815


class Patch(Closed):
    """JSONPatch."""

    op: Literal["replace"]
    path: str
    value: object


class Profile(Closed):
    """Profile."""

    name: str
    patches: list[Patch] = []
    build: Build | None = None


class Metadata(Closed):
    """Metadata."""

    name: str


class Config(Closed):
    """SkaffoldConfig."""

    apiVersion: Literal["skaffold/v4beta13"]  # noqa: N815
    kind: Literal["Config"]
    metadata: Metadata
    build: Build
    deploy: Deploy
    portForward: list[PortForward]  # noqa: N815
    profiles: list[Profile]


def activated(*profiles: str) -> Config:
    """The file as it is with some profiles: what is patched must be there, as JSON Patch has it."""
    document = yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))
    for profile in (one for one in FILE["profiles"] if one["name"] in profiles):
        document["build"] |= profile.get("build", {})
        for patch in profile.get("patches", []):
            *above, last = patch["path"].strip("/").split("/")
            place = document
            for part in above:
                place = place[int(part) if isinstance(place, list) else part]
            assert last in place, patch["path"]
            place[last] = patch["value"]
    return Config.model_validate(document)


def images_of(chart_values: dict[str, Any]) -> dict[str, str]:
    """The image of each part of the chart that is not switched off."""
    on = {part: value for part, value in chart_values.items() if isinstance(value, dict) and value.get("enabled", True)}
    found = {part: value["image"]["repository"] for part, value in on.items() if "repository" in image(value)}
    return found | {"model": chart_values["model"]["image"]["repository"]}


def image(value: dict[str, Any]) -> dict[str, Any]:
    """The image of a part, if it has one."""
    found = value.get("image", {})
    return found if isinstance(found, dict) else {}


@pytest.mark.parametrize(
    ("profiles", "overlay"),
    [((), "cpu"), (("dev",), "cpu"), (("gpu",), "gpu"), (("acr",), "cpu"), (("dev", "acr"), "cpu")],
)
def test_every_image_of_the_chart_is_built_and_given_to_it(profiles: Sequence[str], overlay: str) -> None:
    config = activated(*profiles)
    wanted = images_of(values(overlay))
    assert {artifact.image for artifact in config.build.artifacts} == set(wanted.values())
    given = config.deploy.helm.releases[0].setValueTemplates
    expected = {
        f"{part}.image.{name}": f"{{{{.IMAGE_{kind}_{repository.replace('/', '_').replace('-', '_')}}}}}"
        for part, repository in wanted.items()
        for name, kind in (("repository", "REPO"), ("tag", "TAG"), ("digest", "DIGEST"))
    }
    assert given == expected


@pytest.mark.parametrize("profile", [None, *(one["name"] for one in FILE["profiles"])])
def test_files_that_are_named_exist(profile: str | None) -> None:
    config = activated(*([profile] if profile else []))
    release = config.deploy.helm.releases[0]
    own = {"ours.yaml"}  # of the installation
    named = {
        release.chartPath,
        *release.valuesFiles,
        *(a.docker.dockerfile for a in config.build.artifacts if a.docker),
    }
    named |= {a.custom.buildCommand.split()[0] for a in config.build.artifacts if a.custom}
    assert [name for name in sorted(named - own) if not (ROOT / name).exists()] == []


def test_each_image_is_built_from_the_service_of_its_name() -> None:
    for artifact in (
        *activated().build.artifacts,
        *activated("gpu").build.artifacts,
        *activated("acr").build.artifacts,
    ):
        service = artifact.image.removeprefix("loupe/")
        if artifact.custom:
            assert artifact.custom.buildCommand == f"infra/acr-build.sh {service}"
        elif artifact.docker and service != "model":
            assert artifact.docker.buildArgs["SERVICE"] == service


def test_the_forwarded_port_is_a_service_s_of_the_chart() -> None:
    (forward,) = activated().portForward
    release = activated().deploy.helm.releases[0]
    template = (CHART / "templates" / "query.yaml").read_text(encoding="utf-8")
    assert (forward.resourceName, forward.namespace) == (f"{release.name}-query", release.namespace)
    assert f"port: {forward.port}, targetPort: http" in template


def test_what_is_to_be_built_in_azure_must_have_a_registry_there(tmp_path: Path) -> None:
    build = ROOT / "infra" / "acr-build.sh"
    asked = tmp_path / "asked"
    az = tmp_path / "az"
    az.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {asked}\n')
    az.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin"}
    image_name = "loupeabc.azurecr.io/loupe/query:1a2b3c"
    done = subprocess.run([build, "query"], env=environment | {"IMAGE": image_name}, cwd=tmp_path)
    assert done.returncode == 0
    words = asked.read_text().split()
    assert words[:4] == ["acr", "run", "--registry", "loupeabc"]
    assert {"image=loupe/query:1a2b3c", "file=docker/Dockerfile", "service=query", "version=1a2b3c"} <= set(words)
    refused = subprocess.run(
        [build, "query"], env=environment | {"IMAGE": "loupe/query:1"}, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "--default-repo" in refused.stderr
