"""The scoring script of a batch deployment: Azure ML calls ``init`` once in each process, and ``run`` for mini-batches.

It stands beside the code that it runs, of which ``sources.json`` has the hashes. Nothing of Loupe need be installed.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loupe_training.azure_ml.scoring import Scorer

CODE = Path(__file__).resolve().parent
SOURCES_FILE = "sources.json"

_loaded: "list[Scorer]" = []


def init() -> None:
    """Load the model that ``AZUREML_MODEL_DIR`` has.

    Raises:
        RuntimeError: the code beside this file is not what it was when the folder was made.
        ConfigurationError: an environment variable is wrong.
        InvalidBundle: the model is altered, or was made for other preprocessing than this code has.
    """
    _refuse_altered_code()
    sys.path.insert(0, str(CODE))
    from loupe_training.azure_ml.scoring import scorer_of  # noqa: PLC0415  (checked first)

    _loaded[:] = [scorer_of(os.environ)]


def run(mini_batch: list[str]) -> list[str]:
    """Rows of the files that can be classified, as JSON, in the order of the files.

    A file that cannot be classified has no row, by which Azure ML counts it as an error; the log says why.

    Args:
        mini_batch: paths.

    Raises:
        OSError: a file could not be read. Azure ML then tries the mini-batch again.
    """
    (scorer,) = _loaded
    return scorer.score(mini_batch)


def _refuse_altered_code() -> None:
    for name, expected in json.loads((CODE / SOURCES_FILE).read_text(encoding="utf-8")).items():
        if hashlib.sha256((CODE / name).read_bytes()).hexdigest() != expected:
            raise RuntimeError(
                f"{name} is not what it was when the folder was made, so answers could differ from Loupe's: "
                "make the folder anew with `python -m loupe_training azure-ml`"
            )
