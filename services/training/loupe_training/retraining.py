"""A model is trained anew on what people have reviewed by now, and registered as its next version.

    archive ─► snapshot ─► training, report ─► registry ─► release, if that is asked for
       └────── API ──────┘                   └────────── API ──────────┘

Everything outside is reached through the API, by links where bytes pass. A run has a folder of its own, in which it
goes on after an interruption.
"""

import fcntl
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loupe_client import Conflict, Loupe, NotFound
from loupe_shared.bundle import Bundle
from loupe_shared.errors import ConfigurationError, PermanentError
from loupe_shared.release.documents import Registration
from loupe_training.datasets.archive import read_archive
from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import MANIFEST_FILE, Snapshot, manifest_of
from loupe_training.export.manifest import write_manifest
from loupe_training.export.record import trained_on

log = logging.getLogger(__name__)

BUNDLE_FOLDER, REPORT_FILE = "bundle", "report.html"

# Trains on a snapshot, in a folder, as the version of this number, and judges: then BUNDLE_FOLDER and REPORT_FILE are
# there. After an interruption it is called again with the same folder.
Train = Callable[[Snapshot, Path, int], None]


class NotPromoted(PermanentError):
    """The version is registered, and something speaks against releasing it."""


@dataclass(frozen=True)
class Wanted:
    """What is to be trained on what.

    Attributes:
        model: name of the model.
        rules: of the snapshot.
        container: of the images; unset for all.
        prefix: what names of images begin with; unset for all.
        again: whether to train even if a version was trained on the very same pictures and labels.
        promote: whether the version is to serve, if no gate speaks against it.
    """

    model: str
    rules: Rules
    container: str | None = None
    prefix: str | None = None
    again: bool = False
    promote: bool = False


def retrain(loupe: Loupe, origin: str, wanted: Wanted, folder: Path, train: Train) -> Registration | None:
    """Make the next version of a model. An interrupted run goes on where it was.

    Args:
        loupe: is asked.
        origin: its address.
        wanted: what is to be done.
        folder: of this run alone; it is gone when the run has ended. Reports are kept beside it, in ``reports``.
        train: see there.

    Returns:
        The version that was registered; nothing if one was trained on the same snapshot already.

    Raises:
        InvalidDataset: too little is reviewed to learn from.
        ApiError: the API or storage does not answer, or refuses.
        NotPromoted: a gate refuses the version, which is registered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = _next(loupe, wanted.model)  # first, so that an API without a registry is noticed before anything is read
    snapshot = _snapshot(loupe, origin, wanted, folder)
    made = folder / "training"
    begun = (made / BUNDLE_FOLDER).exists()
    if not begun and not wanted.again and (version := _trained(loupe, wanted.model, snapshot)):
        log.info("nothing new was reviewed: %s:%d was trained on the same snapshot", wanted.model, version)
        shutil.rmtree(folder)
        return None
    train(snapshot, made, number)
    registered = _registered(loupe, made / BUNDLE_FOLDER)
    _keep_report(made, folder.parent / "reports", registered)
    refusal = _refusal(loupe, registered, snapshot) if wanted.promote else None
    shutil.rmtree(folder)
    if refusal:
        raise NotPromoted(f"{registered.name}:{registered.version} is registered, but not promoted: {refusal}")
    return registered


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


def _snapshot(loupe: Loupe, origin: str, wanted: Wanted, folder: Path) -> Snapshot:
    to = folder / "snapshot"
    if not (to / MANIFEST_FILE).exists():
        downloads = folder / "downloads"
        labelling = read_archive(loupe, origin, downloads, container=wanted.container, prefix=wanted.prefix)
        make_snapshot(labelling, wanted.rules, to)
        shutil.rmtree(downloads)
    for note in manifest_of(to).notes:
        log.info("%s", note)
    return Snapshot.load(to)


def _versions(loupe: Loupe, model: str) -> dict[int, str]:
    """Where the weights of each registered version come from, by its number."""
    try:
        return {one.version: one.provenance.weights for one in loupe.model(model).versions}
    except NotFound:
        return {}


def _next(loupe: Loupe, model: str) -> int:
    return max(_versions(loupe, model), default=0) + 1


def _trained(loupe: Loupe, model: str, snapshot: Snapshot) -> int | None:
    """The newest version that was trained on a snapshot."""
    evidence = trained_on(snapshot.digest)
    return max((number for number, weights in _versions(loupe, model).items() if evidence in weights), default=None)


def _registered(loupe: Loupe, bundle: Path) -> Registration:
    """Register a bundle; under the next number, if somebody has taken its own meanwhile."""
    try:
        return loupe.register(bundle)
    except Conflict:
        manifest = Bundle.load(bundle).manifest
        number = max(_next(loupe, manifest.name), manifest.version + 1)  # one that was only begun is not listed
        log.info("version %d was taken meanwhile: it is %d", manifest.version, number)
        write_manifest(bundle, manifest.model_copy(update={"version": number}))
        return loupe.register(bundle)


def _keep_report(made: Path, reports: Path, registered: Registration) -> None:
    reports.mkdir(exist_ok=True)
    report = made / REPORT_FILE
    for file in (report, report.with_suffix(".json")):
        shutil.copy(file, reports / f"{registered.name}-{registered.version}{file.suffix}")


def _refusal(loupe: Loupe, registered: Registration, snapshot: Snapshot) -> str | None:
    """Let a version serve. Gives what speaks against it, if something does."""
    why = f"retrained on {len(snapshot.samples):,} reviewed pictures, snapshot {snapshot.digest[:16]}"
    try:
        loupe.promote(registered.name, registered.version, why)
    except Conflict as error:
        return error.detail
    return None
