"""``record`` and ``register``, and the option of others that says where MLflow keeps runs."""

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loupe_shared.errors import ConfigurationError
from loupe_training.commands.options import Commands
from loupe_training.progress import Bars
from loupe_training.tracking.contents import Facts, outcome_of
from loupe_training.tracking.place import DEFAULT, NOWHERE, VARIABLE, Place, default, place_of
from loupe_training.tracking.ports import RunStatus, Tracking, Untracked
from loupe_training.tracking.recorder import Recorder, record
from loupe_training.tracking.reference import reference_of
from loupe_training.tracking.runs import Runs

ALIAS = r"[A-Za-z][A-Za-z0-9_-]{0,99}"


def add(commands: Commands) -> None:
    """The commands of runs that have ended."""
    recording = commands.add_parser("record", help="record a training that has ended in MLflow, if that failed")
    recording.add_argument("folder", type=Path, help="folder of the bundle and the report")
    add_tracking(recording)
    recording.set_defaults(do=_record)
    registering = commands.add_parser("register", help="make the bundle of a recorded run a registered model in MLflow")
    registering.add_argument("folder", type=Path, help="folder of the bundle and the report")
    registering.add_argument("--alias", type=_alias, help="that is to mean this version from now on")
    add_tracking(registering)
    registering.set_defaults(do=_register)


@contextmanager
def tracking_of(text: str, folder: Path, facts: Facts, *, resumed: bool) -> Iterator[Tracking]:
    """What follows a training, as ``--tracking`` says. If the block is left by an error, the run is marked so."""
    place = place_of(text)
    tracking: Tracking = Recorder(place, folder, facts, resumed=resumed) if place else Untracked()
    try:
        yield tracking
    except KeyboardInterrupt:
        tracking.broken_off(RunStatus.KILLED)
        raise
    except BaseException:
        tracking.broken_off(RunStatus.FAILED)
        raise


def _record(given: argparse.Namespace, _bars: Bars) -> None:
    print(f"run     {record(Runs(_place(given)), given.folder)}")


def _register(given: argparse.Namespace, _bars: Bars) -> None:
    place = _place(given)
    if given.alias and place.is_azure:
        raise ConfigurationError(
            "--alias: Azure Machine Learning has none; its versions are asked for by their numbers"
        )
    outcome, run = outcome_of(given.folder), reference_of(given.folder)
    if run is None or run.tracking != place.shown:
        raise ConfigurationError(f"{given.folder} has no run in {place.shown}: `record {given.folder}` makes one")
    runs, name = Runs(place), outcome.facts.name
    version = runs.register(run.run_id, "bundle", name, outcome.tags())
    if given.alias:
        runs.set_alias(name, given.alias, version)
    print(f"model   models:/{name}/{version}, of bundle {name}:{outcome.facts.version}")


def add_tracking(parser: argparse.ArgumentParser) -> None:
    """The option ``--tracking``."""
    parser.add_argument(
        "--tracking",
        metavar="URI",
        default=default(),
        help=f"where MLflow keeps runs: a folder on this machine, the URI of a server, or {NOWHERE} "
        f"(what {VARIABLE} names, or {DEFAULT})",
    )


def _place(given: argparse.Namespace) -> Place:
    place = place_of(given.tracking)
    if place is None:
        raise ConfigurationError(f"--tracking {NOWHERE} keeps no runs: name a folder, or the URI of an MLflow server")
    return place


def _alias(text: str) -> str:
    if not re.fullmatch(ALIAS, text) or re.fullmatch(r"[vV]\d+|latest", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no alias: it begins with a letter, and is not a version")
    return text
