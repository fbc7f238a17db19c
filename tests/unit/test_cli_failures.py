"""Mistakes and outages, as a person meets them: one sentence that says what to do, and a code."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from loupe_cli import __main__ as program
from loupe_cli.app import app
from loupe_cli.filters import OutcomeName, ReasonName
from loupe_query.access.keys import hash_key, new_key
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.domain import Outcome, Reason
from tests.apps import archive
from tests.commands import loupe, said, shown
from tests.factories import ROOT, SAMPLES, result
from tests.unit.test_client import AwayStore, serving

COMMANDS = sorted(str(command.callback.__name__) for command in app.registered_commands if command.callback)
ASKING = (
    *("results", "counts", "pipeline", "drift", "watch", "doctor", "show a.jpg", "trace a.jpg", "similar a.jpg"),
    *("export never.csv", "review a.jpg cat", "upload samples", "upload samples --again"),
)


@pytest.mark.parametrize("command", ASKING)
def test_an_api_that_does_not_answer(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    sentence = said(3, *command.split())
    assert sentence.startswith("loupe: http://127.0.0.1:1 does not answer (")
    assert "LOUPE_URL" in sentence
    assert not Path("never.csv").exists()


@pytest.mark.parametrize("command", ["show", "trace", "similar"])
def test_an_image_that_there_is_not(command: str, unused_port: int) -> None:
    with serving(archive(), unused_port) as url:
        done = loupe(command, "nowhere.jpg", url=url)
    assert done.exit_code == 1
    assert "nowhere.jpg" in done.output


def test_an_image_without_a_name() -> None:
    done = loupe("show", "images/")
    assert (done.exit_code, "names no image" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("results --min-score 2", "less than or equal to 1"),
        ("results --since yesterday", "such as 30m, 2h or 7d"),
        ("results --until 99999999999d", "such as 30m, 2h or 7d"),
        ("results --sort size", "size"),
        ("results --outcome lost", "lost"),
        ("--url localhost:8080 counts", "such as http://127.0.0.1:8080"),
        ("--url http://[ counts", "such as http://127.0.0.1:8080"),
        ("--url http://host:99999 counts", "such as http://127.0.0.1:8080"),
        ("--url http://loupe..example.org counts", "such as http://127.0.0.1:8080"),
        ("upload /never/was", "does not exist"),
        ("sing", "sing"),
    ],
)
def test_mistakes(arguments: str, says: str) -> None:
    done = loupe(*arguments.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_an_address_that_can_be_none() -> None:
    assert "is no address" in said(3, "counts", url="http://\u2603.example")


def test_who_asks(unused_port: int, tmp_path: Path) -> None:
    key, file = new_key(), tmp_path / "key"
    file.write_text(f"{key}\n")
    (tmp_path / "keys.json").write_text(json.dumps([{"name": "a", "sha256": hash_key(key), "scopes": ["read"]}]))
    store = MemoryStore()
    store.write([result("1.jpg")])
    with serving(archive(store), unused_port, api_keys_file=tmp_path / "keys.json") as url:
        assert "pass a key with LOUPE_KEY or --key-file" in said(1, "counts", url=url)
        assert "a lacks the scope review: ask who runs Loupe" in said(1, "review", "1.jpg", "x", url=url, LOUPE_KEY=key)
        for options in ((), ("--again",)):
            assert "lacks the scope review" in said(1, "upload", str(SAMPLES), *options, url=url, LOUPE_KEY=key)
        for given in (["--key", key], ["--key-file", str(file)]):
            assert "1.jpg" in shown(*given, "results", url=url)
        assert loupe("results", url=url, LOUPE_KEY_FILE=str(file)).exit_code == 0


def test_keys_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff")
    assert "cannot be read: it is no text" in said(2, "--key-file", str(file), "counts")
    assert "cannot be read: No such file" in said(2, "--key-file", str(tmp_path / "none"), "counts")
    assert "characters that no key has" in said(2, "--key", "a\nb", "counts")


def test_signing_in_with_entra_id(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--entra needs --scope" in said(2, "--entra", "counts")
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    assert "pip install 'loupe-cli[entra]'" in said(1, "--entra", "--scope", "a/.default", "counts")


class Credential:
    """Knows who one is, or does not."""

    def __init__(self) -> None:
        self.key = os.environ.get("LOUPE_TEST_TOKEN")

    def get_token(self, scope: str) -> AccessToken:
        """A token for the API."""
        assert scope == "a/.default"
        if self.key is None:
            raise ClientAuthenticationError("no credential\nin any of these places")
        return AccessToken(self.key, 0)


def test_a_token_of_entra_id(unused_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_key()  # which the API takes in a token's place
    (tmp_path / "keys.json").write_text(json.dumps([{"name": "a", "sha256": hash_key(key), "scopes": ["read"]}]))
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    asking = ("--entra", "--scope", "a/.default", "counts")
    with serving(archive(), unused_port, api_keys_file=tmp_path / "keys.json") as url:
        assert "run `az login`" in said(1, *asking, url=url)
        assert loupe(*asking, url=url, LOUPE_TEST_TOKEN=key).exit_code == 0


def test_an_api_that_cannot_do_its_work(unused_port: int) -> None:
    with serving(archive(AwayStore()), unused_port) as url:
        done = loupe("doctor", url=url)
    assert done.exit_code == 1
    assert f"bad      {url} answers, but cannot do its work" in done.stdout


def test_without_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "loupe_local", None)
    monkeypatch.delitem(sys.modules, "loupe_local.run", raising=False)
    assert "needs a checkout" in said(1, "up")


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("loupe_client.Loupe.counts", interrupted)
    done = loupe("counts")
    assert (done.exit_code, done.output) == (130, "")


def test_help_has_an_example_of_every_command() -> None:
    assert sorted({*(command.split()[0] for command in ASKING), "up"}) == COMMANDS
    page = loupe("--help").stdout
    for command in COMMANDS:
        assert f" {command} " in page
        if command != "up":  # which is explained by the program that it runs
            assert f"$ loupe {command}" in loupe(command, "--help").stdout


def test_the_version() -> None:
    assert shown("--version", url="http://x").startswith("loupe 0.")


def test_options_have_the_values_of_the_api() -> None:
    assert get_args(OutcomeName) == tuple(Outcome)
    assert get_args(ReasonName) == tuple(Reason)


def test_help_does_not_import_what_it_does_not_need() -> None:
    code = (
        "import sys\n"
        "from loupe_cli.app import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"httpx2", "pydantic", "PIL", "loupe_client", "loupe_shared", "azure"} & set(done.stderr.split())
    assert callable(program.main)
