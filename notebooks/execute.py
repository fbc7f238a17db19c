"""Runs a notebook and keeps what it shows, without a trace of when and where: ``make notebook``.

python notebooks/execute.py NOTEBOOK         in its place
python notebooks/execute.py NOTEBOOK TO      into another file

It ends with 1 if a cell fails; the file is then as it was.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from traitlets.config import Config

TIMEOUT_S = 600  # of a cell


def main() -> None:
    """Do what the command line says."""
    source = Path(sys.argv[1])
    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        record_timing=False,
        config=Config({"KernelManager": {"transport": "ipc"}}),  # which nobody else on the machine can read
    )
    try:
        client.execute()
    except CellExecutionError as error:
        sys.exit(str(error))
    nbformat.write(without_traces(notebook), Path(sys.argv[-1]))


def without_traces(notebook: NotebookNode) -> NotebookNode:
    """The notebook without versions of what ran it, so that it differs only where what it shows does."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
    return notebook


if __name__ == "__main__":
    main()
