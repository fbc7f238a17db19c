"""The folder of a retraining: it has it alone, and goes on in it only with what was begun for the same."""

import fcntl
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loupe_shared.errors import ConfigurationError

log = logging.getLogger(__name__)

PURPOSE_FILE = "purpose.json"


@contextmanager
def run_folder(work: Path, run: str) -> Iterator[Path]:
    """The folder of a run, which it has alone. What runs of other names left is removed.

    Raises:
        ConfigurationError: another run works here, or nothing can be written.
    """
    folder = work / f"run-{run}"
    try:
        work.mkdir(parents=True, exist_ok=True)
        with (work / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for other in work.glob("run-*"):
                if other != folder:
                    shutil.rmtree(other)
            yield folder
    except BlockingIOError as error:
        raise ConfigurationError(f"another retraining works in {work}: wait for it, or name another folder") from error
    except OSError as error:
        raise ConfigurationError(f"{error.filename or work} cannot be used: {error.strerror}") from error


def begin(folder: Path, purpose: str) -> None:
    """Make the folder of a run, or go on in it. What was begun there for another purpose is removed.

    Args:
        folder: of the run.
        purpose: everything that decides what the run makes, as text.

    Raises:
        OSError: nothing can be written.
    """
    file = folder / PURPOSE_FILE
    if folder.exists() and not (file.exists() and file.read_bytes() == purpose.encode()):
        log.info("begins anew: what an interrupted run left in %s was begun for something else", folder)
        discard(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        part = file.with_suffix(".part")
        part.write_bytes(purpose.encode())
        part.replace(file)


def discard(folder: Path) -> None:
    """Remove the folder of a run. If that is interrupted, nobody goes on with what is left.

    Raises:
        OSError: it cannot be removed.
    """
    (folder / PURPOSE_FILE).unlink(missing_ok=True)
    shutil.rmtree(folder)
