"""Services that cannot start say why, in one sentence, and exit with a code that says the same."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from loupe_local.azurite import ACCOUNT
from tests.factories import BUNDLE

BROKER = {"LOUPE_BROKER_URL": "redis://127.0.0.1:1/0"}
STORAGE = {"LOUPE_STORAGE_ACCOUNT": ACCOUNT, "LOUPE_BLOB_ENDPOINT": "http://127.0.0.1:1/a", "LOUPE_STORAGE_KEY": "a2V5"}
EX_CONFIG = 78


def start(service: str, **env: str) -> str:
    """What a service says when it does not start."""
    quiet = {"LOUPE_LOG_LEVEL": "WARNING"}
    done = subprocess.run(
        [sys.executable, "-m", f"loupe_{service}"],
        env=os.environ | quiet | env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == EX_CONFIG, done.stderr
    assert done.stderr.startswith(f"{service}: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.parametrize("service", ["ingestion", "inference", "results", "query", "reconciler"])
def test_without_settings(service: str) -> None:
    assert "LOUPE_" in start(service)


def test_a_gpu_worker_without_a_gpu() -> None:
    said = start("inference", **BROKER, **STORAGE, LOUPE_MODEL_BUNDLE=str(BUNDLE), LOUPE_DEVICE="cuda")
    assert "LOUPE_DEVICE is cuda" in said


def test_a_missing_model(tmp_path: Path) -> None:
    said = start("inference", **BROKER, **STORAGE, LOUPE_MODEL_BUNDLE=str(tmp_path))
    assert f"the model bundle {tmp_path} cannot be read" in said


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = start("query", **BROKER, **STORAGE, LOUPE_SQLITE_PATH=str(tmp_path / "r"), LOUPE_PORT=port)
    assert f"LOUPE_PORT: cannot listen on 127.0.0.1:{port}" in said


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    said = start("query", **BROKER, **STORAGE, LOUPE_SQLITE_PATH=str(tmp_path / "file" / "r"))
    assert "cannot be opened" in said


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database" * 100)
    said = start("results", **BROKER, LOUPE_SQLITE_PATH=str(tmp_path / "file"))
    assert "not a database" in said


def test_a_cosmos_account_that_does_not_answer() -> None:
    said = start(
        "query",
        **BROKER,
        **STORAGE,
        LOUPE_RESULTS_STORE="cosmos",
        LOUPE_COSMOS_ENDPOINT="http://127.0.0.1:1",
        LOUPE_COSMOS_KEY="a2V5",
    )
    assert "LOUPE_COSMOS_ENDPOINT: container loupe/results cannot be opened" in said


def test_an_api_for_everyone_on_the_network(tmp_path: Path) -> None:
    said = start("query", **BROKER, **STORAGE, LOUPE_SQLITE_PATH=str(tmp_path / "r"), LOUPE_HOST="0.0.0.0")  # noqa: S104
    assert "LOUPE_API_KEYS_FILE" in said
