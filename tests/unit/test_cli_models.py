"""Models from the command line, over the application with a registry in real storage."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from azure.storage.blob import ContainerClient

from loupe_cli.commands.models import COMMANDS
from loupe_client import Conflict, Loupe, StrangeAnswer, UploadFailed
from loupe_query.models.examples import REGISTRATION
from loupe_query.models.registering import Place
from loupe_query.pictures.azure_links import AzureLinks
from loupe_shared.adapters.blob_registry import BlobRegistry
from loupe_shared.adapters.blob_service import connect
from loupe_shared.bundle import MODEL_FILE
from loupe_shared.settings import StorageSettings
from tests.apps import archive
from tests.commands import loupe, said, shown
from tests.manifests import metrics, quantized, write_bundle
from tests.unit.test_client import serving

WHY = ("--why", "it is better")


class Served:
    """An API, and what lies behind it."""

    def __init__(self, url: str, registry: BlobRegistry, container: ContainerClient) -> None:
        self.url = url
        self.registry = registry
        self.container = container


@pytest.fixture
def served(storage_settings: StorageSettings, unused_port: int) -> Iterator[Served]:
    """An API that is open, with an empty registry."""
    with closing(connect(storage_settings)) as service:
        container = service.create_container(f"models-{uuid.uuid4().hex}")
        registry = BlobRegistry(service, container.container_name)
        links = AzureLinks(storage_settings, service)
        over = archive(registry=registry, intake=Place(registry, container.container_name), links=links)
        with serving(over, unused_port) as url:
            yield Served(url, registry, container)


@pytest.fixture
def url(served: Served, tmp_path: Path) -> str:
    """An API whose registry has three versions, the last of which is worse."""
    for version, accuracy in ((1, 0.9), (2, 0.912), (3, 0.5)):
        quantization = quantized() if version == 2 else None
        bundle = write_bundle(
            tmp_path / f"made{version}", version, metrics=metrics(accuracy), quantization=quantization
        )
        served.registry.register(bundle)
    return served.url


def test_a_bundle_is_registered(served: Served, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "ü bundle", 7)
    for _ in range(2):
        done = loupe("models", "register", str(bundle.folder), url=served.url)
        assert (done.exit_code, done.stdout) == (0, "cells:7\n"), done.stderr
        assert done.stderr == "loupe: registered: `loupe models promote cells 7 --why …` lets it answer\n"
    assert served.registry.fetch("cells", 7, tmp_path / "fetched").manifest == bundle.manifest
    as_json = json.loads(shown_json("models", "register", str(bundle.folder), url=served.url))
    assert (as_json["version"], as_json["is_registered"]) == (7, True)


def shown_json(*arguments: str, url: str) -> str:
    """What a command shows as JSON."""
    return shown(*arguments, "--json", url=url)


def test_registering_goes_on_where_it_broke_off(served: Served, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "made")
    (bundle.folder / MODEL_FILE).rename(tmp_path / "away")
    assert "the bundle cannot be read: No such file" in said(
        2, "models", "register", str(bundle.folder), url=served.url
    )
    assert loupe("models", "list", url=served.url).stderr == "loupe: no model is registered (yet)\n"
    (tmp_path / "away").rename(bundle.folder / MODEL_FILE)
    assert loupe("models", "register", str(bundle.folder), url=served.url).exit_code == 0
    assert [one.version for one in served.registry.versions("cells")] == [1]


def test_a_version_that_is_there_already(url: str, tmp_path: Path) -> None:
    other = write_bundle(tmp_path / "other", 1, graph=b"another")
    says = said(1, "models", "register", str(other.folder), url=url)
    assert "version 1 of cells is registered already" in says


def test_a_file_that_is_not_what_the_manifest_says(served: Served, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "made")
    (bundle.folder / MODEL_FILE).write_bytes(b"altered")
    with Loupe(served.url) as client, pytest.raises(Conflict, match=r"with another model\.onnx"):
        client.register(bundle.folder)
    assert served.registry.names() == []


def test_a_folder_that_is_no_bundle(served: Served, tmp_path: Path) -> None:
    assert "manifest.json" in said(2, "models", "register", str(tmp_path), url=served.url)
    (tmp_path / "manifest.json").write_text("{}")
    assert "body.schema_version" in said(2, "models", "register", str(tmp_path), url=served.url)
    (tmp_path / "manifest.json").write_text("{")
    assert "the API does not take that" in said(2, "models", "register", str(tmp_path), url=served.url)
    assert "does not exist" in loupe("models", "register", str(tmp_path / "nowhere")).stderr


def test_storage_that_takes_no_files(storage_settings: StorageSettings, unused_port: int, tmp_path: Path) -> None:
    with closing(connect(storage_settings)) as service:
        container = service.create_container(f"models-{uuid.uuid4().hex}")
        registry = BlobRegistry(service, container.container_name)
        # Links lead to a container that there is not.
        over = archive(
            registry=registry, intake=Place(registry, "missing"), links=AzureLinks(storage_settings, service)
        )
        with serving(over, unused_port) as url, Loupe(url, retries=0) as client, pytest.raises(UploadFailed):
            client.register(write_bundle(tmp_path / "made").folder)


def test_files_that_vanish_on_their_way(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "made").folder

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=REGISTRATION if request.url.host == "api" else None)

    with (
        Loupe("http://api", transport=httpx2.MockTransport(answer)) as client,
        pytest.raises(StrangeAnswer, match="are not there"),
    ):
        client.register(folder)


@pytest.mark.parametrize("file", ["../../secret", "/etc/passwd", "a/b"])
def test_no_file_outside_of_the_folder_is_sent(tmp_path: Path, file: str) -> None:
    folder = write_bundle(tmp_path / "made").folder
    uploads = [{"file": file, "url": "https://elsewhere/"}]

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "api"
        return httpx2.Response(200, json=REGISTRATION | {"uploads": uploads})

    with Loupe("http://api", transport=httpx2.MockTransport(answer)) as client, pytest.raises(StrangeAnswer):
        client.register(folder)


def test_lists_and_one_in_full(url: str) -> None:
    assert shown("models", "list", url=url).splitlines()[1].split() == ["cells", "3", "-", "-", "-", "-"]
    assert "no version was promoted yet" in shown("models", "show", "cells", url=url)
    shown("models", "promote", "cells", "1", *WHY, url=url)
    shown("models", "canary", "cells", "2", "5%", *WHY, url=url)
    row = shown("models", "list", url=url).splitlines()[1].split()
    assert row[:6] == ["cells", "3", "1", "2", "(5.0", "%)"]
    assert json.loads(shown_json("models", "list", url=url))["release"]["serving"] == 1
    page = shown("models", "show", "cells", url=url)
    lines = [line.split() for line in page.splitlines()]
    assert page.startswith("cells: version 1 serves, 2 answers for 5.0 %\n")
    assert ["2", "2", "91.2", "%", "90.0", "%", "95.0", "%", "canary,", "5.0", "%", "MIT"] in lines
    assert ["1", "2", "90.0", "%", "90.0", "%", "-", "serves", "MIT"] in lines
    assert "3: its accuracy is 50.0%, and 90.0% that of the version that serves" in page
    assert "version 2 answers for 5.00% of the images  it is better" in page
    assert [one["version"] for one in json.loads(shown_json("models", "show", "cells", url=url))["versions"]] == [
        3,
        2,
        1,
    ]


def test_releasing(url: str) -> None:
    for arguments, line in (
        (("promote", "cells", "1"), "cells: version 1 serves\n"),
        (("canary", "cells", "2", "0.5"), "cells: version 1 serves, 2 answers for 50.0 %\n"),
        (("shadow", "cells", "3"), "cells: version 1 serves, 2 answers for 50.0 %, looking on: 3\n"),
        (("canary", "cells", "2", "0"), "cells: version 1 serves, looking on: 3\n"),
        (("shadow", "cells"), "cells: version 1 serves\n"),
        (("promote", "cells", "2"), "cells: version 2 serves\n"),
        (("rollback", "cells"), "cells: version 1 serves\n"),
    ):
        assert shown("models", *arguments, *WHY, url=url) == line
    assert "no version before it" in said(1, "models", "rollback", "cells", *WHY, url=url)
    assert json.loads(shown_json("models", "promote", "cells", "2", *WHY, url=url))["previous"] == 1


def test_what_speaks_against_a_version(url: str) -> None:
    shown("models", "promote", "cells", "1", *WHY, url=url)
    assert "its accuracy is 50.0%" in said(1, "models", "promote", "cells", "3", *WHY, url=url)
    assert "its accuracy is 50.0%" in said(1, "models", "canary", "cells", "3", "1%", *WHY, url=url)
    assert shown("models", "promote", "cells", "3", "--force", *WHY, url=url) == "cells: version 3 serves\n"


def test_accuracies_of_different_test_sets_are_said_not_to_be_comparable(
    served: Served, url: str, tmp_path: Path
) -> None:
    served.registry.register(write_bundle(tmp_path / "made4", 4, metrics=metrics(0.5, test_set="b")))
    shown("models", "promote", "cells", "1", *WHY, url=url)
    says = "4: its accuracy is of another test set than that of the version that serves, so they are not comparable"
    page = shown("models", "show", "cells", url=url)
    assert says in page
    assert "2: its accuracy is of another" not in page
    shown("models", "promote", "cells", "4", *WHY, url=url)
    assert "their accuracies are not comparable" in shown("models", "show", "cells", "--json", url=url)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("promote", "cells", "1"), "--why"),
        (("promote", "cells", "0", *WHY), "greater than or equal to 1"),
        (("canary", "cells", "1", "100%", *WHY), "is no part of the pictures"),
        (("canary", "cells", "1", "-1%", *WHY), "No such option"),
        (("canary", "cells", "1", "much", *WHY), "is no part of the pictures"),
        (("shadow", "cells", "two", *WHY), "a valid integer"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], says: str) -> None:
    done = loupe("models", *arguments)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_model_that_there_is_not(url: str) -> None:
    assert said(1, "models", "show", "boards", url=url) == "loupe: there is no model boards\n"
    assert said(1, "models", "promote", "cells", "9", *WHY, url=url) == "loupe: there is no version 9 of cells\n"
    assert "path.name" in said(2, "models", "show", "Cells", url=url)
    assert said(1, "models", "show", "../jobs", url=url) == "loupe: Not Found\n"


def test_an_api_that_does_not_answer(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "made").folder
    options = {
        "list": (),
        "show": ("cells",),
        "register": (str(folder),),
        "canary": ("cells", "1", "5%", *WHY),
        "promote": ("cells", "1", *WHY),
        "shadow": ("cells", "1", *WHY),
        "compare": ("cells", "1"),
        "rollback": ("cells", *WHY),
    }
    for command, *_ in COMMANDS:
        assert "does not answer" in said(3, "models", command, *options[command])


def test_help_has_an_example_of_every_command() -> None:
    page = loupe("models", "--help").stdout
    for command, *_ in COMMANDS:
        assert f" {command} " in page
        assert f"$ loupe models {command}" in loupe("models", command, "--help").stdout.replace("\n", " ")
