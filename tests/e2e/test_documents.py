"""The commands in the documentation do what the documentation says."""

import re
import textwrap
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from loupe_local.azurite import ACCOUNT, KEY
from loupe_local.run import DEFAULT_PORTS
from loupe_local.stack import Stack
from tests.curl import curl
from tests.e2e.conftest import Outcome
from tests.factories import ROOT, SAMPLES

COFFEE, FLOWER = ((SAMPLES / name).read_bytes() for name in ("coffee.png", "flower.jpg"))
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "local.md", ROOT / "docs" / "api.md"]


def blocks(document: Path, language: str) -> list[str]:
    """The blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


def test_uploading_with_python(stack: Stack, outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks(ROOT / "docs" / "local.md", "python")
    azurite = stack.azurite
    address = (
        f"AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={azurite.blob_endpoint};DefaultEndpointsProtocol=http"
    )
    monkeypatch.chdir(ROOT)
    exec(textwrap.dedent(code.replace("UseDevelopmentStorage=true", address)))  # noqa: S102  (the document's own code)
    assert outcome("garden/flower.jpg").label == "daisy"


def test_the_client(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = blocks(ROOT / "docs" / "api.md", "python")
    (tmp_path / "samples").symlink_to(SAMPLES)
    monkeypatch.chdir(tmp_path)
    exec(textwrap.dedent(code.replace("http://127.0.0.1:8080", stack.api)))  # noqa: S102  (the document's own code)
    said = capsys.readouterr().out
    assert said.startswith("daisy 0.")
    assert "never/was.png" in said
    assert (tmp_path / "daisies.csv").stat().st_size > 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_asking_with_curl(
    document: Path,
    stack: Stack,
    container: ContainerClient,
    outcome: Outcome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, picture in (("samples/coffee.png", COFFEE), ("garden/flower.jpg", FLOWER), ("empty.jpg", b"")):
        written = container.get_blob_client(name).upload_blob(picture, overwrite=True)
        outcome(name, written["etag"].strip('"'))
    commands = [line for block in blocks(document, "sh") for line in block.splitlines() if line.startswith("curl ")]
    assert commands
    monkeypatch.chdir(ROOT)
    for command in commands:
        response = curl(command, stack.api, tmp_path)
        assert response.is_success, f"{command}: {response.status_code}"
        if response.is_closed and response.headers["content-type"] == "application/json":
            found = response.json()
            assert found not in ({"images": [], "next": None}, []), f"{command} finds nothing"


def test_the_emulator_is_where_azure_tools_look_for_it() -> None:
    """UseDevelopmentStorage=true means these ports."""
    service = BlobServiceClient.from_connection_string("UseDevelopmentStorage=true")
    assert urlsplit(service.url).port == DEFAULT_PORTS["blob"]
    assert DEFAULT_PORTS["queue"] == DEFAULT_PORTS["blob"] + 1


def test_the_documentation_of_the_api_loads(stack: Stack) -> None:
    assert httpx2.get(f"{stack.api}/docs").is_success
