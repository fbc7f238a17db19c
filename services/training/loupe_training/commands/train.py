"""``train``: from a snapshot to a bundle and its report."""

import argparse
from pathlib import Path

from loupe_shared.bundle import Bundle
from loupe_shared.errors import ConfigurationError
from loupe_training.commands.judging import judge_bundle
from loupe_training.commands.options import (
    Commands,
    add_against,
    add_identity,
    add_training,
    refuse_finished,
    use_threads,
    wishes_of,
)
from loupe_training.commands.tracking import add_tracking, tracking_of
from loupe_training.datasets.arguments import values_of
from loupe_training.datasets.snapshot import Snapshot
from loupe_training.evaluation.judge import load_other, refuse_unknown_labels
from loupe_training.progress import Bars
from loupe_training.tracking.contents import Facts, record_of
from loupe_training.training.plan import Plan


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add_parser("train", help="train on a snapshot, judge, and write a bundle")
    add_options(parser)
    parser.set_defaults(do=train_on_snapshot)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Its options alone."""
    parser.add_argument("snapshot", type=Path, help="folder of the snapshot")
    parser.add_argument("to", type=Path, help="folder that gets the bundle and the report")
    add_identity(parser)
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted training")
    add_training(parser)
    add_against(parser)
    add_tracking(parser)


def train_on_snapshot(given: argparse.Namespace, bars: Bars) -> None:
    """Train, judge, record. What was interrupted goes on where it was, if that is wanted.

    Raises:
        ConfigurationError: an option is wrong, or the folder has a training already.
        LoupeError: the snapshot or the training is at fault.
    """
    from loupe_training.training.checkpoint import CHECKPOINT_FILE  # noqa: PLC0415  (torch takes seconds to import)
    from loupe_training.training.run import Run, train  # noqa: PLC0415  (the same)

    run = Run(given.to, given.name, given.version, given.licence, given.device, given.int8)
    plan, wishes = values_of(Plan, given), wishes_of(given)
    refuse_finished(given.to)
    bundle, checkpoint = given.to / "bundle", given.to / CHECKPOINT_FILE
    trained = bundle.exists()
    begun = trained or checkpoint.exists()
    if begun and not given.resume:
        raise ConfigurationError(f"{given.to} has an interrupted training: go on with --resume, or name another folder")
    snapshot = Snapshot.load(given.snapshot)
    refuse_unknown_labels(wishes, snapshot.labels)
    if given.against:
        load_other(given.against, snapshot.labels)  # what cannot be compared is better known now than in the end
    use_threads(given.threads)
    facts = Facts(given.name, given.version, snapshot.digest, plan.preprocessing().fingerprint(), plan)
    if trained:
        _refuse_other(bundle, facts, given.licence)
        checkpoint.unlink(missing_ok=True)  # a training that is killed leaves it, if its bundle was there only just
    with tracking_of(given.tracking, given.to, facts, resumed=begun) as tracking:
        if not trained:
            train(snapshot, plan, run, bars, tracking.epoch)
        judge_bundle(bundle, snapshot, wishes, given.against, given.to / "report.html", bars)
    if place := tracking.complete():
        print(f"run     {place}")


def _refuse_other(folder: Path, facts: Facts, licence: str | None) -> None:
    """Refuse to go on with the bundle of another training."""
    bundle = Bundle.load(folder)
    licences = (None, bundle.manifest.provenance.licence)
    if Facts.of(bundle, record_of(bundle)) != facts or licence not in licences:
        raise ConfigurationError(
            f"{folder} is of another training: its name, version, licence, plan or pictures differ. Name another "
            "folder, or the options of that training"
        )
