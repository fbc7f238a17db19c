"""The code that goes with a deployment: files of this installation as they are, and their hashes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import loupe_shared
import loupe_training
from loupe_shared.bundle import sha256
from loupe_training.azure_ml import score

SCORE = Path(score.__file__)

# Everything that ``scoring`` imports of Loupe. A test runs it with nothing else.
FILES = {
    loupe_shared: (
        "__init__.py",
        "bundle.py",
        "card.py",
        "domain.py",
        "errors.py",
        "preprocess/__init__.py",
        "preprocess/decode.py",
        "preprocess/jpeg.py",
        "preprocess/resize.py",
        "preprocess/rule.py",
        "result.py",
        "rows/__init__.py",
        "rows/columns.py",
    ),
    loupe_training: ("__init__.py", "azure_ml/__init__.py", "azure_ml/scoring.py"),
}


def copy_code(to: Path) -> None:
    """Write the scoring script, the code that it runs and the hashes of that into a folder.

    Raises:
        OSError: it cannot be written.
    """
    hashes: dict[str, str] = {}
    for name, source in _sources():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to / name)
        hashes[name] = sha256(to / name)
    shutil.copyfile(SCORE, to / SCORE.name)
    (to / score.SOURCES_FILE).write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


def _sources() -> Iterator[tuple[str, Path]]:
    """Where each file is to lie, and where it lies here."""
    for package, names in FILES.items():
        (folder,) = package.__path__
        yield from ((f"{package.__name__}/{name}", Path(folder) / name) for name in names)
