"""The notebook does what it says, and shows what it was committed with."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.factories import ROOT

NOTEBOOK = ROOT / "notebooks" / "transfer_learning.ipynb"
COMMITTED: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Its cells with code."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def structure(notebook: dict[str, Any]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Of each cell the text, and of what kinds its outputs are."""
    return [
        (
            "".join(cell["source"]),
            [(one["output_type"], sorted(one.get("data", {}))) for one in cell.get("outputs", [])],
        )
        for cell in notebook["cells"]
    ]


@pytest.mark.timeout(900)
def test_it_runs_and_shows_what_is_committed(tmp_path: Path) -> None:
    to = tmp_path / "executed.ipynb"
    command = [sys.executable, "notebooks/execute.py", str(NOTEBOOK), str(to)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    executed = json.loads(to.read_text(encoding="utf-8"))
    assert structure(executed) == structure(COMMITTED), "run `make notebook`"
    assert executed["metadata"] == COMMITTED["metadata"]


def test_what_is_committed_shows_pictures_and_tables_and_no_trace_of_a_machine() -> None:
    shown = [kind for cell in code_cells(COMMITTED) for one in cell["outputs"] for kind in one.get("data", {})]
    assert shown.count("image/png") >= 3
    assert shown.count("text/html") >= 3
    assert [cell["execution_count"] for cell in code_cells(COMMITTED)] == [*range(1, len(code_cells(COMMITTED)) + 1)]
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"/home/|/root/|/Users/|/tmp/|127\.0\.0\.1|\d{4}-\d\d-\d\dT", text)
    assert all(cell["metadata"] == {} for cell in COMMITTED["cells"])


def test_a_notebook_with_a_mistake_is_not_written(tmp_path: Path) -> None:
    code: dict[str, Any] = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1 / 0", "outputs": []}
    code["execution_count"] = None
    source, to = tmp_path / "wrong.ipynb", tmp_path / "to.ipynb"
    source.write_text(json.dumps({**COMMITTED, "cells": [code]}))
    command = [sys.executable, "notebooks/execute.py", str(source), str(to)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert not to.exists()
