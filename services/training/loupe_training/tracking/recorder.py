"""Telling a store of a training: while it runs, and all at once from what it has left on the disk."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loupe_shared.errors import LoupeError
from loupe_training.export.record import EpochMetrics
from loupe_training.tracking.contents import OF_EVERY_EPOCH, Facts, epoch_metrics, outcome_of
from loupe_training.tracking.place import Place
from loupe_training.tracking.ports import NotRecorded, RunStatus, TrackingUnavailable
from loupe_training.tracking.reference import Reference, reference_of
from loupe_training.tracking.runs import Runs

log = logging.getLogger(__name__)


class Recorder:
    """Follows one training: see ``Tracking``.

    The run begins with the first epoch, so that what cannot be trained on leaves none. After the first failure nothing
    is tried until the end: waiting for a store after every epoch could double the time.

    Args:
        place: the store.
        folder: of the training.
        facts: of the training.
        resumed: whether it goes on, and with it the run that the folder names.

    Raises:
        ConfigurationError: there is no such kind of store, or the folder names no run.
    """

    def __init__(self, place: Place, folder: Path, facts: Facts, *, resumed: bool) -> None:
        self._place, self._folder, self._facts = place, folder, facts
        self._known = reference_of(folder) if resumed else None
        self._runs: Runs | None = None
        self._run_id: str | None = None
        with self._undisturbed():
            self._runs = Runs(place)

    def epoch(self, epoch: EpochMetrics) -> None:
        """See ``Tracking``."""
        if self._runs is None:
            return
        with self._undisturbed():
            if self._run_id is None:
                self._run_id = _open(self._runs, self._folder, self._known, self._facts, self._facts.tags())
            self._runs.log(self._run_id, epoch_metrics(epoch), epoch.number)

    def broken_off(self, status: RunStatus) -> None:
        """See ``Tracking``."""
        if self._runs is None or self._run_id is None:
            return
        with self._undisturbed():
            self._runs.end(self._run_id, status)

    def complete(self) -> str:
        """See ``Tracking``."""
        try:
            return record(self._runs or Runs(self._place), self._folder)
        except (LoupeError, KeyboardInterrupt) as error:
            raise NotRecorded(
                f"the bundle is complete, but its run is not in MLflow: {str(error) or 'it was interrupted'}\n"
                f"Record it with: python -m loupe_training record {self._folder} --tracking {self._place.shown}"
            ) from error

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        try:
            yield
        except TrackingUnavailable as error:
            self._runs = None
            log.warning("%s; training goes on, and its run is recorded when it ends", error)


def record(runs: Runs, folder: Path) -> str:
    """Record a training that has ended, or what of it is not in the store yet.

    Args:
        runs: the store.
        folder: of the bundle and the report.

    Returns:
        Where the run is, for people.

    Raises:
        TrackingUnavailable: the store does not take it. What it has taken is not lost, and not written again.
        ConfigurationError: the folder names no run.
        InvalidBundle: there is no bundle.
        InvalidDataset: there is no report.
    """
    outcome = outcome_of(folder)
    run_id = _open(runs, folder, reference_of(folder), outcome.facts, outcome.tags())
    there = runs.steps(run_id, OF_EVERY_EPOCH)
    for epoch in outcome.record.epochs:
        if epoch.number not in there:
            runs.log(run_id, epoch_metrics(epoch), epoch.number)
    latest = runs.latest(run_id)
    runs.log(run_id, {name: value for name, value in outcome.metrics().items() if latest.get(name) != value})
    runs.add_files(run_id, outcome.files())
    runs.end(run_id, RunStatus.FINISHED)
    return f"{run_id} in {runs.place.shown}"


def _open(runs: Runs, folder: Path, known: Reference | None, facts: Facts, tags: dict[str, str]) -> str:
    """Go on with the run that is known, if it is in this store, or begin one; the folder then names it."""
    tracking = runs.place.shown
    run_id = runs.open(
        known.run_id if known and known.tracking == tracking else None, f"{facts.name}:{facts.version}", facts.name
    )
    reference = Reference(tracking=tracking, run_id=run_id)
    if reference != known:
        reference.save(folder)
    runs.describe(run_id, facts.parameters(), tags)
    return run_id
