"""A process of the reconciler, from its settings."""

import math
from pathlib import Path

import pytest

from loupe_local.ports import free_port
from loupe_reconciler.bootstrap import EX_TEMPFAIL, sweep_once
from loupe_reconciler.settings import ReconcilerSettings
from loupe_shared.telemetry.metrics import CATALOG


def test_a_process_that_could_end_no_sweep_claims_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("LOUPE_BROKER_URL", f"redis://{nobody}/0")
    monkeypatch.setenv("LOUPE_STORAGE_ACCOUNT", "stloupeimages")
    monkeypatch.setenv("LOUPE_BLOB_ENDPOINT", f"http://{nobody}/stloupeimages")
    monkeypatch.setenv("LOUPE_STORAGE_KEY", "a2V5")
    monkeypatch.setenv("LOUPE_SQLITE_PATH", str(tmp_path / "results.sqlite"))
    assert sweep_once(ReconcilerSettings.load()) == EX_TEMPFAIL
    (ended,) = CATALOG["loupe_sweep_ended_timestamp_seconds"].collector.collect()
    assert [math.isnan(sample.value) for sample in ended.samples] == [True]
