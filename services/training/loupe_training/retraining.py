"""A model is trained anew on what people have reviewed by now, and registered as its next version.

    archive ─► snapshot ─► training, report ─► registry ─► release, if that is asked for
       └────── API ──────┘                   └────────── API ──────────┘

Everything outside is reached through the API, by links where bytes pass. A run has a folder of its own, in which it
goes on after an interruption, if that was for the same.
"""

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loupe_client import Conflict, Loupe, NotFound
from loupe_shared.bundle import Bundle
from loupe_shared.errors import LoupeError, PermanentError
from loupe_shared.release.documents import Registration
from loupe_training.datasets.archive import read_archive
from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import MANIFEST_FILE, Snapshot, manifest_of
from loupe_training.export.manifest import write_manifest
from loupe_training.export.record import trained_on
from loupe_training.promoting import never_released, refusal_of
from loupe_training.run_folder import begin, discard

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
        training: how is trained, as far as it decides what comes of it.
    """

    model: str
    rules: Rules
    container: str | None = None
    prefix: str | None = None
    again: bool = False
    promote: bool = False
    training: Mapping[str, object] = field(default_factory=dict)

    def purpose(self, origin: str) -> str:
        """All that decides which version is made, as a JSON document."""
        rules = self.rules.model_dump(mode="json")
        of = {"origin": origin, "model": self.model, "container": self.container, "prefix": self.prefix}
        return json.dumps({**of, "rules": rules, "training": dict(self.training)})


@dataclass(frozen=True)
class Outcome:
    """What a retraining has done.

    Attributes:
        version: its number.
        is_new: whether it was registered now; otherwise it had been before, and serves now.
    """

    version: int
    is_new: bool


def retrain(loupe: Loupe, origin: str, wanted: Wanted, folder: Path, train: Train) -> Outcome | None:
    """Make the next version of a model. An interrupted run goes on where it was.

    If a version was trained on the same snapshot already, none is made. If it is to serve and never did, because
    promoting it failed, it is promoted now.

    Args:
        loupe: is asked.
        origin: its address.
        wanted: what is to be done.
        folder: of this run alone; it is gone when the run has ended. Reports are kept beside it, in ``reports``.
        train: see there.

    Returns:
        The version that was registered, or promoted; nothing if there was nothing to do.

    Raises:
        InvalidDataset: too little is reviewed to learn from.
        ApiError: the API or storage does not answer, or refuses.
        NotPromoted: a gate refuses the version, which is registered.
    """
    number = _next(loupe, wanted.model)  # first, so that an API without a registry is noticed before anything is read
    begin(folder, wanted.purpose(origin))
    snapshot = _snapshot(loupe, origin, wanted, folder)
    made = folder / "training"
    begun = (made / BUNDLE_FOLDER).exists()
    version = None if begun or wanted.again else _trained(loupe, wanted.model, snapshot)
    is_new = version is None
    if version is None:
        _train(train, snapshot, folder, made, number)
        version = _registered(loupe, made / BUNDLE_FOLDER).version
        _keep_report(made, folder.parent / "reports" / f"{wanted.model}-{version}")
    else:
        log.info("nothing new was reviewed: %s:%d was trained on the same snapshot", wanted.model, version)
    promotes = wanted.promote and (is_new or never_released(loupe.model(wanted.model).release, version))
    refusal = refusal_of(loupe, wanted.model, version, snapshot) if promotes else None
    discard(folder)
    if refusal:
        raise NotPromoted(f"{wanted.model}:{version} is registered, but not promoted: {refusal}")
    return Outcome(version, is_new) if is_new or promotes else None


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


def _train(train: Train, snapshot: Snapshot, folder: Path, made: Path, number: int) -> None:
    """Train, and let nothing stay of a run that would fail again: by the next time, people may have reviewed more."""
    try:
        train(snapshot, made, number)
    except LoupeError as error:
        if isinstance(error, PermanentError) or not made.exists():
            discard(folder)
        raise


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


def _keep_report(made: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    report = made / REPORT_FILE
    for file in (report, report.with_suffix(".json")):
        shutil.copy(file, f"{to}{file.suffix}")
